"""What is promised about the counts."""

from collections.abc import Iterator

from app.analytics.queries.drift import count_drift
from app.core.checks import Check


def _wrong_counts() -> Iterator[str]:
    return map(str, count_drift())


CHECKS = (Check("counts", _wrong_counts),)
