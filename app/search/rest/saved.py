"""``/search/saved``."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from app.core.db import Versioned, transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import expected_version, json_answer, no_content, versioned_answer
from app.identity.acting import current_actor
from app.identity.idempotency import once
from app.search.commands.saving import delete_saved_search, save_search, update_saved_search
from app.search.examples import saved as examples
from app.search.examples import searches as found
from app.search.queries.answer import search_json
from app.search.queries.saved import changed_search_json, saved_search_json, saved_searches_json, seen_search
from app.search.queries.wanted import Search
from app.search.rest.insights import asked_portion, wishes
from app.search.schemas.saved import ResultsSchema, SavedSearchAnswer, SavedSearchSchema
from app.search.schemas.searches import SearchPage
from app.taxonomy.schemas import SliceSchema

api = Endpoints("saved_searches", __name__, description="Queries with a name, each with a feed.")
SAVED_ID = '/search/saved/<id("saved_id"):saved_id>'


@api.endpoint(
    "POST",
    "/search/saved",
    SavedSearchAnswer,
    status=HTTPStatus.CREATED,
    body=SavedSearchSchema,
    refuses=True,
    once=True,
    body_example=examples.DRAFT,
    answer_example=examples.SAVED,
)
def create(values: dict[str, Any]) -> Response:
    """Save a search."""

    def command() -> Response:
        saved_id = save_search(values)
        location = url_for("saved_searches.get", saved_id=saved_id)
        return versioned_answer(*saved_search_json(current_actor(), saved_id), HTTPStatus.CREATED, location)

    return once(command)


@api.endpoint(
    "GET",
    "/search/saved",
    SavedSearchAnswer(many=True),
    query=SliceSchema,
    answer_example=[examples.SAVED],
    page=lambda _: url_for("searches.show"),
)
def list_saved(slice_: dict[str, int]) -> Response:
    """Saved searches by name.

    One's own and those that others share.
    """
    return json_answer(saved_searches_json(current_actor(), **slice_))


@api.endpoint(
    "GET",
    SAVED_ID,
    SavedSearchAnswer,
    answer_example=examples.SAVED,
    page=lambda saved_id: url_for("searches.show_one", saved_id=saved_id),
)
def get(saved_id: int) -> Response:
    """One saved search."""
    return versioned_answer(*saved_search_json(current_actor(), saved_id))


@api.endpoint(
    "PUT",
    SAVED_ID,
    SavedSearchAnswer,
    body=SavedSearchSchema(partial=True),
    refuses=True,
    body_example={"shared": True},
    answer_example={**examples.SAVED, "shared": True, "version": 2},
)
def update(changes: dict[str, Any], saved_id: int) -> Response:
    """Change the given fields.

    Absent ones stay. When nothing differs, nothing is written.
    """

    def command() -> Versioned:
        update_saved_search(saved_id, changes, expected_version())
        return changed_search_json(current_actor(), saved_id)

    return versioned_answer(*transact(command))


@api.endpoint("DELETE", SAVED_ID, status=HTTPStatus.NO_CONTENT)
def delete(saved_id: int) -> Response:
    """Delete a saved search.

    Its feed is gone with it, and the feed's key.
    """
    transact(delete_saved_search, saved_id, expected_version())
    return no_content()


@api.endpoint("GET", f"{SAVED_ID}/results", SearchPage, query=ResultsSchema, answer_example=found.FOUND)
def results(arguments: dict[str, Any], saved_id: int) -> Response:
    """What a saved search finds now, for whoever asks.

    The same answer as that of `POST /insights/search`.
    """
    actor = current_actor()
    search = Search.of({**arguments, "query": seen_search(actor, saved_id).query})
    return json_answer(search_json(actor.audience, search, asked_portion(arguments, "query"), wishes(arguments)))
