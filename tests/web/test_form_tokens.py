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


def test_a_form_token_never_reads_the_same_twice() -> None:
    mine = SIGNER.new_browser_id()
    tokens = {SIGNER.form_token(mine) for _ in range(5)}
    assert len(tokens) == 5
    assert all(SIGNER.is_form_token(token, browser_id=mine) for token in tokens)


@pytest.mark.parametrize("token", ["", "short", "é", "====", "A" * 88, "A" * 4096])
def test_what_is_no_form_token_is_refused(token: str) -> None:
    assert not SIGNER.is_form_token(token, browser_id=SIGNER.new_browser_id())


def test_a_changed_form_token_is_refused() -> None:
    mine = SIGNER.new_browser_id()
    token = SIGNER.form_token(mine)
    changed = ("B" if token[0] != "B" else "C") + token[1:]
    assert not SIGNER.is_form_token(changed, browser_id=mine)
