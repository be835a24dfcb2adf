"""How one call's value compares with those of other calls."""

from dataclasses import dataclass

from callscope.core.call import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a metric's value stands among `count` calls, its own included: how many have less, how many the same."""

    slug: str
    role: Role | None
    count: int
    below_count: int
    equal_count: int

    @property
    def percentile(self) -> int:
        """The share of calls below, calls with the same value counted half, 0 to 100."""
        return round(100 * (self.below_count + self.equal_count / 2) / self.count)
