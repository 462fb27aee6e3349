"""What people mark and type into the form of an act on many insights."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.core.fields import Flag, Id, Many, Message, Text, Token, Whole
from app.curation.models import Action
from app.curation.schemas import MOST_IDS, BulkSchema
from app.identity.schemas import FormSchema
from app.insights.models import Priority
from app.insights.schemas import reason
from app.taxonomy.forms import tag_names

# What each action needs beside the insights, and what to say when it lacks.
NEEDED: Mapping[str, tuple[str, str]] = {
    Action.TAG: ("tags", "name at least one tag"),
    Action.UNTAG: ("tags", "name at least one tag"),
    Action.RECATEGORISE: ("category_id", "choose a category"),
    Action.SET_PRIORITY: ("priority", "choose a priority"),
}
NO_CATEGORY = 0
LONGEST_TAGS, LONGEST_PLACE = 10_000, 50_000


class BulkForm(FormSchema):
    """The marked insights (``ids``), or ``all`` that are listed at a ``place``, and what is to be done to them. Of the
    values only the action's own counts: the others lie in the same form."""

    action = Token(Action, required=True)
    ids = Many(Id(), most=MOST_IDS, load_default=list)
    all = Flag(load_default=False)
    place = Text(most=LONGEST_PLACE, load_default="")
    tags = Text(most=LONGEST_TAGS, strip=True, load_default="")
    category_id = Whole()
    priority = Token(Priority)
    message = reason()
    confirmed = Flag(load_default=False)

    @validates_schema
    def _know_to_what(self, data: dict[str, Any], **_: Any) -> None:
        name, message = NEEDED.get(data["action"], ("", ""))
        errors = {name: [Message(message, "required")]} if name and data.get(name) in (None, "") else {}
        if not data["ids"] and not data["all"]:
            errors["ids"] = [Message("mark at least one insight", "required")]
        if errors:
            raise ValidationError(errors)


def act(form: Mapping[str, Any], listed: Mapping[str, Any]) -> dict[str, Any]:
    """A loaded form as `BulkSchema` loads it; ``listed`` filters the list that it was sent from. Raises
    `ValidationError` with the form's names."""
    target = {"filter": dict(listed)} if form["all"] else {"ids": form["ids"]}
    asked: dict[str, Any] = {"action": form["action"], **target, **_own(form)}
    if form.get("message"):
        asked["message"] = form["message"]
    loaded: dict[str, Any] = BulkSchema().load(asked)
    return loaded


def _own(form: Mapping[str, Any]) -> dict[str, Any]:
    name = NEEDED.get(form["action"], ("", ""))[0]
    if name == "tags":
        return {"tags": tag_names(form["tags"])}
    if name == "category_id":
        return {"category_id": None if form["category_id"] == NO_CATEGORY else form["category_id"]}
    return {name: form[name]} if name else {}
