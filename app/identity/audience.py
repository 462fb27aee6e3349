"""Who reads: which insights a query may show, count or hint at.

Every query of insights, or of anything that counts them, takes an `Audience` and builds its statement from the
audience's `Sources`; so lists, counts, statistics and exports can't disagree about what is seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from app.identity.permissions import ROLES, Rights, Role, Visibility


class Sources(NamedTuple):
    """What a statement reads from, as SQL.

    ``sees`` is a condition on an insight ``i``, and ``drafts`` all that it asks of a draft; ``cells`` has the columns
    of ``insight_cells`` and ``tags`` those of ``tags_counted``. What comes from the table of roles is written out, so
    that the planner knows it; ``:reader`` alone is bound.
    """

    sees: str
    drafts: str
    cells: str
    tags: str


WHOLE = Sources(sees="true", drafts="true", cells="insight_cells", tags="tags_counted")


@cache
def _sources(visibilities: frozenset[Visibility], every_draft: bool) -> Sources:
    if every_draft and visibilities == set(Visibility):
        return WHOLE
    seen = ", ".join(f"'{visibility}'" for visibility in sorted(visibilities))
    of_reader = f"ARRAY[{seen}]::text[], {str(every_draft).lower()}, CAST(:reader AS integer)"
    drafts = "" if every_draft else " AND i.status <> 'draft'"
    visible, own = f"i.visibility = ANY (ARRAY[{seen}]::text[])", "i.owner_id = CAST(:reader AS integer)"
    return Sources(
        sees=f"({visible}{drafts} OR i.status = 'draft' AND {own})",
        drafts=f"({visible} OR {own})" if every_draft else own,
        cells=f"insight_cells_seen({of_reader})",
        tags=f"tags_seen({of_reader})",
    )


@dataclass(frozen=True, slots=True)
class Audience:
    """The visibilities that are seen, whether every draft is, and whose own drafts are (``reader``, a user's id)."""

    visibilities: frozenset[Visibility]
    every_draft: bool = False
    reader: int | None = None

    @classmethod
    def of(cls, rights: Iterable[Rights], reader: int | None = None) -> "Audience":
        """What all of the rights see together: a token sees no more than its role, and no more than its person."""
        seen = [frozenset(right.sees) for right in rights]
        return cls(frozenset.intersection(*seen), all(right.every_draft for right in rights), reader)

    @property
    def sources(self) -> Sources:
        """What statements read from."""
        return _sources(self.visibilities, self.every_draft)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the sources bind."""
        return {} if self.sources is WHOLE else {"reader": self.reader}

    def sees(self, visibility: str, status: str, owner_id: int | None) -> bool:
        """The condition of `Sources.sees`, for a row that was read already."""
        own_draft = status == "draft" and owner_id is not None and owner_id == self.reader
        return own_draft or (visibility in self.visibilities and (status != "draft" or self.every_draft))


EVERYTHING = Audience.of([ROLES[Role.ADMIN]])
