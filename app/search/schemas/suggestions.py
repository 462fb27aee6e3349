"""What is asked as one types, and the contract of what comes back."""

from marshmallow import fields

from app.core.fields import Id, Moment, Schema, Text, Token, Whole
from app.insights.models import TITLE_LENGTH, Status
from app.search.models import QUERY_LENGTH

COMPARED_LENGTH = 10_000
MOST_SUGGESTIONS = 50
KINDS = ("tag", "category", "author", "title")
SO_FAR = "What was typed so far."
QUERY = "The whole text to search for when this one is taken."
COUNT = "How many insights it stands for; of authors 100 at most are counted. Null for titles."
ALIKE = "From 0 to 1: how much the texts are the same."
RELATED = "The more, the closer; comparable within one answer only."


class SuggestSchema(Schema):
    """What was typed so far."""

    as_text = True

    q = Text(most=QUERY_LENGTH, load_default="", metadata={"description": SO_FAR})
    limit = Whole(least=1, most=MOST_SUGGESTIONS, load_default=10)


class SuggestionAnswer(Schema):
    """One way to go on. ``id`` is the insight's, the tag's or the category's; authors have none."""

    kind = Token(KINDS, required=True)
    text = Text(required=True)
    id = Id(required=True, allow_none=True)
    insight_count = Whole(required=True, allow_none=True, metadata={"description": COUNT})
    query = Text(required=True, metadata={"description": QUERY})


class SuggestionList(Schema):
    """Suggestions, kind by kind, the likeliest of each first."""

    suggestions = fields.List(fields.Nested(SuggestionAnswer), required=True)


class RelatedSchema(Schema):
    """How many at most."""

    as_text = True

    limit = Whole(least=1, most=MOST_SUGGESTIONS, load_default=5)


class SimilarSchema(RelatedSchema):
    """The texts of an insight that somebody is about to write."""

    title = Text(most=TITLE_LENGTH, load_default="")
    description = Text(most=COMPARED_LENGTH, load_default="")


class PlaceAnswer(Schema):
    """A category or a tag by its name."""

    id = Id(required=True)
    name = Text(required=True)


class NeighbourAnswer(Schema):
    """An insight in short."""

    id = Id(required=True)
    title = Text(required=True)
    status = Token(Status, required=True)
    author = Text(required=True)
    created_at = Moment(required=True)
    category = fields.Nested(PlaceAnswer, required=True, allow_none=True)


class SharedAnswer(Schema):
    """What two insights have in common; ``words`` as their stems, the rarest first, a null ``category`` is none."""

    words = fields.List(Text(), required=True)
    tags = fields.List(fields.Nested(PlaceAnswer), required=True)
    category = fields.Nested(PlaceAnswer, required=True, allow_none=True)


class RelatedAnswer(NeighbourAnswer):
    """An insight that has to do with another."""

    score = fields.Float(required=True, metadata={"description": RELATED})
    shared = fields.Nested(SharedAnswer, required=True)


class RelatedList(Schema):
    """Insights that have to do with one, the closest first."""

    insights = fields.List(fields.Nested(RelatedAnswer), required=True)


class SimilarAnswer(NeighbourAnswer):
    """An insight that may say the same already."""

    similarity = fields.Float(required=True, metadata={"description": ALIKE})


class SimilarList(Schema):
    """Insights that may say the same, the most alike first."""

    insights = fields.List(fields.Nested(SimilarAnswer), required=True)
