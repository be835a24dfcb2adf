"""The text of PDF files, read in a child process with limits: a poison file fails its request, nothing else."""

import asyncio
import sys

from callscope.core.errors import InvalidInput

MODULE = "callscope.services.pdf_child"
TIMEOUT_S = 60.0
REFUSED = 3
"""What the child exits with when its error output tells a person why the file cannot be read."""
MOST_AT_ONCE = asyncio.Semaphore(2)
"""Files read at the same time by this process, whoever sent them: each may take a core and a gigabyte."""


async def read_pdf(data: bytes) -> str:
    """Return the text of a PDF. Raises InvalidInput for one that is damaged, locked, too long, or only images."""
    async with MOST_AT_ONCE:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            text, told = await asyncio.wait_for(child.communicate(data), TIMEOUT_S)
        except TimeoutError as error:
            raise _unreadable(f"It could not be read within {TIMEOUT_S:.0f} s. Split it, or send its text.") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode == REFUSED:
        raise _unreadable(told.decode())
    if child.returncode != 0:
        raise _unreadable("It is damaged, or takes more memory than is allowed. Save it anew, or send its text.")
    return text.decode()


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput.at("contentBase64", message=f"`contentBase64` holds a PDF that cannot be used. {why}")
