"""What comes in about insights, and the contract of what goes out."""

from typing import Any

from marshmallow import fields, pre_load

from app.core.fields import Id, JsonObject, Many, Moment, Schema, Text, Token, Whole
from app.identity.permissions import Visibility
from app.insights.models import (
    AUTHOR_LENGTH,
    EXTERNAL_KEY_LENGTH,
    MESSAGE_LENGTH,
    SOURCE_LENGTH,
    TITLE_LENGTH,
    Priority,
    Status,
)
from app.taxonomy.models import CATEGORY_NAME_LENGTH, TAG_NAME_LENGTH
from app.taxonomy.schemas import CategoryAnswer, TagAnswer

TEXT_LENGTH = 1_000_000
MOST_TAGS = 200
LAST_PAGE = 10**9
MATCHED = "How the text was found: by all its words or, when they never meet, as it stands; null without text."


def reason() -> Text:
    """Why, in the writer's words; kept with the revision, no part of the insight."""
    return Text(most=MESSAGE_LENGTH, strip=True, allow_none=True, metadata={"description": "Why, for the history."})


class InsightSchema(Schema):
    """An insight to store.

    ``category_name`` and ``tags`` are for clients that know names, not ids: names are found regardless of case and
    accents, missing ones are made. ``category_id`` and ``tag_ids`` win over them.
    """

    title = Text(least=1, most=TITLE_LENGTH, strip=True, required=True)
    description = Text(most=TEXT_LENGTH, required=True)
    author = Text(least=1, most=AUTHOR_LENGTH, strip=True, required=True)
    content = Text(most=TEXT_LENGTH, allow_none=True)
    source = Text(most=SOURCE_LENGTH, strip=True, allow_none=True)
    category_id = Id(allow_none=True)
    category_name = Text(least=1, most=CATEGORY_NAME_LENGTH, strip=True, allow_none=True)
    priority = Token(Priority)
    status = Token(Status)
    visibility = Token(Visibility)
    tag_ids = Many(Id(), most=MOST_TAGS, allow_none=True)
    tags = Many(Text(least=1, most=TAG_NAME_LENGTH, strip=True), most=MOST_TAGS, allow_none=True)
    extra = JsonObject(data_key="metadata")
    external_key = Text(least=1, most=EXTERNAL_KEY_LENGTH, strip=True, allow_none=True)
    message = reason()


class ReasonSchema(Schema):
    """Why something is done, for the insight's history."""

    message = reason()


class PageSchema(Schema):
    """Which page of a list; ``limit`` and ``offset`` are what the command line client sends."""

    as_text = True

    page = Whole(least=1, most=LAST_PAGE, load_default=1)
    page_size = Whole(least=1, most=100, load_default=20)
    limit = Whole(least=1, most=100)
    offset = Whole(least=0, most=100 * LAST_PAGE)


class FilterSchema(PageSchema):
    """The list's filters; all must hold."""

    status = Token(Status)
    priority = Token(Priority)
    visibility = Token(Visibility)
    category_id = Id()
    category = Text(most=CATEGORY_NAME_LENGTH, strip=True, metadata={"description": "A category's name."})
    author = Text(most=AUTHOR_LENGTH, metadata={"description": "Part of the author's name, regardless of case."})


class SearchSchema(FilterSchema):
    """A search: text and the list's filters. Explicit nulls count as absent."""

    as_text = False

    query = Text(most=TITLE_LENGTH, strip=True)
    tag_ids = Many(Id(), most=MOST_TAGS, metadata={"description": "An insight must carry all of them."})

    @pre_load
    def _drop_nulls(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {key: value for key, value in data.items() if value is not None or key not in self.fields}


class InsightAnswer(Schema):
    """A stored insight with its category and tags."""

    id = Id(required=True)
    public_id = fields.UUID(required=True)
    external_key = Text(required=True, allow_none=True)
    title = Text(required=True)
    description = Text(required=True)
    content = Text(required=True, allow_none=True)
    source = Text(required=True, allow_none=True)
    author = Text(required=True)
    category_id = Id(required=True, allow_none=True)
    priority = Token(Priority, required=True)
    status = Token(Status, required=True)
    visibility = Token(Visibility, required=True)
    metadata = JsonObject(required=True)
    version = Whole(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    published_at = Moment(required=True, allow_none=True)
    category = fields.Nested(CategoryAnswer, required=True, allow_none=True)
    tags = fields.List(fields.Nested(TagAnswer), required=True)


class InsightPage(Schema):
    """One page of insights, newest first; ``total`` counts every match."""

    total = Whole(required=True)
    page = Whole(required=True)
    page_size = Whole(required=True)
    matched = Token(("words", "substring"), required=True, allow_none=True, metadata={"description": MATCHED})
    insights = fields.List(fields.Nested(InsightAnswer), required=True)


class LibrarySchema(FilterSchema):
    """The query of the library page: the list's filters, tags and the search box; categories by id only."""

    class Meta:
        exclude = ("category", "limit", "offset")

    q = Text(most=TITLE_LENGTH, strip=True)
    tag_ids = Many(Id(), most=MOST_TAGS)
