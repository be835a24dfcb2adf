"""Whether the customer calls from a car."""

from callscope.core.call import Role
from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import lacking

METRIC = lacking(
    slug="in_car_detection",
    name="Call from a car",
    description="Whether the customer calls from a car.",
    value_type=ValueType.BOOLEAN,
    direction=Direction.NEUTRAL,
    takes="Where somebody calls from is told by a network trained on the sound of places.",
    instead=(
        "`signal_to_noise_ratio` and `speech_quality_background` tell how loud and how bothersome the noise is, "
        "not whose."
    ),
    roles=(Role.CUSTOMER,),
)
