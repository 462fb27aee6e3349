"""What comes in about categories and tags, and the contract of what goes out."""

from marshmallow import fields, validate

from app.core.fields import Id, Message, Moment, Schema, Text, Whole
from app.taxonomy.models import CATEGORY_NAME_LENGTH, COLOR_PATTERN, ICON_LENGTH, TAG_NAME_LENGTH


def _color() -> Text:
    pattern = validate.Regexp(COLOR_PATTERN + r"\Z", error=Message("must be # and six hex digits", "pattern"))
    return Text(validate=pattern, allow_none=True, metadata={"example": "#3B82F6"})


def _name(most: int, example: str) -> Text:
    return Text(least=1, most=most, strip=True, required=True, metadata={"example": example})


class TagSchema(Schema):
    """A tag to store."""

    name = _name(TAG_NAME_LENGTH, "Best Practice")
    slug = _name(TAG_NAME_LENGTH, "best-practice")
    description = Text(allow_none=True)
    color = _color()


class CategorySchema(Schema):
    """A category to store."""

    name = _name(CATEGORY_NAME_LENGTH, "Technical")
    slug = _name(CATEGORY_NAME_LENGTH, "technical")
    description = Text(allow_none=True)
    parent_id = Id(allow_none=True)
    color = _color()
    icon = Text(most=ICON_LENGTH, allow_none=True, metadata={"example": "code"})


class SliceSchema(Schema):
    """Which part of a bare list."""

    as_text = True

    skip = Whole(least=0, most=2**31 - 1, load_default=0)
    limit = Whole(least=1, most=1000, load_default=100)


class TagAnswer(Schema):
    """A stored tag; ``usage_count`` is the number of insights that carry it."""

    id = Id(required=True)
    name = Text(required=True)
    slug = Text(required=True)
    description = Text(required=True, allow_none=True)
    color = Text(required=True, allow_none=True)
    created_at = Moment(required=True)
    usage_count = Whole(required=True)
    version = Whole(required=True)


class CategoryAnswer(Schema):
    """A stored category; ``insight_count`` counts the insights directly in it."""

    id = Id(required=True)
    name = Text(required=True)
    slug = Text(required=True)
    description = Text(required=True, allow_none=True)
    parent_id = Id(required=True, allow_none=True)
    color = Text(required=True, allow_none=True)
    icon = Text(required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    insight_count = Whole(required=True)
    version = Whole(required=True)


class CategoryNode(CategoryAnswer):
    """A category in the tree; ``subtree_count`` also counts the insights of every category below it."""

    subtree_count = Whole(required=True)
    children = fields.List(fields.Nested("CategoryNode"), required=True)


class CategoryTree(Schema):
    """The whole tree: roots and, inside them, their children, by name."""

    categories = fields.List(fields.Nested(CategoryNode), required=True)
