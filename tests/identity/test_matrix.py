"""Every route x role x ownership x status x visibility; and that what is counted is what is seen."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.core.telemetry import endpoint_of
from app.exchange.queries import exported
from app.identity.audience import Audience
from app.identity.permissions import ROLES as RIGHTS
from app.identity.permissions import ROUTES, Role
from app.search.queries.wanted import Search
from tests.conftest import built
from tests.identity.world import KINDS, ROLES, SEEN, STATUSES, VISIBILITIES, Kind, build, headers

CALLERS = ("anonymous", *ROLES)
EVERYBODY, KNOWN = set(CALLERS), set(ROLES)
EDITORS, ADMIN = {"editor", "admin"}, {"admin"}
WRITERS = {"contributor", *EDITORS}
# Who gets past the door of each route, when anonymous reading is on. What the single insight decides comes on top.
ADMITTED = {
    "GET /insights": EVERYBODY,
    "POST /insights": {"contributor", "editor", "admin"},
    "POST /insights/search": EVERYBODY,
    "GET /insights/{insight_id}": EVERYBODY,
    "GET /insights/{insight_id}/related": EVERYBODY,
    "GET /insights/similar": EVERYBODY,
    "GET /search/suggest": EVERYBODY,
    "PUT /insights/{insight_id}": KNOWN,
    "DELETE /insights/{insight_id}": KNOWN,
    "POST /insights/{insight_id}/restore": KNOWN,
    "POST /insights/{insight_id}/revisions/{number}/restore": KNOWN,
    "GET /insights/{insight_id}/revisions": EVERYBODY,
    "GET /insights/{insight_id}/revisions/{number}": EVERYBODY,
    "GET /insights/{insight_id}/revisions/{number}/diff/{other}": EVERYBODY,
    "GET /insights/trash": KNOWN,
    "DELETE /insights/trash": ADMIN,
    "DELETE /insights/trash/{insight_id}": ADMIN,
    "POST /insights/bulk": {"contributor", "editor", "admin"},
    "GET /receipts": KNOWN,
    "GET /receipts/{receipt_id}": KNOWN,
    "POST /receipts/{receipt_id}/undo": KNOWN,
    "POST /attachments": {"contributor", "editor", "admin"},
    "GET /attachments/{attachment_id}/{name}": EVERYBODY,
    "GET /tags": EVERYBODY,
    "POST /tags": EDITORS,
    "GET /tags/{tag_id}": EVERYBODY,
    "PUT /tags/{tag_id}": EDITORS,
    "DELETE /tags/{tag_id}": EDITORS,
    "POST /tags/{tag_id}/merge": EDITORS,
    "GET /tags/suggested-merges": EDITORS,
    "GET /categories": EVERYBODY,
    "POST /categories": EDITORS,
    "GET /categories/tree": EVERYBODY,
    "GET /categories/{category_id}": EVERYBODY,
    "PUT /categories/{category_id}": EDITORS,
    "DELETE /categories/{category_id}": EDITORS,
    "POST /categories/{category_id}/merge": EDITORS,
    "POST /categories/{category_id}/move": EDITORS,
    "GET /categories/suggested-merges": EDITORS,
    "GET /search/saved": KNOWN,
    "POST /search/saved": KNOWN,
    "GET /search/saved/{saved_id}": KNOWN,
    "PUT /search/saved/{saved_id}": KNOWN,
    "DELETE /search/saved/{saved_id}": KNOWN,
    "GET /search/saved/{saved_id}/results": KNOWN,
    "GET /search/saved/{saved_id}/feed.atom": KNOWN,
    "POST /search/saved/{saved_id}/feed-key": KNOWN,
    "DELETE /search/saved/{saved_id}/feed-key": KNOWN,
    "POST /search/{search_id}/opened": EVERYBODY,
    "GET /search/gaps": EDITORS,
    "GET /searches/gaps": EDITORS,
    "GET /statistics": EVERYBODY,
    "POST /graphql": EVERYBODY,
    "POST /v1/graphql": EVERYBODY,
    "GET /graphql": EVERYBODY,
    "GET /v1/graphql": EVERYBODY,
    "GET /metrics": {"analyst", "admin"},
    "GET /audit": ADMIN,
    "GET /": EVERYBODY,
    "GET /library": EVERYBODY,
    "GET /library/filters": EVERYBODY,
    "POST /library/bulk": WRITERS,
    "GET /library/{insight_id}": EVERYBODY,
    "GET /library/{insight_id}.md": EVERYBODY,
    "GET /library/{insight_id}/history": EVERYBODY,
    "GET /library/{insight_id}/history/{number}": EVERYBODY,
    "GET /library/{insight_id}/history/{number}/restore": KNOWN,
    "POST /library/{insight_id}/history/{number}/restore": KNOWN,
    "POST /library/{insight_id}/publish": KNOWN,
    "POST /library/{insight_id}/archive": KNOWN,
    "POST /library/{insight_id}/trash": KNOWN,
    "GET /library/trash/{insight_id}/purge": ADMIN,
    "POST /library/trash/{insight_id}/purge": ADMIN,
    "GET /library/trash/empty": ADMIN,
    "POST /library/trash/empty": ADMIN,
    "GET /library/{insight_id}/edit": WRITERS,
    "POST /library/{insight_id}/edit": WRITERS,
    "GET /library/categories": EVERYBODY,
    "GET /library/tags": EVERYBODY,
}
ADMITTED_BELOW = {
    "/acts": KNOWN,
    "/library/trash": KNOWN,
    "/library/new": WRITERS,
    "/library/import": EDITORS,
    "/library/export": EVERYBODY,
    "/library/working-copies": WRITERS,
    "/library/templates": WRITERS,
    "/library/preview": WRITERS,
    "/library/similar": WRITERS,
    "/library/categories": EDITORS,
    "/library/tags": EDITORS,
    "/searches": KNOWN,
    "/profile": KNOWN,
    "/admin": ADMIN,
    "/sign-in": EVERYBODY,
    "/sign-out": EVERYBODY,
    "/links": EVERYBODY,
}
OPEN = {"/me", "/health", "/livez", "/readyz", "/openapi.json", "/docs", "/redoc", "/keys", "/static/{filename}"}
# Titles and names that nobody has, so that a request that is let in is answered and not refused for another reason.
BODIES = {
    "POST /insights": {"title": "New", "description": "d", "author": "a"},
    "POST /insights/search": {},
    "PUT /insights/{insight_id}": {"title": "Changed"},
    "POST /insights/bulk": {"action": "set_priority", "priority": "low", "ids": [], "preview": True},
    "POST /tags": {"name": "Fresh", "slug": "fresh"},
    "PUT /tags/{tag_id}": {"description": "Changed"},
    "POST /categories": {"name": "Fresh", "slug": "fresh"},
    "PUT /categories/{category_id}": {"description": "Changed"},
    "POST /tags/{tag_id}/merge": {"into": 1},
    "POST /categories/{category_id}/merge": {"into": 1},
    "POST /categories/{category_id}/move": {"parent_id": None},
    "POST /search/saved": {"name": "Fresh", "query": "vacuum"},
    "PUT /search/saved/{saved_id}": {"shared": True},
    "POST /search/saved/{saved_id}/feed-key": {},
    "POST /search/{search_id}/opened": {"insight_id": 1},
    "POST /graphql": {"query": "{ insights { id } }"},
    "POST /v1/graphql": {"query": "{ insights { id } }"},
}
OF_ONE_INSIGHT = re.compile(r"(GET|PUT|DELETE) /insights/\{insight_id\}")
UNKNOWN_UUID = "00000000-0000-0000-0000-000000000000"


def admitted(route: str) -> set[str]:
    if route in ADMITTED:
        return ADMITTED[route]
    path = route.partition(" ")[2]
    if path in OPEN:
        return EVERYBODY
    return next(who for start, who in ADMITTED_BELOW.items() if path == start or path.startswith(f"{start}/"))


def routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {endpoint_of(rule.rule)}"


def call(caller: FlaskClient, route: str, role: str, insight_id: int = 1, accept: str = "*/*"):
    method, _, path = route.partition(" ")
    path = path.format(
        insight_id=insight_id, tag_id=2, category_id=2, user_id=6, token_id=6, session_id=UNKNOWN_UUID, token="unknown",
        receipt_id=UNKNOWN_UUID, run_id=UNKNOWN_UUID, number=1, other=2, saved_id=7, search_id="unknown",
        filename="favicon.svg", attachment_id=UNKNOWN_UUID, name="x.png", copy_id=UNKNOWN_UUID, template_id=7,
    )  # fmt: skip
    sent = {**headers(role), "Accept": accept}
    return caller.open(path, method=method, headers=sent, json=BODIES.get(route), buffered=True)


def test_every_route_is_in_the_table_and_no_other(closed: Flask) -> None:
    assert set(ROUTES) == set(routes(closed))


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_route_lets_in_whom_it_should(route: str, caller: FlaskClient, stored: Callable[[], object]) -> None:
    for role in CALLERS:
        before = stored()
        # The insight of an editor, published and public: everybody sees it.
        public = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("editor", "published"))
        answer = call(caller, route, role, public)
        if role in admitted(route):
            assert answer.status_code != 401, role
            if "insight_id" not in route:
                assert answer.status_code != 403, role
        else:
            assert answer.status_code == (401 if role == "anonymous" else 403), role
            assert answer.mimetype == "application/problem+json"
            assert stored() == before
            assert ("WWW-Authenticate" in answer.headers) == (role == "anonymous")
            by_browser = call(caller, route, role, public, accept="text/html")
            looks = role == "anonymous" and route.startswith("GET ")
            assert by_browser.status_code == (303 if looks else answer.status_code), role
            assert stored() == before


def expected(kind: Kind, role: str, method: str) -> int:
    if role == "anonymous" and method != "GET":
        return 401
    if not kind.seen_by(role):
        return 404
    if method == "GET":
        return 200
    return (200 if method == "PUT" else 204) if kind.changed_by(role) else 403


def mine_and_others(role: str) -> list[Kind]:
    return [kind for kind in KINDS if kind.owner in (role, "stranger")]


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("route", [route for route in ADMITTED if OF_ONE_INSIGHT.match(route)])
def test_an_insight_is_seen_and_changed_by_whom_it_should(
    route: str, role: str, caller: FlaskClient, stored: Callable[[], object]
) -> None:
    method = route.partition(" ")[0]
    for kind in mine_and_others(role):
        before = stored()
        answer = call(caller, route, role, kind.id)
        assert answer.status_code == expected(kind, role, method), (kind, answer.text)
        assert (stored() != before) == (method != "GET" and answer.status_code < 300), kind
        if answer.status_code == 404 and answer.is_json:
            assert answer.json["detail"] == f"Insight {kind.id} does not exist."
        if answer.status_code in (404, 403):
            assert "ETag" not in answer.headers


@pytest.mark.parametrize("role", CALLERS)
def test_a_stale_version_tells_nothing_of_what_is_not_seen(role: str, caller: FlaskClient) -> None:
    for kind in mine_and_others(role):
        answer = caller.put(f"/insights/{kind.id}", json={"title": "x"}, headers={**headers(role), "If-Match": '"9"'})
        if kind.changed_by(role):
            assert answer.status_code == 412
        else:
            assert answer.status_code in (401, 403, 404)
            assert "current_version" not in answer.json


@pytest.mark.parametrize("role", CALLERS)
def test_lists_and_counts_agree(role: str, caller: FlaskClient) -> None:
    seen = [kind for kind in KINDS if kind.seen_by(role)]
    ids = sorted((kind.id for kind in seen), reverse=True)

    def get(path: str):
        return caller.get(path, headers=headers(role)).json

    listed = get("/insights?page_size=100")
    assert ([each["id"] for each in listed["insights"]], listed["total"]) == (ids, len(ids))
    for status in STATUSES:
        found = get(f"/insights?status={status}&page_size=100")
        assert found["total"] == len(found["insights"]) == sum(kind.status == status for kind in seen)
    for visibility in VISIBILITIES:
        assert get(f"/insights?visibility={visibility}")["total"] == sum(kind.visibility == visibility for kind in seen)
    searched = caller.post("/insights/search", json={"query": "world", "page_size": 100}, headers=headers(role)).json
    assert (sorted(each["id"] for each in searched["insights"]), searched["total"]) == (sorted(ids), len(ids))
    for text in ("archived RESTRICTED", "stranger"):
        substring = caller.post("/insights/search", json={"query": text, "author": "s"}, headers=headers(role)).json
        assert {each["id"] for each in substring["insights"]} <= set(ids)

    query = "{ insights(order_by: {id: desc}) { id } tags(order_by: {id: asc}) { usage_count } }"
    by_graphql = caller.post("/graphql", json={"query": query}, headers=headers(role)).json["data"]
    assert [each["id"] for each in by_graphql["insights"]] == ids
    assert [each["usage_count"] for each in by_graphql["tags"]] == [len(ids), 0]

    statistics = get("/statistics")
    assert statistics["total_insights"] == len(ids)
    assert statistics["insights_by_status"] == dict(Counter(kind.status for kind in seen))
    assert statistics["insights_by_visibility"] == dict(Counter(kind.visibility for kind in seen))
    assert [each["id"] for each in statistics["recent_insights"]] == ids[:5]
    by_category = Counter(1 + kind.id % 2 for kind in seen)
    assert statistics["insights_by_category"] == {"Technical": by_category[1], "Other": by_category[2]}
    categories = {each["id"]: each["insight_count"] for each in get("/categories")}
    assert categories == {1: by_category[1], 2: by_category[2]}
    assert get("/categories/2")["insight_count"] == by_category[2]
    [root] = get("/categories/tree")["categories"]
    assert (root["insight_count"], root["subtree_count"]) == (by_category[1], len(ids))
    assert [each["usage_count"] for each in get("/tags")] == [len(ids), 0]
    assert get("/tags/1")["usage_count"] == len(ids)
    for each in listed["insights"]:
        assert [tag["usage_count"] for tag in each["tags"]] == [len(ids)]
        assert each["category"]["insight_count"] == by_category[each["category_id"]]


@pytest.mark.parametrize("role", CALLERS)
def test_pages_agree_with_the_lists(role: str, caller: FlaskClient) -> None:
    seen = sum(kind.seen_by(role) for kind in KINDS)
    as_browser = {**headers(role), "Accept": "text/html"}
    library = caller.get("/library", headers=as_browser).text
    assert f"{seen} insights" in library
    filters = caller.get("/library/filters", headers=as_browser).text
    assert f"Technical ({sum(kind.seen_by(role) and kind.id % 2 == 0 for kind in KINDS)})" in filters
    overview = caller.get("/", headers=as_browser).text
    assert f">{seen}<" in overview


@pytest.mark.parametrize("role", ["analyst", "admin"])
def test_metrics_agree_with_the_lists(role: str, caller: FlaskClient) -> None:
    seen = [kind for kind in KINDS if kind.seen_by(role)]
    text = caller.get("/metrics", headers=headers(role)).text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("research_"))
    assert float(lines["research_insights_total"]) == len(seen)
    assert float(lines["research_insights_validated"]) == sum(kind.status == "published" for kind in seen)
    assert float(lines["research_insights_published_last_7d"]) == sum(kind.status == "published" for kind in seen)
    assert float(lines['research_tag_usage_count{tag="Incident"}']) == len(seen)


@pytest.mark.parametrize("role", CALLERS)
def test_exports_agree_with_the_lists(role: str, caller: FlaskClient, closed: Flask) -> None:
    number = CALLERS.index(role) or None
    audience = Audience.of([RIGHTS[Role(role)]], number)
    with closed.app_context():
        titles = sorted(json.loads(each.body)["title"] for each in exported(audience, Search()))
    assert titles == sorted(f"{kind.status} {kind.visibility}" for kind in KINDS if kind.seen_by(role))


def test_without_anonymous_reading_strangers_see_nothing(
    migrated: Settings, clean_database: None, owner_connection: psycopg.Connection
) -> None:
    build(owner_connection)
    with built(migrated.model_copy(update={"auth_mode": "required"})) as app:
        client = app.test_client()
        for route in ROUTES:
            if admitted(route) == EVERYBODY and route in ADMITTED:
                assert call(client, route, "anonymous").status_code == 401, route


def test_the_oracle_knows_every_visibility() -> None:
    assert set.union(*SEEN.values()) == set(VISIBILITIES)
    assert len(KINDS) == 6 * 3 * 4
