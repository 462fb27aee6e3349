"""Who may do what: the roles, what each may do and see, and what each route asks for. All of it is here.

A route that is missing from `ROUTES` is refused, and fails a test. What depends on the insight itself (whose it is,
whether it is a draft) is in `app.insights.policy`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller is to the organisation."""

    ANONYMOUS = "anonymous"
    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    EDITOR = "editor"
    ANALYST = "analyst"
    ADMIN = "admin"


class Visibility(StrEnum):
    """Who an insight is meant for, widest first."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    RESTRICTED = "RESTRICTED"
    ANONYMISED = "ANONYMISED"


class Permission(StrEnum):
    """One thing that a caller may do."""

    READ = "insights:read"  # read, search and add up what the role sees
    CAPTURE = "insights:write"  # write insights; change and delete one's own drafts
    EDIT = "insights:edit"  # change, publish and delete anybody's; see every draft
    PURGE = "insights:purge"  # delete for good what is in the trash
    CURATE = "taxonomy:write"  # make, change and delete tags and categories
    NAME = "taxonomy:name"  # name new tags and categories also while the vocabulary is closed
    MEASURE = "metrics:read"  # Prometheus' view
    ACCOUNT = "account:manage"  # one's own profile, devices, tokens and saved searches
    USERS = "users:manage"  # people, their roles and everybody's tokens
    AUDIT = "audit:read"
    KNOWN = "known"  # nothing but credentials, whatever they are good for


# An organisation's administrator (a JWT with `org_ids`) is none of the whole system.
OF_THE_SYSTEM = frozenset({Permission.USERS, Permission.AUDIT})

# Rights of services beside the roles. A token names the ones that it has; an administrator has them all.
SERVICE_SCOPE = re.compile(r"analytics:(\*|[a-z][a-z0-9_.:-]{0,60})")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may do, and which insights it sees; others' drafts only with ``every_draft``."""

    may: frozenset[Permission]
    sees: frozenset[Visibility]
    every_draft: bool = False


_READER = {Permission.KNOWN, Permission.READ, Permission.ACCOUNT}
_INSIDE = {Visibility.PUBLIC, Visibility.INTERNAL}

ROLES: Mapping[Role, Rights] = {
    # When anonymous reading is switched on; else an anonymous caller may do nothing at all.
    Role.ANONYMOUS: Rights(frozenset({Permission.READ}), frozenset({Visibility.PUBLIC})),
    Role.VIEWER: Rights(frozenset(_READER), frozenset(_INSIDE)),
    Role.CONTRIBUTOR: Rights(frozenset(_READER | {Permission.CAPTURE}), frozenset(_INSIDE)),
    Role.EDITOR: Rights(
        frozenset(_READER | {Permission.CAPTURE, Permission.EDIT, Permission.CURATE}), frozenset(Visibility), True
    ),
    Role.ANALYST: Rights(frozenset(_READER | {Permission.MEASURE}), frozenset(_INSIDE | {Visibility.ANONYMISED})),
    Role.ADMIN: Rights(frozenset(Permission), frozenset(Visibility), True),
}
# Those that a person or a token can be given.
GIVEN_ROLES = tuple(role for role in Role if role is not Role.ANONYMOUS)

