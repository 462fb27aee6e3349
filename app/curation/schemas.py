"""What comes in about many insights at once, and the contract of what goes out."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import MESSAGES, Flag, Id, JsonObject, Many, Message, Moment, Schema, Text, Token, Whole
from app.curation.likeness import REASONS
from app.curation.models import LEFT_FOR, Action
from app.insights.models import Priority
from app.insights.schemas import LAST_PAGE, MOST_TAGS, reason
from app.search.schemas.searches import SearchSchema
from app.taxonomy.models import CATEGORY_NAME_LENGTH, TAG_NAME_LENGTH
from app.taxonomy.schemas import CategoryAnswer, TagAnswer

MOST_IDS = 10_000
# What each action takes beside the insights; of several, one.
OWN_FIELDS: Mapping[str, tuple[str, ...]] = {
    Action.TAG: ("tag_ids", "tags"),
    Action.UNTAG: ("tag_ids", "tags"),
    Action.RECATEGORISE: ("category_id", "category_name"),
    Action.SET_PRIORITY: ("priority",),
}
TARGETS = ("ids", "filter")
CORRECTED = "The filter's `query` as it was understood: only when a mistyped word was replaced."
SOME = validate.Length(min=1, error=Message("must not be empty", "too_short"))
ONLY_WITH = frozenset(name for names in OWN_FIELDS.values() for name in names)


def _composition() -> dict[str, Any]:
    """`BulkSchema._know_what_to_do` for the API document: every way in which its fields go together."""
    takers: dict[str | None, list[str]] = {}
    for action in Action:
        for name in OWN_FIELDS.get(action, (None,)):
            takers.setdefault(name, []).append(action)
    return {"oneOf": [_way(target, own, takers[own]) for target in TARGETS for own in takers]}


def _way(target: str, own: str | None, actions: list[str]) -> dict[str, Any]:
    wanted = [target, own] if own else [target]
    absent = sorted({*TARGETS, *ONLY_WITH} - set(wanted))
    return {
        "properties": {"action": {"enum": actions}, **{name: {"not": {}} for name in absent}},
        "required": ["action", *wanted],
    }


class BulkFilterSchema(SearchSchema):
    """Which insights: what a search takes, but for the page. All must hold; `{}` is everything that the caller sees."""

    class Meta:
        exclude = ("page", "page_size", "limit", "offset", "sort", "facets", "explain")


class BulkSchema(Schema):
    """One act on many insights: these ``ids``, or all that the ``filter`` finds.

    ``tag`` and ``untag`` take ``tag_ids`` or ``tags`` (names), ``recategorise`` takes ``category_id`` (null: none) or
    ``category_name``, ``set_priority`` takes ``priority``. Missing names are made, but not to take them off.
    """

    composition = _composition()

    action = Token(Action, required=True)
    ids = Many(Id(), most=MOST_IDS, validate=SOME)
    filter = fields.Nested(BulkFilterSchema, error_messages={**MESSAGES})
    tag_ids = Many(Id(), most=MOST_TAGS, validate=SOME)
    tags = Many(Text(least=1, most=TAG_NAME_LENGTH, strip=True), most=MOST_TAGS, validate=SOME)
    category_id = Id(allow_none=True)
    category_name = Text(least=1, most=CATEGORY_NAME_LENGTH, strip=True)
    priority = Token(Priority)
    preview = Flag(load_default=False, metadata={"description": "Only tell what would be done."})
    message = reason()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _know_what_to_do(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        errors = _one_of(TARGETS, original)
        if action := data.get("action"):
            own = OWN_FIELDS.get(action, ())
            strange = (ONLY_WITH & original.keys()) - set(own)
            errors |= {name: [Message(f"does not go with {action}", "unknown_field")] for name in sorted(strange)}
            errors |= _one_of(own, original) if own else {}
        if errors:
            raise ValidationError(errors)


def _one_of(names: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, list[str]]:
    """An error for each name unless exactly one is given."""
    found = [name for name in names if name in given]
    if not found:
        either = f"is required, or {' or '.join(names[1:])}" if names[1:] else "is required"
        return {names[0]: [Message(either, "required")]}
    return {name: [Message(f"can't be given beside {found[0]}", "beside_another")] for name in found[1:]}


class SkippedAnswer(Schema):
    """An insight that an act left out: not there or not seen, or not the caller's to change."""

    id = Id(required=True)
    reason = Token(("not found", "forbidden"), required=True)


class BulkAnswer(Schema):
    """What was done, or in a preview would be: ``matched`` insights were found, ``unchanged`` were so already."""

    preview = Flag(metadata={"description": "Only in the answer to a preview."})
    receipt_id = fields.UUID(allow_none=True, metadata={"description": "Null: nothing changed. Not in a preview."})
    undo = Text(allow_none=True, metadata={"description": "Where to POST to undo it. Not in a preview."})
    matched = Whole(required=True)
    changed = Whole(metadata={"description": "How many were changed; not in the answer to a preview."})
    would_change = Whole(metadata={"description": "How many would be changed: only in the answer to a preview."})
    unchanged = Whole(required=True)
    would_make = fields.List(Text(), metadata={"description": "New tags or a new category: only in a preview."})
    skipped = fields.List(fields.Nested(SkippedAnswer), required=True)
    corrected_query = Text(metadata={"description": CORRECTED})


