"""Many rows, a part at a time: a statement may take seconds, an act as many statements as it needs."""

from collections.abc import Iterator, Sequence

BATCH = 10_000


def batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in their order, `BATCH` at a time."""
    for start in range(0, len(ids), BATCH):
        yield list(ids[start : start + BATCH])
