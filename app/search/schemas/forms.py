"""What people type into the forms of saved searches."""

from app.core.fields import Flag, Text, Whole
from app.identity.schemas import FormSchema
from app.search.models import NAME_LENGTH, QUERY_LENGTH


class SaveForm(FormSchema):
    """A search to save."""

    name = Text(least=1, most=NAME_LENGTH, strip=True, required=True)
    query = Text(least=1, most=QUERY_LENGTH, strip=True, required=True)
    shared = Flag(load_default=False)


class VersionForm(FormSchema):
    """A saved search as it was shown."""

    version = Whole(required=True)


class ChangeForm(SaveForm, VersionForm):
    """A saved search, changed."""