class ReceiptPageSchema(Schema):
    """Which page of the receipts."""

    as_text = True

    page = Whole(least=1, most=LAST_PAGE, load_default=1)
    page_size = Whole(least=1, most=100, load_default=20)


class ReceiptActorAnswer(Schema):
    """Who did it."""

    kind = Text(required=True)
    id = Id(required=True, allow_none=True)
    name = Text(required=True)


class ReceiptSummary(Schema):
    """One act on many rows."""

    id = fields.UUID(required=True)
    at = Moment(required=True)
    actor = fields.Nested(ReceiptActorAnswer, required=True)
    action = Text(required=True)
    message = Text(required=True, allow_none=True)
    changed = Whole(
        required=True, allow_none=True, metadata={"description": "How many insights; of a move, categories."}
    )
    undone_by = fields.UUID(required=True, allow_none=True, metadata={"description": "The last undoing's receipt."})
    left = Whole(required=True, allow_none=True, metadata={"description": "How many insights its undoing left."})
    undo = Text(
        required=True, allow_none=True, metadata={"description": "Where to POST to undo it; null: it can't be."}
    )


class ReceiptAnswer(ReceiptSummary):
    """One act on many rows, with what was asked for and what became of it."""

    request = JsonObject(required=True)
    outcome = JsonObject(required=True)


class ReceiptPage(Schema):
    """One page of receipts, newest first; ``total`` counts every one that the caller sees."""

    total = Whole(required=True)
    page = Whole(required=True)
    page_size = Whole(required=True)
    receipts = fields.List(fields.Nested(ReceiptSummary), required=True)


class LeftAnswer(Schema):
    """An insight that an undoing left as it is, and why."""

    id = Id(required=True)
    reason = Token(LEFT_FOR, required=True)


class MovedBackAnswer(Schema):
    """What the undoing of a move put back: the category, below which parent, and what came along."""

    category_id = Id(required=True)
    parent_id = Id(required=True, allow_none=True)
    categories = Whole(required=True)
    insights = Whole(required=True)


class UndoAnswer(Schema):
    """What an undoing did: how many insights (of a move: categories) went back, and which insights were left."""

    receipt_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: nothing went back."})
    undo = Text(required=True, allow_none=True, metadata={"description": "Where to POST to undo the undoing."})
    reverted = Whole(required=True)
    left = fields.List(fields.Nested(LeftAnswer), required=True)
    moved_back = fields.Nested(MovedBackAnswer, metadata={"description": "Only in the answer to undoing a move."})


class MergeSchema(Schema):
    """Into which other one."""

    into = Id(required=True)
    preview = Flag(load_default=False, metadata={"description": "Only tell what would be done."})
    message = reason()


class MoveSchema(Schema):
    """Below which category; null: to the top."""

    parent_id = Id(required=True, allow_none=True)
    preview = Flag(load_default=False, metadata={"description": "Only tell what would be done."})
    message = reason()


class CuratedAnswer(Schema):
    """What was done to a tag or category, or in a ``preview`` would be; then there is no receipt."""

    preview = Flag(required=True)
    receipt_id = fields.UUID(required=True, allow_none=True)
    undo = Text(required=True, allow_none=True, metadata={"description": "Where to POST to undo it."})
    insights = Whole(required=True, metadata={"description": "How many insights it changes or takes along."})


class TagMergeAnswer(CuratedAnswer):
    """A merge of tags: ``both`` of the insights carried the target already, ``aliases`` are names that stand for it."""

    both = Whole(required=True)
    aliases = fields.List(Text(), required=True)
    into = fields.Nested(TagAnswer, required=True)


class CategoryMergeAnswer(CuratedAnswer):
    """A merge of categories: ``categories`` children move along, ``aliases`` are names that stand for the target."""

    categories = Whole(required=True)
    aliases = fields.List(Text(), required=True)
    into = fields.Nested(CategoryAnswer, required=True)


class CategoryMoveAnswer(CuratedAnswer):
    """A move: ``categories`` counts the category itself and those below it, ``insights`` those of all of them."""

    categories = Whole(required=True)
    category = fields.Nested(CategoryAnswer, required=True)


class SuggestedTag(Schema):
    """A tag of a suggestion."""

    id = Id(required=True)
    name = Text(required=True)
    usage_count = Whole(required=True)


class SuggestedCategory(Schema):
    """A category of a suggestion."""

    id = Id(required=True)
    name = Text(required=True)
    insight_count = Whole(required=True)


class TagSuggestion(Schema):
    """Two tags that may be one: the less used and the more used. ``same words``: in any order and inflexion."""

    class Meta:
        include = {"from": fields.Nested(SuggestedTag, required=True)}

    into = fields.Nested(SuggestedTag, required=True)
    reason = Token(REASONS, required=True)
    similarity = fields.Float(required=True, metadata={"description": "1 for the same words; else how much is alike."})


class CategorySuggestion(Schema):
    """Two categories that may be one: the less used and the more used."""

    class Meta:
        include = {"from": fields.Nested(SuggestedCategory, required=True)}

    into = fields.Nested(SuggestedCategory, required=True)
    reason = Token(REASONS, required=True)
    similarity = fields.Float(required=True)


class TagSuggestions(Schema):
    """Suggested merges, the most alike first."""

    suggestions = fields.List(fields.Nested(TagSuggestion), required=True)


class CategorySuggestions(Schema):
    """Suggested merges, the most alike first."""

    suggestions = fields.List(fields.Nested(CategorySuggestion), required=True)
