"""What no log may hold: keys, passwords, tokens and signatures, of whichever test."""

import re

PASSWORD = "a long enough sentence"
PATTERNS = (
    re.compile(r"rk_live_\w{24,}"),
    re.compile(r"whsec_[\w+/=]{16,}"),
    re.compile(r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\."),
    re.compile(r"[?&]signature=\w{16,}"),
    re.compile(r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic) \S{8,}"),
)
WORDS = (PASSWORD, "a secret of at least 32 characters", "a secret/with signs&", "store-secret")


def secrets_in(log: str) -> list[str]:
    """Return the secrets found in what was logged, cut so that telling of them tells nothing."""
    found = [match.group()[:16] for pattern in PATTERNS for match in pattern.finditer(log)]
    return found + [word[:16] for word in WORDS if word in log]
