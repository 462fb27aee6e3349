"""``GET /insights`` and ``POST /insights/search``: lists, and searches in one language."""

import json
from typing import Any

from flask import Response, current_app, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.identity.acting import current_actor
from app.insights.queries.keyset import Portion as After
from app.insights.queries.keyset import insights_after
from app.search.examples import searches as examples
from app.search.noting import noted
from app.search.queries.answer import search_after, search_json
from app.search.queries.wanted import Portion, Search, Wishes
from app.search.rest.cursors import Listing
from app.search.schemas.searches import ListSchema, SearchPage, SearchSchema
from app.taxonomy.models import Category
from app.taxonomy.queries.names import ids_named

api = Endpoints("search", __name__, description="Finding insights: by filters, and by what they say.")
# No category has it: the page then says that nothing fits.
NO_CATEGORY = 0
NEXT_PAGE = 'After a cursor, when there is more: `<address of the next page>; rel="next"`.'
LINK = {"Link": {"description": NEXT_PAGE, "schema": {"type": "string"}}}


@api.endpoint(
    "GET",
    "/insights",
    SearchPage,
    query=ListSchema,
    answer_example=examples.PAGE,
    page=lambda arguments: _library_address(arguments),  # noqa: PLW0108  # defined below
)
@api.doc(responses={200: {"headers": LINK}})  # type: ignore[untyped-decorator]
def list_insights(arguments: dict[str, Any]) -> Response:
    """A page of insights: by its number, or after a cursor.

    An empty cursor is the first page. Pages that follow cursors neither skip nor repeat an insight while others write,
    and the last costs what the first costs. With `q` it is a search, like `POST /insights/search`.
    """
    search = Search.of(arguments, ("q",), "query")
    if "cursor" in arguments:
        return _after_cursor(search, arguments)
    return json_answer(_page_json(search, arguments, "query"))


@api.endpoint(
    "POST",
    "/insights/search",
    SearchPage,
    body=SearchSchema,
    body_example=examples.SEARCH,
    answer_example=examples.FOUND,
)
def search(arguments: dict[str, Any]) -> Response:
    """Search by text and filters.

    Insights with all words come first, those that lack some follow. A mistyped word is corrected, and the answer says
    so; what is quoted is taken as it stands. Of many matches, `total` is an estimate.
    """
    asked = Search.of(arguments)
    return json_answer(noted(_page_json(asked, arguments, "body"), asked))


def wishes(arguments: dict[str, Any]) -> Wishes:
    """What an answer shall hold."""
    asked = {name: arguments[name] for name in ("facets", "explain") if name in arguments}
    return Wishes(**asked, exact_total=current_app.config["SEARCH_EXACT_TOTAL"])


def _page_json(search: Search, arguments: dict[str, Any], where: str) -> bytes:
    return search_json(current_actor().audience, search, asked_portion(arguments, where), wishes(arguments))


def _after_cursor(search: Search, arguments: dict[str, Any]) -> Response:
    listing = Listing(search, current_actor().audience)
    page_size = asked_portion(arguments, "query").page_size
    portion = _read_after(listing, arguments, page_size)
    cursor = listing.cursor(portion.end) if portion.end else None
    same = {**search.given, "sort": search.column_order, "limit": page_size}
    following = url_for("search.list_insights", **same, cursor=cursor) if cursor else None
    # Postgres made the page; what only we can sign is its last member.
    body = b'%b, "next_cursor" : %b}' % (portion.body.removesuffix(b"}"), json.dumps(cursor).encode())
    return json_answer(body, following)


def _read_after(listing: Listing, arguments: dict[str, Any], page_size: int) -> After:
    search, audience, after = listing.search, listing.audience, listing.place(arguments["cursor"])
    wanted = wishes(arguments)
    if search.asks or wanted.facets:
        return search_after(audience, search, after, page_size, wanted)
    return insights_after(audience, search.wanted, search.column_order, after, page_size)


def asked_portion(arguments: dict[str, Any], where: str) -> Portion:
    """Which part of the matches; ``where`` names the input that says so."""
    page_size = arguments.get("limit", arguments["page_size"])
    offset = arguments.get("offset")
    if offset is None:
        page = arguments["page"]
        return Portion(page, page_size, (page - 1) * page_size, ("page", where))
    return Portion(offset // page_size + 1, page_size, offset, ("offset", where))


def _library_address(arguments: dict[str, Any]) -> str:
    """The page that shows the same: it knows categories by id, and pages by number."""
    page, page_size, *_ = asked_portion(arguments, "query")
    same = ("q", "status", "priority", "visibility", "category_id", "author", "sort")
    query: dict[str, Any] = {name: arguments.get(name) for name in same} | {"page": page, "page_size": page_size}
    if name := arguments.get("category"):
        query["category_id"] = ids_named(Category, [name]).get(name, NO_CATEGORY)
    return url_for("library.library", **query)
