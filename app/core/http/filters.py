"""The query of a page for people: a wrong value is named beside its field and left out, but stays as it was typed."""

from collections.abc import Collection
from typing import Any, NamedTuple

from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from app.core.fields import flatten


class Filters(NamedTuple):
    """The usable arguments (defaults included), a message for each unusable one, and everything as it was typed."""

    arguments: dict[str, Any]
    errors: dict[str, str]
    typed: dict[str, Any]


def given_filters(
    schema: Schema, lists: Collection[str] = (), parameters: MultiDict[str, str] | None = None
) -> Filters:
    """What the address, or another one's ``parameters``, asks for. Unknown and empty parameters count as absent;
    ``lists`` may be given repeatedly."""
    parameters = request.args if parameters is None else parameters
    given = {name: values for name, values in parameters.lists() if name in schema.fields and any(values)}
    flat = {name: values if name in lists else values[-1] for name, values in given.items()}
    try:
        arguments, wrong = schema.load(flat), {}
    except ValidationError as error:
        wrong = error.normalized_messages()  # type: ignore[no-untyped-call]
        arguments = schema.load({name: value for name, value in flat.items() if name not in wrong})
    errors = {name: flatten(tree, "query")[0].message for name, tree in wrong.items()}
    typed = dict.fromkeys(schema.fields) | {name: [] for name in lists} | flat
    return Filters(arguments, errors, typed)
