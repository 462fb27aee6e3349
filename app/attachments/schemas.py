"""What comes in with a file, and what is said of it."""

from marshmallow import fields

from app.attachments.models import MEDIA_TYPE_LENGTH, NAME_LENGTH
from app.core.fields import MESSAGES, Schema, Text, Whole


class Upload(fields.Raw):
    """A file of a form."""

    default_error_messages = {**MESSAGES}


class UploadSchema(Schema):
    """One file."""

    file = Upload(
        required=True,
        metadata={
            "type": "string",
            "format": "binary",
            "minLength": 1,
            "description": "The file, with its name. What it is, is found by looking at its bytes.",
        },
    )


class AttachmentAnswer(Schema):
    """A file that was kept. ``markdown`` shows it, or links to it, in the content of an insight."""

    id = Text(required=True, metadata={"format": "uuid"})
    name = Text(required=True, most=NAME_LENGTH)
    url = Text(required=True)
    markdown = Text(required=True)
    media_type = Text(required=True, most=MEDIA_TYPE_LENGTH)
    size = Whole(required=True, metadata={"description": "In bytes."})
