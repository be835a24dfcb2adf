"""Small PDF files, written byte by byte: pages of text, and a page that is only a picture."""

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def pdf_of(pages: Sequence[str]) -> bytes:
    """Return a PDF whose pages have these texts, one line each (ASCII)."""
    return _file([f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode() for text in pages])


def picture_pdf() -> bytes:
    """Return a PDF of one page with a picture and no text."""
    return _file([b"q 100 0 0 100 72 600 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\xff\xff\x00 EI Q"])


def locked_pdf(text: str, password: str) -> bytes:
    """Return a PDF that only opens with a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_of([text]))))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _file(contents: Sequence[bytes]) -> bytes:
    """Return a PDF with one page for each content stream."""
    first_page = 4
    page_numbers = [first_page + 2 * position for position in range(len(contents))]
    kids = " ".join(f"{number} 0 R" for number in page_numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, content in zip(page_numbers, contents, strict=True):
        page = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {number + 1} 0 R >>"
        )
        stream = b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"
        objects += [page.encode(), stream]
    return _numbered(objects)


def _numbered(objects: Sequence[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
