"""Text of PDF files, read in the child process that the service uses."""

import pytest
from pypdf.errors import DependencyError

from callscope.core.errors import InvalidInput
from callscope.services import pdf_child, pdf_text
from tests.support.pdf_files import locked_pdf, pdf_of, picture_pdf


async def test_the_text_of_every_page_is_read() -> None:
    text = await pdf_text.read_pdf(pdf_of(["Refunds within 30 days.", "Shipping is free."]))
    assert [page.strip() for page in text.split("\n\n")] == ["Refunds within 30 days.", "Shipping is free."]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (picture_pdf(), "only images"),
        (locked_pdf("Secret.", "open"), "password"),
        (b"no PDF at all", "damaged"),
        (pdf_of(["Cut off."])[:120], "damaged"),
        (b"", "damaged"),
    ],
)
async def test_what_has_no_readable_text_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refusal:
        await pdf_text.read_pdf(data)
    assert refusal.value.issues[0].path == ("contentBase64",)


def test_more_text_than_a_document_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_child, "MOST_TEXT_CHARS", 30)
    assert "twelve" in pdf_child.text_of(pdf_of(["some twelve words"]))
    with pytest.raises(pdf_child.Refused, match="more than 30 characters"):
        pdf_child.text_of(pdf_of(["some twelve words"] * 2))


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_child, "MOST_PAGES", 1)
    with pytest.raises(pdf_child.Refused, match="has 2 pages"):
        pdf_child.text_of(pdf_of(["one", "two"]))


def test_an_encryption_that_cannot_be_opened_is_told_from_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(_file: object) -> None:
        raise DependencyError

    monkeypatch.setattr(pdf_child, "PdfReader", cannot)
    with pytest.raises(pdf_child.Refused, match="encrypted"):
        pdf_child.text_of(b"")


async def test_a_file_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "TIMEOUT_S", 0.0)
    with pytest.raises(InvalidInput, match="could not be read within"):
        await pdf_text.read_pdf(pdf_of(["Text."]))
