"""``/search/suggest``."""

from typing import Any

import orjson
from flask import Response

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.identity.acting import current_actor
from app.search.examples import suggestions as examples
from app.search.queries.suggestions import suggestions
from app.search.schemas.suggestions import SuggestionList, SuggestSchema

api = Endpoints("suggestions", __name__, description="What a search box offers while somebody types.")


@api.endpoint("GET", "/search/suggest", SuggestionList, query=SuggestSchema, answer_example=examples.SUGGESTIONS)
def suggest(typed: dict[str, Any]) -> Response:
    """Complete what is typed.

    Tags, categories, authors and titles that the caller sees. What begins like the text comes first, then what has a
    word that does, then what holds it inside a word. Of a longer text the last words are completed.
    """
    found = suggestions(current_actor().audience, typed["q"], typed["limit"])
    return json_answer(orjson.dumps({"suggestions": found}))
