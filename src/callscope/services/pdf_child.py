"""The child's side of reading a PDF: takes the file on standard input, gives its text on standard output."""

import io
import resource
import sys
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from callscope.services.pdf_text import REFUSED

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 60
MOST_PAGES = 5000
MOST_TEXT_CHARS = 10 * 1024 * 1024


class Refused(Exception):
    """The file cannot be used; the message says why and what helps."""


def main() -> int:
    """Put on the limits, read the file, give its text."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        text = text_of(sys.stdin.buffer.read())
    except Refused as refusal:
        sys.stderr.write(str(refusal))
        return REFUSED
    sys.stdout.buffer.write(text.encode(errors="ignore"))
    return 0


def text_of(data: bytes) -> str:
    """Return the text of a PDF, pages parted by an empty line. Raises Refused."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("It is locked by a password. Save it without one.")
        if len(reader.pages) > MOST_PAGES:
            raise Refused(f"It has {len(reader.pages)} pages; at most {MOST_PAGES} are read. Split it.")
        text = "\n\n".join(_texts(reader)).replace("\0", "")
    except DependencyError as error:
        raise Refused("It is encrypted in a way that cannot be opened here. Save it without.") from error
    except PyPdfError as error:
        raise Refused(f"It is damaged ({error}). Save it anew.") from error
    if not any(character.isalnum() for character in text):
        raise Refused("It has no text, only images. Run it through text recognition, or send its text.")
    return text


def _texts(reader: PdfReader) -> Iterator[str]:
    """Yield the text of each page. Raises Refused for more than a document may have: few bytes can hold very much."""
    char_count = 0
    for page in reader.pages:
        text = page.extract_text()
        char_count += len(text)
        if char_count > MOST_TEXT_CHARS:
            raise Refused(f"It has more than {MOST_TEXT_CHARS} characters of text. Split it.")
        yield text


if __name__ == "__main__":
    sys.exit(main())
