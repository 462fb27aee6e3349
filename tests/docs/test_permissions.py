"""The reference of permissions is the table in the code; ``python -m tests.docs.test_permissions`` writes it anew."""

from collections.abc import Iterator

from app.config import REPOSITORY
from app.identity.permissions import ROLES, ROUTES, Permission, Visibility

DOCUMENT = REPOSITORY / "docs" / "reference" / "permissions.md"
INTRODUCTION = """# Who may do what

This page is generated from `app/identity/permissions.py`, which is what the application goes by:
`.venv/bin/python -m tests.docs.test_permissions`.

While `AUTH_MODE` is `open`, whoever sits at the machine is an administrator without signing in. Where it is `required`,
callers are what their session, API token or JWT makes them; who shows nothing is `anonymous` and may do nothing, or
read what is public when `INSIGHTS_ANONYMOUS_READING` is on.

- What one may not see answers 404, as if it were not there; lists, counts, tags, categories, statistics, metrics and
  exports leave it out. What one may see but not do answers 403. Without credentials it is 401.
- A draft is seen and changed by its author (whoever's credentials created it) and by editors. Publishing, archiving and
  changing what is published is the editors'.
- An API token may do what its person may, or less: a role narrows it, and so do scopes that name permissions. A
  service's token has a role of its own. Scopes such as `analytics:read` or `analytics:*` are rights of services beside
  the roles; an administrator has them all.
- An administrator whose JWT names organisations (`org_ids`, without `*`) has neither `users:manage` nor `audit:read`.
- Names of tags and categories are no secret: whoever may read sees them all, with counts of what that reader sees. Who
  captures an insight may name tags and categories that aren't there yet, which makes them, as far as
  [`VOCABULARY`](settings.md) allows: with `curated` that needs `taxonomy:write`, with `closed` `taxonomy:name`.
  `taxonomy:write` is for changing, merging and deleting them, and for making them by themselves.
- A saved search is seen by its owner and, when it is shared, by whoever is known and may read; administrators change
  what is shared, too. What it finds is what its reader sees. Whoever has the key of its feed reads there what the owner
  sees.
- An `external_key` is unique among all insights: who captures one under a key that is taken is told so, also when the
  other insight is none that they see.
"""


def document() -> str:
    return "\n".join([INTRODUCTION, *_roles(), "", *_visibilities(), "", *_routes(), ""])


def _roles() -> Iterator[str]:
    yield "## What each role may do\n"
    yield f"| permission | {' | '.join(ROLES)} |"
    yield "|---" * (len(ROLES) + 1) + "|"
    for permission in Permission:
        yield (
            f"| `{permission}` | "
            + " | ".join("yes" if permission in each.may else "" for each in ROLES.values())
            + " |"
        )


def _visibilities() -> Iterator[str]:
    yield "## What each role sees\n"
    yield f"| insights | {' | '.join(ROLES)} |"
    yield "|---" * (len(ROLES) + 1) + "|"
    for visibility in Visibility:
        yield (
            f"| `{visibility}` | "
            + " | ".join("yes" if visibility in each.sees else "" for each in ROLES.values())
            + " |"
        )
    yield "| drafts of others | " + " | ".join("yes" if each.every_draft else "" for each in ROLES.values()) + " |"


def _routes() -> Iterator[str]:
    yield "## What each route asks for\n"
    yield "| route | permission |"
    yield "|---|---|"
    for route, permission in ROUTES.items():
        yield f"| `{route}` | {f'`{permission}`' if permission else 'open to everybody'} |"


def test_the_reference_of_permissions_is_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
