"""How good listeners would find each party's sound when asked one question for all of it."""

from callscope.metrics.opinions import opinion

METRIC = opinion(
    slug="speech_quality_mos",
    name="Speech quality: one question",
    description="How good listeners would find each party's sound if asked that alone, 1 (bad) to 5 (excellent).",
    question="DNSMOS P.808, the mean opinion",
    figure=lambda quality: quality.mean_opinion,
)
