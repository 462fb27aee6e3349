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


def build(owner_url: str) -> None:
    """Persons 1 to 6 with a token each, two categories, two tags, and an insight of every kind."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for number, role in enumerate((*ROLES, STRANGER), start=1):
            connection.execute(
                "INSERT INTO users (kind, email, name, role) VALUES ('person', %s, %s, %s)",
                (f"{role}@example.org", role.capitalize(), "editor" if role == STRANGER else role),
            )
            connection.execute(
                "INSERT INTO api_tokens (user_id, name, token_hash, last4) VALUES (%s, 't', %s, '----')",
                (number, hashed(token(role))),
            )
        connection.execute("INSERT INTO categories (name, slug) VALUES ('Technical', 'technical'), ('Other', 'other')")
        connection.execute("UPDATE categories SET parent_id = 1 WHERE id = 2")
        connection.execute("INSERT INTO tags (name, slug) VALUES ('Incident', 'incident'), ('Unused', 'unused')")
        owners = {name: number for number, name in enumerate((*ROLES, STRANGER), start=1)}
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO insights (title, description, author, status, visibility, owner_id, category_id)"
                " VALUES (%s, 'One of the world.', %s, %s, %s, %s, %s)",
                [
                    (f"{kind.status} {kind.visibility}", kind.owner, kind.status, kind.visibility, owners[kind.owner],
                     1 + kind.id % 2)
                    for kind in KINDS
                ],
            )  # fmt: skip
        connection.execute("INSERT INTO insight_tags (insight_id, tag_id) SELECT id, 1 FROM insights")
