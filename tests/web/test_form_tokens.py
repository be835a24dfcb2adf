import pytest

from callscope.web.form_tokens import FormSigner

SIGNER = FormSigner(b"a secret")


def test_a_form_token_belongs_to_one_browser() -> None:
    mine, other = SIGNER.new_browser_id(), SIGNER.new_browser_id()
    token = SIGNER.form_token(mine)
    assert SIGNER.is_form_token(token, browser_id=mine)
    assert not SIGNER.is_form_token(token, browser_id=other)
    assert not SIGNER.is_form_token(token, browser_id=None)
    assert not FormSigner(b"another").is_form_token(token, browser_id=mine)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        FormSigner(b"")
