"""What comes in about the search log, and the contract of what it tells."""

from marshmallow import fields

from app.core.fields import Id, Moment, Schema, Text, Token, Whole

DAYS_KEPT = 90
KIND = "`nothing`: the last such search found nothing. `unopened`: it finds something that nobody opens."
SEARCHERS = "How many people; one who searches on several days counts once for each."


class OpenedSchema(Schema):
    """What was opened of an answer."""

    insight_id = Id(required=True)


class GapsSchema(Schema):
    """Which part of the log."""

    as_text = True

    days = Whole(least=1, most=DAYS_KEPT, load_default=30)
    limit = Whole(least=1, most=1000, load_default=100)


class GapAnswer(Schema):
    """A text that people searched for in vain. Letter case, accents and spaces are not told apart."""

    query = Text(required=True)
    kind = Token(("nothing", "unopened"), required=True, metadata={"description": KIND})
    searches = Whole(required=True)
    searchers = Whole(required=True, metadata={"description": SEARCHERS})
    without_results = Whole(required=True, metadata={"description": "How many of the searches found nothing."})
    unopened = Whole(required=True, metadata={"description": "How many found something, and nothing was opened."})
    last_at = Moment(required=True)


class GapsAnswer(Schema):
    """The most wanted first: by searchers, then by searches, then the latest."""

    days = Whole(required=True)
    gaps = fields.List(fields.Nested(GapAnswer), required=True)
