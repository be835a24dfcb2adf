"""How good listeners would find each party's sound."""

from callscope.metrics.opinions import opinion

METRIC = opinion(
    slug="speech_quality_overall",
    name="Speech quality",
    description="How good listeners would find each party's sound, 1 (bad) to 5 (excellent).",
    question="DNSMOS P.835, overall",
    figure=lambda quality: quality.overall,
)
