"""Bytes bent out of shape: what a fuzzer feeds to a parser, the same for the same seed."""

import random
from collections.abc import Iterator, Sequence

INTERESTING = (
    b"\x00",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"{",
    b"}",
    b'"',
    b"\r\n",
)


def mutations(samples: Sequence[bytes], *, count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` variants of the samples: parts cut, doubled, made extreme or random, or taken from another."""
    random_ = random.Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    for _ in range(count):
        bent = bytearray(random_.choice(samples))
        for _ in range(random_.randint(1, 6)):
            start = random_.randrange(len(bent) + 1)
            end = min(len(bent), start + random_.choice((1, 2, 4, 16, 256)))
            match random_.randrange(6):
                case 0:
                    del bent[start:end]
                case 1:
                    bent[start:start] = bent[start:end]
                case 2:
                    bent[start:end] = random_.choice(INTERESTING)
                case 3:
                    other = random_.choice(samples)
                    cut = random_.randrange(len(other) + 1)
                    bent[start:end] = other[cut : cut + 64]
                case 4:
                    bent[start:end] = random_.randbytes(end - start)
                case _:
                    del bent[start:]
        yield bytes(bent)
