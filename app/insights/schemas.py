"""What comes in about insights, and the contract of what goes out."""

from marshmallow import fields

from app.core.fields import Id, JsonObject, Many, Moment, Schema, Text, Token, Whole
from app.identity.permissions import Visibility
from app.identity.schemas import FormSchema
from app.insights.models import (
    AUTHOR_LENGTH,
    EXTERNAL_KEY_LENGTH,
    MESSAGE_LENGTH,
    SOURCE_LENGTH,
    TITLE_LENGTH,
    Priority,
    Status,
    Verb,
)
from app.taxonomy.models import CATEGORY_NAME_LENGTH, TAG_NAME_LENGTH
from app.taxonomy.schemas import CategoryAnswer, TagAnswer

TEXT_LENGTH = 1_000_000
MOST_TAGS = 200
LAST_PAGE = 10**9
SORTED_BY = ("created_at", "updated_at", "published_at", "title")
SORTS = tuple(way + column for column in SORTED_BY for way in ("-", ""))
NEWEST_FIRST = "-created_at"
NEXT_CURSOR = "The `cursor` of the next page, null on the last; only of pages that were asked for with a cursor."
MATCHED = (
    "How the best hit has the text: all its `words`, some of them (`partial`), or as a `substring`; null without text"
    " or hits."
)
MESSAGE = "Why, in the writer's words; null for callers without credentials."


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
    """One page of insights; ``total`` counts every match."""

    total = Whole(required=True)
    page = Whole(metadata={"description": "Only of pages that were asked for by number."})
    page_size = Whole(required=True)
    matched = Token(
        ("words", "partial", "substring"), required=True, allow_none=True, metadata={"description": MATCHED}
    )
    insights = fields.List(fields.Nested(InsightAnswer), required=True)
    next_cursor = Text(allow_none=True, metadata={"description": NEXT_CURSOR})


class TrashSchema(PageSchema):
    """Which page of the trash."""

    class Meta:
        exclude = ("limit", "offset")


class NamedAnswer(Schema):
    """A tag or a category of an earlier state; without a name when it was deleted since."""

    id = Id(required=True)
    name = Text(required=True, allow_none=True)


class DoerAnswer(Schema):
    """Who did it. Callers without credentials are told what sort of actor it was, and no more."""

    kind = Text(required=True)
    id = Id(required=True, allow_none=True)
    name = Text(required=True, allow_none=True)


class RevisionEntry(Schema):
    """One change of an insight; ``fields`` names what it touched."""

    number = Whole(required=True)
    version = Whole(required=True)
    at = Moment(required=True)
    verb = Token(Verb, required=True)
    actor = fields.Nested(DoerAnswer, required=True)
    message = Text(required=True, allow_none=True, metadata={"description": MESSAGE})
    fields_ = fields.List(Text(), data_key="fields", required=True)
    receipt_id = fields.UUID(required=True, allow_none=True)


class RevisionList(Schema):
    """The revisions that the caller sees; 1 is the creation."""

    revisions = fields.List(fields.Nested(RevisionEntry), required=True)


class ChangeAnswer(Schema):
    """One field before and after. ``category`` and ``tags`` are told with their names."""

    field = Text(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)
    withheld = fields.Boolean(metadata={"description": "True when the caller may not know what was there before."})
    unified = Text(metadata={"description": "A unified diff of two long texts, unless thousands of lines differ."})


class EarlierInsight(Schema):
    """An insight as one of its revisions left it."""

    title = Text(required=True)
    description = Text(required=True)
    content = Text(required=True, allow_none=True)
    source = Text(required=True, allow_none=True)
    author = Text(required=True)
    category_id = Id(required=True, allow_none=True)
    category = fields.Nested(NamedAnswer, required=True, allow_none=True)
    priority = Token(Priority, required=True)
    status = Token(Status, required=True)
    visibility = Token(Visibility, required=True)
    metadata = JsonObject(required=True)
    external_key = Text(required=True, allow_none=True)
    created_at = Moment(required=True)
    published_at = Moment(required=True, allow_none=True)
    tags = fields.List(fields.Nested(NamedAnswer), required=True)


class RevisionAnswer(RevisionEntry):
    """A revision, what it changed and what it left."""

    changes = fields.List(fields.Nested(ChangeAnswer), required=True)
    insight = fields.Nested(EarlierInsight, required=True)


class DiffAnswer(Schema):
    """What differs between the states after two revisions."""

    from_ = Whole(data_key="from", required=True)
    to = Whole(required=True)
    changes = fields.List(fields.Nested(ChangeAnswer), required=True)


class TrashedAnswer(EarlierInsight):
    """An insight in the trash; at ``purged_at`` it goes for good."""

    id = Id(required=True)
    public_id = fields.UUID(required=True)
    version = Whole(required=True)
    updated_at = Moment(required=True)
    trashed_at = Moment(required=True)
    trashed_by = Text(required=True)
    purged_at = Moment(required=True)


class TrashPage(Schema):
    """One page of the trash, what was trashed last first."""

    total = Whole(required=True)
    page = Whole(required=True)
    page_size = Whole(required=True)
    insights = fields.List(fields.Nested(TrashedAnswer), required=True)


class PurgeAnswer(Schema):
    """How many were deleted for good."""

    purged = Whole(required=True)


class VersionForm(FormSchema):
    """An insight as it was shown."""

    version = Whole(required=True)


class RevertForm(VersionForm):
    """An insight as it was shown, and why it goes back to what it was."""

    message = reason()


class ComparisonSchema(FormSchema):
    """Which other revision one is compared with, and how the lines are laid out."""

    against = Id()
    view = Token(("inline", "split"), load_default="inline")
