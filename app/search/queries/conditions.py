"""A query as SQL: conditions on an insight ``i`` and its document ``d``."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.identity.audience import Audience
from app.search.queries.words import Understood


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query's conditions, all values bound.

    ``matches``: the loose reading, complete. ``strict``: all wanted text is there. ``filters``: the part of ``matches``
    that is about ``i`` alone and must hold. ``tokens``: a tsquery on `search_tokens` that every match fulfils; None when
    documents without any of the words can match. ``simple``: one sequence of words beside filters and nots.
    """

    matches: str
    strict: str
    filters: str
    tokens: str | None
    parameters: Mapping[str, object]
    simple: bool


def compiled(understood: Understood, audience: Audience) -> Compiled:
    raise NotImplementedError
