"""What an operation costs: the rows it may touch, estimated from limits and from how many there typically are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from app.graphql_api.language.values import given, known

# Counting a row is that much cheaper than showing it.
COUNTING = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """``rows`` (no more than ``limit``, where that is given) are touched, each for ``weight``, and for each of them
    what is ``below``."""

    rows: float = 1
    limit: object = None
    weight: float = 1
    below: Sequence["Cost"] = ()

    def price(self, variables: Mapping[str, Any]) -> float:
        rows = self.rows
        if given(self.limit):
            limit = known(self.limit, variables)
            rows = min(rows, limit) if isinstance(limit, int) else rows
        return rows * (self.weight + sum(part.price(variables) for part in self.below))


def price(parts: Sequence[Cost], variables: Mapping[str, Any]) -> int:
    """The whole cost of an operation."""
    return ceil(sum(part.price(variables) for part in parts))
