"""What comes in about saved searches, and the contract of what goes out."""

from marshmallow import fields

from app.core.fields import Flag, Id, Moment, Schema, Text, Whole
from app.search.models import NAME_LENGTH, QUERY_LENGTH
from app.search.schemas.searches import FilterSchema

FEED = "Its newest 50 insights as Atom."
FEED_KEY = "Whether there is a key that opens the feed without other credentials."
MAY_CHANGE = "Whether the caller may change and delete it."
KEY = "Shown this once. Whoever has it reads in the feed what the search's owner may see."


class SavedSearchSchema(Schema):
    """A search to save. ``query`` is a text as one types it into the search box; it must parse."""

    name = Text(least=1, most=NAME_LENGTH, strip=True, required=True, metadata={"example": "Incidents of this year"})
    query = Text(least=1, most=QUERY_LENGTH, required=True, metadata={"example": "tag:incident created:this-year"})
    shared = Flag(metadata={"description": "Whether everybody who is signed in finds it in their list, too."})


class OwnerAnswer(Schema):
    """Whose it is."""

    id = Id(required=True)
    name = Text(required=True)


class SavedSearchAnswer(Schema):
    """A saved search; ``owner`` is null for those that were saved where nobody has to sign in."""

    id = Id(required=True)
    name = Text(required=True)
    query = Text(required=True)
    shared = Flag(required=True)
    owner = fields.Nested(OwnerAnswer, required=True, allow_none=True)
    may_change = Flag(required=True, metadata={"description": MAY_CHANGE})
    feed = Text(required=True, metadata={"description": FEED})
    has_feed_key = Flag(required=True, metadata={"description": FEED_KEY})
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    version = Whole(required=True)


class ResultsSchema(FilterSchema):
    """How its insights are shown: the page and the order of a search, and filters beside the saved query."""


class NothingSchema(Schema):
    """Nothing has to be said."""


class FeedKeyAnswer(Schema):
    """A key and the address that it opens."""

    key = Text(required=True, metadata={"description": KEY})
    feed = Text(required=True, metadata={"description": "The feed's address with the key."})


class KeySchema(Schema):
    """The key of a feed."""

    as_text = True

    key = Text(metadata={"description": "The feed's own key, in place of other credentials."})
