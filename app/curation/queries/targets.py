"""Which insights an act on many is about, and which of them it would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from app.core.db import read_rows
from app.identity.acting import current_actor
from app.identity.actor import Actor
from app.insights.policy import may_change_sql
from app.search.queries.matches import matching_sql
from app.search.queries.wanted import Search
from app.taxonomy.commands.resolving import LARGEST_ID

NAMED = "SELECT i.id FROM insights i WHERE i.id = ANY (CAST(:ids AS int[])) AND {sees}"

# Those that the actor may not change were not locked, and need not be.
SORTED = """
WITH {found},
target AS (SELECT i.id, {mine} AS mine, {differs} AS differs FROM insights i WHERE i.id IN (SELECT id FROM found))
SELECT coalesce(array_agg(id ORDER BY id) FILTER (WHERE mine AND differs), '{{}}') AS changing,
    coalesce(array_agg(id ORDER BY id) FILTER (WHERE mine AND NOT differs), '{{}}') AS unchanged,
    coalesce(array_agg(id ORDER BY id) FILTER (WHERE NOT mine), '{{}}') AS foreign_ids
FROM target WHERE {held} OR NOT mine"""
HELD = "id IN (SELECT unnest(CAST(:held AS int[])))"


@dataclass(frozen=True, slots=True)
class Target:
    """Insights by their ids, or those that a search finds; always only what the actor sees. ``corrected``: the search's
    text as it was understood, when that is another than was typed."""

    ids: frozenset[int]
    sql: str
    bound: Mapping[str, object]
    corrected: str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any], actor: Actor) -> Self:
        """From loaded arguments (`BulkSchema`). Raises `Invalid` for a query with a mistake."""
        if "filter" in arguments:
            search = Search.of(arguments["filter"], ("filter", "query"))
            return cls(frozenset(), *matching_sql(actor.audience, search))
        ids = frozenset(arguments["ids"])
        named = {"ids": [insight_id for insight_id in ids if 0 < insight_id <= LARGEST_ID]}
        return cls(ids, NAMED.format(sees=actor.audience.sources.sees), {**named, **actor.audience.parameters})

    @property
    def found(self) -> str:
        """A CTE ``found`` with the column ``id``."""
        return f"found AS ({self.sql})"

    def parameters(self, actor: Actor) -> dict[str, Any]:
        """What the CTE and `may_change_sql` bind."""
        return {**self.bound, "changer": actor.user_id}


@dataclass(frozen=True, slots=True)
class Sorted:
    """What an act finds: ids that it changes, that are so already, that the actor may not change, and that name nothing
    that the actor sees."""

    changing: list[int]
    unchanged: list[int]
    forbidden: list[int]
    unknown: list[int]

    @property
    def matched(self) -> int:
        """How many insights the act is about."""
        return len(self.changing) + len(self.unchanged) + len(self.forbidden)


def sort_out(target: Target, differs: str, values: Mapping[str, Any], held: Iterable[int] | None = None) -> Sorted:
    """Sort the target's insights by what the act does with them; ``differs`` says, of an insight ``i`` and the act's
    ``values``, whether it changes it. With ``held``, those that the caller has locked, no others are changed."""
    actor = current_actor()
    statement = SORTED.format(
        found=target.found,
        mine=may_change_sql(actor),
        differs=differs,
        held="true" if held is None else HELD,
    )
    locked = {} if held is None else {"held": list(held)}
    [row] = read_rows(statement, **{**values, **target.parameters(actor), **locked})
    known = {*row.changing, *row.unchanged, *row.foreign_ids}
    return Sorted(row.changing, row.unchanged, row.foreign_ids, sorted(target.ids - known))
