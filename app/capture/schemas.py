"""What people type into the forms of capture, and what a browser keeps while they do."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.capture.models import FIELDS, NAME_LENGTH
from app.capture.typed import Texts, as_shown
from app.core.fields import Flag, Id, JsonObject, Many, Message, Schema, Text, Token, Whole, flatten
from app.errors import Invalid
from app.identity.permissions import Visibility
from app.identity.schemas import FormSchema
from app.insights.models import AUTHOR_LENGTH, SOURCE_LENGTH, TITLE_LENGTH, Priority, Status
from app.insights.schemas import MOST_TAGS, TEXT_LENGTH, reason
from app.taxonomy.forms import tag_names
from app.taxonomy.models import TAG_NAME_LENGTH

LARGEST_NUMBER = 2**31 - 1
# What the fields that may be empty load as when they are.
EMPTY: Mapping[str, Any] = {"content": None, "source": None, "category_id": None, "tags": []}
# So much of a long name is enough to know it again.
SHOWN = 20
TAGS_LENGTH = MOST_TAGS * (TAG_NAME_LENGTH + 4)


class TagNames(Many):
    """Names with commas between them, as a list."""

    def __init__(self) -> None:
        super().__init__(Text(most=TAG_NAME_LENGTH), most=MOST_TAGS)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if len(value) > TAGS_LENGTH:
            raise ValidationError(Message(f"must have {TAGS_LENGTH} characters at most", "too_long"))
        names = tag_names(value)
        if long := [name for name in names if len(name) > TAG_NAME_LENGTH]:
            told = f"“{long[0][:SHOWN]}…” is too long: a tag has {TAG_NAME_LENGTH} characters at most"
            raise ValidationError(Message(told, "too_long"))
        return super()._deserialize(names, attr, data, **kwargs)


class CaptureForm(FormSchema):
    """An insight as it is typed; it loads as `InsightSchema` does."""

    title = Text(least=1, most=TITLE_LENGTH, strip=True, required=True)
    description = Text(most=TEXT_LENGTH, required=True)
    content = Text(most=TEXT_LENGTH)
    source = Text(most=SOURCE_LENGTH, strip=True)
    author = Text(least=1, most=AUTHOR_LENGTH, strip=True, required=True)
    category_id = Id()
    priority = Token(Priority)
    status = Token(Status)
    visibility = Token(Visibility)
    tags = TagNames()
    message = reason()


class TemplateForm(FormSchema):
    """A template as it is typed: its name, and what a new insight begins with."""

    name = Text(least=1, most=NAME_LENGTH, strip=True, required=True)
    shared = Flag()
    title = Text(most=TITLE_LENGTH, strip=True)
    description = Text(most=TEXT_LENGTH)
    content = Text(most=TEXT_LENGTH)
    category_id = Id()
    priority = Token(Priority)
    tags = TagNames()


class PreviewForm(FormSchema):
    """A content to look at."""

    content = Text(most=TEXT_LENGTH)


class CopySchema(Schema):
    """What somebody is writing, as the browser keeps it."""

    insight_id = Id(least=1, most=LARGEST_NUMBER, allow_none=True, load_default=None)
    base_version = Whole(least=1, most=LARGEST_NUMBER, allow_none=True, load_default=None)
    texts = JsonObject(required=True, data_key="fields")

    @validates_schema
    def _check(self, given: dict[str, Any], **_: Any) -> None:
        for name, value in given.get("texts", {}).items():
            if name not in FIELDS:
                raise ValidationError({"fields": {name: [Message("is not a known field", "unknown_field")]}})
            if not isinstance(value, str):
                raise ValidationError({"fields": {name: [Message("must be text", "type")]}})
        if (given.get("insight_id") is None) != (given.get("base_version") is None):
            raise ValidationError(Message("insight_id and base_version belong together", "inconsistent"))


def loaded(schema: FormSchema, texts: Texts) -> dict[str, Any]:
    """The values of those fields that were sent, ready for a command. `Invalid` with every wrong one, an empty one that
    is required included."""
    sent = {name: text for name, text in as_shown(texts).items() if text.strip()}
    absent = [name for name in schema.fields if name not in texts]
    try:
        values: dict[str, Any] = schema.load(sent, partial=absent)
    except ValidationError as error:
        raise Invalid.because(flatten(error.normalized_messages(), "body")) from error  # type: ignore[no-untyped-call]
    return values | {name: EMPTY[name] for name in texts if name not in sent and name in EMPTY}
