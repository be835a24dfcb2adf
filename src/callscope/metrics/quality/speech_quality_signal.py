"""How undistorted listeners would find each party's voice."""

from callscope.metrics.opinions import opinion

METRIC = opinion(
    slug="speech_quality_signal",
    name="Speech quality: voice",
    description="How undistorted listeners would find each party's voice, 1 to 5.",
    question="DNSMOS P.835, signal",
    figure=lambda quality: quality.signal,
)
