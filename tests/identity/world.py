"""Insights of every kind and somebody of every role; who sees what, said once more and independently of the code."""

from dataclasses import dataclass
from itertools import product

import psycopg

from app.identity.secrets import hashed

ROLES = ("viewer", "contributor", "editor", "analyst", "admin")
STRANGER = "stranger"
STATUSES = ("draft", "published", "archived")
VISIBILITIES = ("PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED")
SEEN = {
    "anonymous": {"PUBLIC"},
    "viewer": {"PUBLIC", "INTERNAL"},
    "contributor": {"PUBLIC", "INTERNAL"},
    "editor": set(VISIBILITIES),
    "analyst": {"PUBLIC", "INTERNAL", "ANONYMISED"},
    "admin": set(VISIBILITIES),
}


@dataclass(frozen=True)
class Kind:
    """One insight of the world."""

    id: int
    owner: str
    status: str
    visibility: str

    def seen_by(self, role: str) -> bool:
        if self.status == "draft":
            return self.owner == role or role in ("editor", "admin")
        return self.visibility in SEEN[role]

    def changed_by(self, role: str) -> bool:
        return role in ("editor", "admin") or (role == "contributor" and self.owner == role and self.status == "draft")


KINDS = [
    Kind(number, *kind) for number, kind in enumerate(product((*ROLES, STRANGER), STATUSES, VISIBILITIES), start=1)
]


def token(role: str) -> str:
    """The API token of the person who has the role."""
    return f"ins_of_the_{role}"


def headers(role: str) -> dict[str, str]:
    return {} if role == "anonymous" else {"Authorization": f"Bearer {token(role)}"}


PEOPLE = (
    "INSERT INTO users (kind, email, name, role) SELECT 'person', * FROM unnest(%s::text[], %s::text[], %s::text[])"
)
TOKENS = """
INSERT INTO api_tokens (user_id, name, token_hash, last4)
SELECT number, 't', hash, '----' FROM unnest(%s::bytea[]) WITH ORDINALITY token (hash, number)"""
NAMES = (
    "INSERT INTO categories (name, slug) VALUES ('Technical', 'technical'), ('Other', 'other')",
    "UPDATE categories SET parent_id = 1 WHERE id = 2",
    "INSERT INTO tags (name, slug) VALUES ('Incident', 'incident'), ('Unused', 'unused')",
)
INSIGHTS = """
INSERT INTO insights (title, description, author, status, visibility, owner_id, category_id)
SELECT format('%%s %%s', status, visibility), 'One of the world.', owner, status, visibility, owner_id, 1 + id %% 2
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::int[]) kind (id, owner, status, visibility, owner_id)
ORDER BY id"""
TAGGED = "INSERT INTO insight_tags (insight_id, tag_id) SELECT id, 1 FROM insights"


def build(owner: psycopg.Connection) -> None:
    """Persons 1 to 6 with a token each, two categories, two tags, and an insight of every kind."""
    names = (*ROLES, STRANGER)
    roles = ["editor" if name == STRANGER else name for name in names]
    kinds = [(kind.id, kind.owner, kind.status, kind.visibility, names.index(kind.owner) + 1) for kind in KINDS]
    addresses = [f"{name}@example.org" for name in names]
    owner.execute(PEOPLE, (addresses, [name.capitalize() for name in names], roles))
    owner.execute(TOKENS, ([hashed(token(name)) for name in names],))
    for statement in NAMES:
        owner.execute(statement)
    owner.execute(INSIGHTS, [list(column) for column in zip(*kinds, strict=True)])
    owner.execute(TAGGED)
