"""What an operator or a project's admin sets per project: quotas, how long data is kept, what is masked."""

from dataclasses import dataclass
from enum import StrEnum


class RedactionClass(StrEnum):
    """A kind of personal data that can be masked in what was said."""

    PAYMENT_CARD = "PAYMENT_CARD"
    """Card numbers, verification codes and expiry dates."""
    BANK_ACCOUNT = "BANK_ACCOUNT"
    """IBANs, account and routing numbers."""
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    NATIONAL_ID = "NATIONAL_ID"
    PIN = "PIN"
    PASSWORD = "PASSWORD"  # noqa: S105 - the name of a kind
    NAME = "NAME"
    ADDRESS = "ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRules:
    """None stands for no limit: any number of calls a day, kept for ever. Nothing in `redacted`: nothing is masked.

    Of recordings that are masked the original is deleted, unless `keeps_original_recordings`.

    Traces are kept no longer than the whole installation keeps them, whatever `trace_retention_days` says.
    """

    calls_per_day: int | None = None
    recording_retention_days: int | None = None
    transcript_retention_days: int | None = None
    trace_retention_days: int | None = None
    redacted: frozenset[RedactionClass] = frozenset()
    keeps_original_recordings: bool = False


NO_RULES = ProjectRules()
MOST_CALLS_PER_DAY = 1_000_000_000
LONGEST_RETENTION_DAYS = 36_500
