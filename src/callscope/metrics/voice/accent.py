"""Which accent a party speaks with."""

from callscope.core.call import Role
from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import lacking

METRIC = lacking(
    slug="accent",
    name="Accent",
    description="Which accent a party speaks with.",
    value_type=ValueType.CLASSIFICATION,
    direction=Direction.NEUTRAL,
    takes="An accent is told by a network trained on speech labelled by accents.",
    instead="The language of a transcript is in its `languageCode`.",
    roles=tuple(Role),
)
