"""The stretches of time that overviews look at, and the one before that each is compared with."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callscope.core.fleet import FleetScope

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length of time up to now, drawn in `bucket_count` parts; `shift` leads to what it is compared with."""

    id: str
    label: str
    length: timedelta
    bucket_count: int
    shift: timedelta
    before: str


PERIODS = (
    Period(id="day", label="24 hours", length=DAY, bucket_count=24, shift=7 * DAY, before="the week before"),
    Period(id="week", label="7 days", length=7 * DAY, bucket_count=28, shift=7 * DAY, before="the week before"),
    Period(id="month", label="28 days", length=28 * DAY, bucket_count=28, shift=28 * DAY, before="the 28 days before"),
)


def find_period(period_id: str) -> Period:
    """Return the period of that name, the day for any other."""
    return next((one for one in PERIODS if one.id == period_id), PERIODS[0])


def scope_until(period: Period, scope: FleetScope, now: datetime) -> FleetScope:
    """Return the scope in the period up to now; it ends with the minute, so that its address stays for a while."""
    until = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return replace(scope, since=until - period.length, until=until)


def scope_before(period: Period, scope: FleetScope) -> FleetScope:
    """Return the scope in the period that one is compared with."""
    return replace(scope, since=scope.since - period.shift, until=scope.until - period.shift)
