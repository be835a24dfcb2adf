from datetime import timedelta

import pytest

from callscope.services.signing import PLAY_RECORDING, SignatureInvalid, Signer
from tests.support.api import NOW, SettableClock

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def signer(clock: SettableClock) -> Signer:
    return Signer(b"secret", clock)


def test_what_was_signed_passes_until_it_expires(signer: Signer, clock: SettableClock) -> None:
    signed = signer.sign(PLAY_RECORDING, "a", expires_in=HOUR)

    signer.check(PLAY_RECORDING, "a", **signed)
    clock.moment = NOW + HOUR - timedelta(seconds=1)
    signer.check(PLAY_RECORDING, "a", **signed)
    clock.moment = NOW + HOUR
    with pytest.raises(SignatureInvalid, match="expired"):
        signer.check(PLAY_RECORDING, "a", **signed)


def test_it_is_good_for_one_purpose_and_one_thing(signer: Signer) -> None:
    signed = signer.sign(PLAY_RECORDING, "a", expires_in=HOUR)

    for purpose, subject in (("upload", "a"), (PLAY_RECORDING, "b")):
        with pytest.raises(SignatureInvalid):
            signer.check(purpose, subject, **signed)


@pytest.mark.parametrize(
    "change",
    [{"expires": "99999999999"}, {"signature": "0" * 64}, {"signature": ""}, {"expires": "x"}, {"signature": "é"}],
)
def test_what_was_changed_is_refused(signer: Signer, change: dict[str, str]) -> None:
    signed = {**signer.sign(PLAY_RECORDING, "a", expires_in=HOUR), **change}

    with pytest.raises(SignatureInvalid):
        signer.check(PLAY_RECORDING, "a", **signed)


def test_another_secret_signs_otherwise(clock: SettableClock) -> None:
    signed = Signer(b"other", clock).sign(PLAY_RECORDING, "a", expires_in=HOUR)

    with pytest.raises(SignatureInvalid):
        Signer(b"secret", clock).check(PLAY_RECORDING, "a", **signed)
