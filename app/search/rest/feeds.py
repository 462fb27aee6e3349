"""The feed of a saved search, and the key that opens it: ``/search/saved/{saved_id}/feed.atom`` and ``/feed-key``."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request, url_for

from app.core.db import transact
from app.core.http.endpoint import Endpoints
from app.core.http.respond import digest, expected_version, json_answer, no_content
from app.identity.acting import current_actor
from app.identity.actor import Kind
from app.identity.audience import Audience
from app.identity.guard import identity_settings, turn_away
from app.identity.idempotency import once
from app.identity.permissions import Permission
from app.identity.secrets import hashed
from app.search.atom import LONGEST_SUMMARY, MEDIA_TYPE, Entry, Feed, atom
from app.search.commands.saving import make_feed_key, revoke_feed_key
from app.search.examples import saved as examples
from app.search.queries.feed import newest_matches
from app.search.queries.saved import feed_id, search_with_key, seen_search
from app.search.rest.saved import SAVED_ID
from app.search.schemas.saved import FeedKeyAnswer, KeySchema, NothingSchema

api = Endpoints("feeds", __name__, description="What a saved search finds, as Atom.")


@api.endpoint(
    "GET",
    f"{SAVED_ID}/feed.atom",
    {"type": "string"},
    query=KeySchema,
    answer_example=examples.FEED,
    content_type=MEDIA_TYPE,
)
def feed(arguments: dict[str, Any], saved_id: int) -> Response:
    """The newest 50 insights that a saved search finds, as Atom.

    For who may see the search, or shows the feed's own key.
    """
    key = arguments.get("key")
    if key is None and current_actor().kind is Kind.ANONYMOUS:
        return turn_away(Permission.READ)
    saved, audience = _opened(saved_id, key)
    entries = [
        Entry(
            public_id=found.public_id,
            title=found.title,
            summary=found.description,
            author=found.author,
            published=found.since,
            updated=found.updated_at,
            categories=found.categories,
            address=_absolute(url_for("insight.show", insight_id=found.id)),
        )
        for found in newest_matches(audience, saved.query, LONGEST_SUMMARY + 1)
    ]
    return _atom_answer(atom(_head(saved), entries))


@api.endpoint(
    "POST",
    f"{SAVED_ID}/feed-key",
    FeedKeyAnswer,
    body=NothingSchema,
    once=True,
    body_example={},
    answer_example=examples.FEED_KEY,
)
def make_key(nothing: dict[str, Any], saved_id: int) -> Response:
    """Make a key that opens the feed, for programs that read feeds and can't sign in.

    It is shown this once. Whoever has it reads what the search's owner may see; the key before opens nothing any more.
    """

    def command() -> Response:
        key = make_feed_key(saved_id)
        address = _absolute(url_for("feeds.feed", saved_id=saved_id))
        return json_answer(orjson.dumps({"key": key, "feed": f"{address}?key={key}"}))

    return once(command, secret=True)


@api.endpoint("DELETE", f"{SAVED_ID}/feed-key", status=HTTPStatus.NO_CONTENT)
def revoke_key(saved_id: int) -> Response:
    """Let the feed's key open nothing any more."""
    transact(revoke_feed_key, saved_id, expected_version())
    return no_content()


def _opened(saved_id: int, key: str | None) -> tuple[Any, Audience]:
    """The saved search and for whom its insights are chosen. A wrong key is told like a search that isn't there."""
    if key is not None:
        return search_with_key(saved_id, hashed(key), ownerless=identity_settings().open_access)
    return seen_search(current_actor(), saved_id), current_actor().audience


def _head(saved: Any) -> Feed:
    return Feed(
        id=feed_id(saved.id, saved.created_at),
        title=saved.name,
        subtitle=saved.query,
        updated=saved.updated_at,
        address=_absolute(url_for("feeds.feed", saved_id=saved.id)),
        page=_absolute(url_for("library.library", q=saved.query)),
    )


def _atom_answer(body: bytes) -> Response:
    headers = {"ETag": f'"{digest(body)}"', "Cache-Control": "private, no-cache"}
    response = Response(body, HTTPStatus.OK, headers, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.make_conditional(request)
    return response


def _absolute(path: str) -> str:
    """Feeds are read elsewhere: addresses in them are whole ones."""
    return (identity_settings().public_url or request.url_root).rstrip("/") + path
