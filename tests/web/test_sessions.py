from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.ids import new_id
from callscope.web.sessions import Session, SessionSigner

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNER = SessionSigner(b"a secret")


def a_session() -> Session:
    return Session(key_id=new_id(), expires_at=NOW + timedelta(hours=1))


def test_a_sealed_session_opens_again() -> None:
    session = a_session()
    assert SIGNER.open(SIGNER.seal(session), now=NOW) == session


def test_a_session_is_over_when_its_time_is() -> None:
    session = a_session()
    cookie = SIGNER.seal(session)
    assert SIGNER.open(cookie, now=session.expires_at - timedelta(seconds=1)) == session
    assert SIGNER.open(cookie, now=session.expires_at) is None


def test_another_secret_opens_nothing() -> None:
    assert SessionSigner(b"another").open(SIGNER.seal(a_session()), now=NOW) is None


@given(position=st.integers(min_value=0, max_value=60), replacement=st.sampled_from("Aa0-_."))
def test_a_changed_cookie_opens_nothing(position: int, replacement: str) -> None:
    cookie = SIGNER.seal(a_session())
    changed = cookie[:position] + replacement + cookie[position + 1 :]
    assert changed == cookie or SIGNER.open(changed, now=NOW) is None


@given(st.text())
def test_rubbish_opens_nothing(cookie: str) -> None:
    assert SIGNER.open(cookie, now=NOW) is None


def test_no_cookie_is_no_session() -> None:
    assert SIGNER.open(None, now=NOW) is None


def test_a_form_token_belongs_to_one_browser() -> None:
    mine, other = SIGNER.new_browser_id(), SIGNER.new_browser_id()
    token = SIGNER.form_token(mine)
    assert SIGNER.is_form_token(token, browser_id=mine)
    assert not SIGNER.is_form_token(token, browser_id=other)
    assert not SIGNER.is_form_token(token, browser_id=None)


def test_a_session_signature_is_no_form_token() -> None:
    payload, _, signature = SIGNER.seal(a_session()).partition(".")
    assert not SIGNER.is_form_token(signature, browser_id=payload)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        SessionSigner(b"")
