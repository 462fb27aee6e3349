"""``/insights``."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.insights import examples
from app.insights.commands.trashing import delete_insight
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from app.insights.queries.item import insight_json
from app.insights.queries.keyset import insights_after
from app.insights.queries.listing import InsightFilter, insights_json
from app.insights.rest.cursors import Listing
from app.insights.schemas import InsightAnswer, InsightPage, InsightSchema, ListSchema, ReasonSchema, SearchSchema
from app.taxonomy.models import Category
from app.taxonomy.queries.names import ids_named

api = Endpoints("insights", __name__, description="What staff have learned: capture it, find it, change it.")
# No category has it: the page then says that nothing fits.
NO_CATEGORY = 0
INSIGHT_ID = '/insights/<id("insight_id"):insight_id>'
NEXT_PAGE = 'After a cursor, when there is more: `<address of the next page>; rel="next"`.'
LINK = {"Link": {"description": NEXT_PAGE, "schema": {"type": "string"}}}


@api.endpoint(
    "POST",
    "/insights",
    InsightAnswer,
    status=HTTPStatus.CREATED,
    body=InsightSchema,
    refuses=True,
    once=True,
    body_example=examples.DRAFT,
    answer_example=examples.INSIGHT,
)
def create(draft: dict[str, Any]) -> Response:
    """Capture an insight."""

    def command() -> Response:
        insight_id = create_insight(draft)
        location = url_for("insights.get", insight_id=insight_id)
        return versioned_answer(*insight_json(current_actor().audience, insight_id), HTTPStatus.CREATED, location)

    return once(command)


@api.endpoint(
    "GET",
    "/insights",
    InsightPage,
    query=ListSchema,
    answer_example=examples.PAGE,
    page=lambda arguments: _library_address(arguments),  # noqa: PLW0108  # defined below
)
@api.doc(responses={200: {"headers": LINK}})  # type: ignore[untyped-decorator]
def list_insights(arguments: dict[str, Any]) -> Response:
    """A page of insights: by its number, or after a cursor.

    An empty cursor is the first page. Pages that follow cursors neither skip nor repeat an insight while others write,
    and the last costs what the first costs.
    """
    return json_answer(_page(arguments)) if "cursor" not in arguments else _after_cursor(arguments)


@api.endpoint(
    "POST",
    "/insights/search",
    InsightPage,
    body=SearchSchema,
    body_example=examples.SEARCH,
    answer_example=examples.PAGE,
)
def search(arguments: dict[str, Any]) -> Response:
    """Search by text and filters.

    All words are wanted, whatever their inflexion; when they never meet, the text is looked for as it stands.
    """
    return json_answer(_page(arguments))


@api.endpoint(
    "GET",
    INSIGHT_ID,
    InsightAnswer,
    answer_example=examples.INSIGHT,
    page=lambda insight_id: url_for("library.insight", insight_id=insight_id),
)
def get(insight_id: int) -> Response:
    """One insight."""
    return versioned_answer(*insight_json(current_actor().audience, insight_id))


@api.endpoint(
    "PUT",
    INSIGHT_ID,
    InsightAnswer,
    body=InsightSchema(partial=True),
    refuses=True,
    body_example=examples.CHANGES,
    answer_example=examples.INSIGHT,
)
def update(changes: dict[str, Any], insight_id: int) -> Response:
    """Change the given fields.

    Absent ones stay, null clears, an empty `tag_ids` removes all tags. When nothing differs, nothing is written.
    """

    def command() -> Versioned:
        update_insight(insight_id, changes, expected_version())
        return insight_json(current_actor().audience, insight_id)

    return versioned_answer(*transact(command))


@api.endpoint("DELETE", INSIGHT_ID, status=HTTPStatus.NO_CONTENT, query=ReasonSchema)
def delete(reason: dict[str, Any], insight_id: int) -> Response:
    """Move an insight into the trash, where it stays for `TRASH_DAYS`."""
    transact(delete_insight, insight_id, expected_version(), reason.get("message"))
    return no_content()


def _library_address(arguments: dict[str, Any]) -> str:
    """The page that shows the same: it knows categories by id, and pages by number."""
    page, page_size, _ = _slice(arguments)
    same = ("status", "priority", "visibility", "category_id", "author")
    query: dict[str, Any] = {name: arguments.get(name) for name in same} | {"page": page, "page_size": page_size}
    if name := arguments.get("category"):
        query["category_id"] = ids_named(Category, [name]).get(name, NO_CATEGORY)
    return url_for("library.library", **query)


def _page(arguments: dict[str, Any]) -> bytes:
    page, page_size, offset = _slice(arguments)
    wanted = InsightFilter.of(arguments)
    return insights_json(current_actor().audience, wanted, page, page_size, offset, arguments["sort"])


def _after_cursor(arguments: dict[str, Any]) -> Response:
    listing = Listing(arguments["sort"], InsightFilter.of(arguments), current_actor().audience)
    _, page_size, _ = _slice(arguments)
    after = listing.place(arguments["cursor"])
    portion = insights_after(listing.audience, listing.wanted, listing.sort, after, page_size)
    cursor = listing.cursor(portion.end) if portion.end else None
    same = {**listing.wanted.given, "sort": listing.sort, "limit": page_size}
    following = url_for("insights.list_insights", **same, cursor=cursor) if cursor else None
    # Postgres made the page; what only we can sign is its last member.
    body = b'%b, "next_cursor" : %b}' % (portion.body.removesuffix(b"}"), json.dumps(cursor).encode())
    return json_answer(body, following)


def _slice(arguments: dict[str, Any]) -> tuple[int, int, int | None]:
    """Page, page size and, when the caller counts by rows, the offset."""
    page_size = arguments.get("limit", arguments["page_size"])
    offset = arguments.get("offset")
    return (arguments["page"] if offset is None else offset // page_size + 1), page_size, offset
