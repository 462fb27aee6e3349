"""What an import may store, and the form of a mapping file."""

from typing import Any

from marshmallow import fields

from app.core.fields import MESSAGES, Many, Message, Moment, Schema, Text, Token
from app.exchange.models import Format
from app.exchange.records import CANONICAL, DROPPED, KEPT
from app.identity.schemas import FormSchema
from app.insights.models import Status
from app.insights.schemas import InsightSchema
from app.search.schemas.searches import LibrarySchema

PUBLIC_ID: dict[str, Any] = {**MESSAGES, "invalid_uuid": Message("must be a UUID", "type")}


class ImportSchema(InsightSchema):
    """An insight with what only an import may set: its time stamps and its public id."""

    created_at = Moment()
    updated_at = Moment()
    published_at = Moment()
    public_id = fields.UUID(error_messages=PUBLIC_ID)


class MapSchema(Schema):
    """``fields`` gives, for a field of an insight, the names that stand for it in the file; ``ignore`` names what to
    leave out."""

    fields_ = fields.Dict(
        keys=Text(least=1),
        values=Many(Text(least=1)),
        data_key="fields",
        attribute="fields",
        load_default=dict,
        error_messages={"invalid": Message("must be a mapping", "type")},
    )
    ignore = Many(Text(least=1), load_default=list)


class ImportForm(FormSchema):
    """What an upload says beside its file."""

    file = Text()
    status = Token(Status, load_default=Status.PUBLISHED)


class ColumnsForm(FormSchema):
    """What each column of a table stands for, in their order."""

    columns = Many(Token((*CANONICAL, KEPT, DROPPED)), required=True)


class ExportForm(LibrarySchema):
    """The library's filters, and as what to write what they find."""

    format = Token(tuple(Format))
