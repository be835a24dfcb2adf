"""How little listeners would be bothered by the noise behind each party."""

from callscope.metrics.opinions import opinion

METRIC = opinion(
    slug="speech_quality_background",
    name="Speech quality: background",
    description="How little listeners would be bothered by the noise behind each party, 1 to 5.",
    question="DNSMOS P.835, background",
    figure=lambda quality: quality.background,
)