# What each route asks for; None: nothing, it is open to everybody.
ROUTES: Mapping[str, Permission | None] = {
    # insights
    "GET /insights": Permission.READ,
    "POST /insights": Permission.CAPTURE,
    "POST /insights/search": Permission.READ,
    "GET /insights/{insight_id}": Permission.READ,
    "GET /insights/{insight_id}/related": Permission.READ,
    "GET /insights/similar": Permission.READ,
    "GET /search/suggest": Permission.READ,
    # Here the insight decides: one that isn't seen is not there, also for those who may not change any.
    "PUT /insights/{insight_id}": Permission.KNOWN,
    "DELETE /insights/{insight_id}": Permission.KNOWN,
    "POST /insights/{insight_id}/restore": Permission.KNOWN,
    "POST /insights/{insight_id}/revisions/{number}/restore": Permission.KNOWN,
    "GET /insights/{insight_id}/revisions": Permission.READ,
    "GET /insights/{insight_id}/revisions/{number}": Permission.READ,
    "GET /insights/{insight_id}/revisions/{number}/diff/{other}": Permission.READ,
    "GET /insights/trash": Permission.KNOWN,
    "DELETE /insights/trash": Permission.PURGE,
    "DELETE /insights/trash/{insight_id}": Permission.PURGE,
    "POST /insights/bulk": Permission.CAPTURE,
    # Here the receipt decides: it is seen by who did the act, and by editors.
    "GET /receipts": Permission.KNOWN,
    "GET /receipts/{receipt_id}": Permission.KNOWN,
    "POST /receipts/{receipt_id}/undo": Permission.KNOWN,
    "POST /attachments": Permission.CAPTURE,
    "GET /attachments/{attachment_id}/{name}": Permission.READ,  # those of insights that are seen, and one's own
    # taxonomy
    "GET /tags": Permission.READ,
    "POST /tags": Permission.CURATE,
    "GET /tags/{tag_id}": Permission.READ,
    "PUT /tags/{tag_id}": Permission.CURATE,
    "POST /tags/{tag_id}/merge": Permission.CURATE,
    "GET /tags/suggested-merges": Permission.CURATE,
    "DELETE /tags/{tag_id}": Permission.CURATE,
    "GET /categories": Permission.READ,
    "POST /categories": Permission.CURATE,
    "GET /categories/tree": Permission.READ,
    "GET /categories/{category_id}": Permission.READ,
    "PUT /categories/{category_id}": Permission.CURATE,
    "POST /categories/{category_id}/merge": Permission.CURATE,
    "POST /categories/{category_id}/move": Permission.CURATE,
    "GET /categories/suggested-merges": Permission.CURATE,
    "DELETE /categories/{category_id}": Permission.CURATE,
    # saved searches and the search log
    "GET /search/saved": Permission.KNOWN,
    "POST /search/saved": Permission.ACCOUNT,
    # Here the saved search decides: it is seen by its owner, shared ones by whoever is known and may read.
    "GET /search/saved/{saved_id}": Permission.KNOWN,
    "PUT /search/saved/{saved_id}": Permission.ACCOUNT,
    "DELETE /search/saved/{saved_id}": Permission.ACCOUNT,
    "GET /search/saved/{saved_id}/results": Permission.KNOWN,
    "GET /search/saved/{saved_id}/feed.atom": None,  # the same, or whoever has the feed's own key
    "POST /search/saved/{saved_id}/feed-key": Permission.ACCOUNT,
    "DELETE /search/saved/{saved_id}/feed-key": Permission.ACCOUNT,
    "POST /search/{search_id}/opened": Permission.READ,
    "GET /search/gaps": Permission.CURATE,
    # GraphQL: operations, kept ones by GET, and the page for browsers
    "POST /graphql": Permission.READ,
    "POST /v1/graphql": Permission.READ,
    "GET /graphql": Permission.READ,
    "GET /v1/graphql": Permission.READ,
    # figures
    "GET /statistics": Permission.READ,
    "GET /metrics": Permission.MEASURE,
    # oneself, users and the log
    "GET /me": None,
    "GET /audit": Permission.AUDIT,
    # pages
    "GET /": Permission.READ,
    "GET /library": Permission.READ,
    "GET /library/filters": Permission.READ,
    "POST /library/bulk": Permission.CAPTURE,
    # Here the insight decides besides: whether the actor may change it.
    "GET /library/new": Permission.CAPTURE,
    "POST /library/new": Permission.CAPTURE,
    "GET /library/{insight_id}/edit": Permission.CAPTURE,
    "POST /library/{insight_id}/edit": Permission.CAPTURE,
    "POST /library/preview": Permission.CAPTURE,
    "GET /library/similar": Permission.CAPTURE,
    "GET /library/working-copies/{copy_id}": Permission.CAPTURE,
    "PUT /library/working-copies/{copy_id}": Permission.CAPTURE,
    "DELETE /library/working-copies/{copy_id}": Permission.CAPTURE,
    "POST /library/working-copies/{copy_id}/discard": Permission.CAPTURE,
    "GET /library/templates": Permission.CAPTURE,
    "POST /library/templates": Permission.CAPTURE,
    "GET /library/templates/{template_id}": Permission.CAPTURE,
    "POST /library/templates/{template_id}": Permission.CAPTURE,
    "POST /library/templates/{template_id}/delete": Permission.CAPTURE,
    "GET /library/{insight_id}": Permission.READ,
    "GET /library/{insight_id}.md": Permission.READ,
    "GET /library/{insight_id}/history": Permission.READ,
    "GET /library/{insight_id}/history/{number}": Permission.READ,
    "GET /library/{insight_id}/history/{number}/restore": Permission.KNOWN,
    "POST /library/{insight_id}/history/{number}/restore": Permission.KNOWN,
    "POST /library/{insight_id}/publish": Permission.KNOWN,
    "POST /library/{insight_id}/archive": Permission.KNOWN,
    "POST /library/{insight_id}/trash": Permission.KNOWN,
    "GET /library/categories": Permission.READ,
    "POST /library/categories": Permission.CURATE,
    "GET /library/categories/suggested-merges": Permission.CURATE,
    "GET /library/categories/{category_id}": Permission.CURATE,
    "POST /library/categories/{category_id}": Permission.CURATE,
    "POST /library/categories/{category_id}/move": Permission.CURATE,
    "POST /library/categories/{category_id}/merge": Permission.CURATE,
    "POST /library/categories/{category_id}/delete": Permission.CURATE,
    "GET /library/tags": Permission.READ,
    "POST /library/tags": Permission.CURATE,
    "GET /library/tags/suggested-merges": Permission.CURATE,
    "GET /library/tags/{tag_id}": Permission.CURATE,
    "POST /library/tags/{tag_id}": Permission.CURATE,
    "POST /library/tags/{tag_id}/merge": Permission.CURATE,
    "POST /library/tags/{tag_id}/delete": Permission.CURATE,
    # Here, too, the receipt and the insight decide.
    "GET /acts": Permission.KNOWN,
    "GET /acts/{receipt_id}": Permission.KNOWN,
    "POST /acts/{receipt_id}/undo": Permission.KNOWN,
    "GET /library/trash": Permission.KNOWN,
    "GET /library/trash/{insight_id}": Permission.KNOWN,
    "POST /library/trash/{insight_id}/restore": Permission.KNOWN,
    "GET /library/trash/{insight_id}/purge": Permission.PURGE,
    "POST /library/trash/{insight_id}/purge": Permission.PURGE,
    "GET /library/trash/empty": Permission.PURGE,
    "POST /library/trash/empty": Permission.PURGE,
    "GET /library/import": Permission.EDIT,
    "POST /library/import": Permission.EDIT,
    "GET /library/import/{run_id}": Permission.EDIT,
    "POST /library/import/{run_id}/columns": Permission.EDIT,
    "POST /library/import/{run_id}/write": Permission.EDIT,
    "POST /library/import/{run_id}/discard": Permission.EDIT,
    "GET /library/export": Permission.READ,
    "GET /library/export/file": Permission.READ,
    "GET /searches": Permission.KNOWN,
    "POST /searches": Permission.ACCOUNT,
    "GET /searches/{saved_id}": Permission.KNOWN,
    "POST /searches/{saved_id}": Permission.ACCOUNT,
    "POST /searches/{saved_id}/delete": Permission.ACCOUNT,
    "POST /searches/{saved_id}/feed-key": Permission.ACCOUNT,
    "POST /searches/{saved_id}/feed-key/revoke": Permission.ACCOUNT,
    "GET /searches/gaps": Permission.CURATE,
    "GET /sign-in": None,
    "POST /sign-in": None,
    "GET /sign-in/code": None,
    "POST /sign-in/code": None,
    "GET /sign-in/forgotten": None,
    "POST /sign-in/forgotten": None,
    "GET /sign-in/oidc": None,
    "GET /sign-in/oidc/callback": None,
    "POST /sign-out": None,
    "GET /links/{token}": None,
    "POST /links/{token}": None,
    "GET /profile": Permission.ACCOUNT,
    "POST /profile": Permission.ACCOUNT,
    "POST /profile/password": Permission.ACCOUNT,
    "GET /profile/second-factor": Permission.ACCOUNT,
    "POST /profile/second-factor": Permission.ACCOUNT,
    "POST /profile/second-factor/off": Permission.ACCOUNT,
    "GET /profile/tokens": Permission.ACCOUNT,
    "POST /profile/tokens": Permission.ACCOUNT,
    "POST /profile/tokens/{token_id}/revoke": Permission.ACCOUNT,
    "GET /profile/devices": Permission.ACCOUNT,
    "POST /profile/devices/{session_id}/sign-out": Permission.ACCOUNT,
    "POST /profile/devices/sign-out-others": Permission.ACCOUNT,
    "GET /admin/users": Permission.USERS,
    "POST /admin/users": Permission.USERS,
    "GET /admin/users/{user_id}": Permission.USERS,
    "POST /admin/users/{user_id}": Permission.USERS,
    "POST /admin/users/{user_id}/disable": Permission.USERS,
    "POST /admin/users/{user_id}/enable": Permission.USERS,
    "POST /admin/users/{user_id}/link": Permission.USERS,
    "POST /admin/users/{user_id}/second-factor-off": Permission.USERS,
    "GET /admin/tokens": Permission.USERS,
    "POST /admin/tokens": Permission.USERS,
    "POST /admin/tokens/{token_id}/revoke": Permission.USERS,
    "GET /admin/audit": Permission.AUDIT,
    # for monitors, and what describes the API
    "GET /health": None,
    "GET /livez": None,
    "GET /readyz": None,
    "GET /openapi.json": None,
    "GET /docs": None,
    "GET /redoc": None,
    "GET /keys": None,
    "GET /static/{filename}": None,
}


def asked(method: str, route: str) -> Permission | None:
    """What a route (``/insights/{insight_id}``) asks for; None: nothing. `KeyError` for one that isn't in the table."""
    return ROUTES[_key(method, route)]


def is_open(method: str, route: str) -> bool:
    """Whether a route is there for everybody; one that isn't in the table is for nobody."""
    return ROUTES.get(_key(method, route), Permission.KNOWN) is None


def _key(method: str, route: str) -> str:
    return f"{'GET' if method == 'HEAD' else method} {route}"


def known_scopes(scopes: Iterable[str]) -> tuple[frozenset[Permission], frozenset[str]]:
    """Scopes sorted into permissions and service scopes. Raises `ValueError` with the first that is neither."""
    permissions, services = set(), set()
    for scope in scopes:
        if scope in set(Permission) - {Permission.KNOWN}:
            permissions.add(Permission(scope))
        elif SERVICE_SCOPE.fullmatch(scope):
            services.add(scope)
        else:
            raise ValueError(scope)
    return frozenset(permissions), frozenset(services)
