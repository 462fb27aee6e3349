"""Types out of names and annotations.

All of them lie in one module that is made here, so that an annotation may be a string naming a type that does not
exist yet; tables refer to each other in circles.
"""

import enum
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple, NewType, NoReturn

import strawberry

MODULE = "app.graphql_api.schema.types"
OPTIONAL = "| None"


class Field(NamedTuple):
    """A field's type as an annotation (``list[tags]`` is ``[tags!]!``), its arguments, a word about it, and what some
    arguments are when they are not given."""

    returns: str
    arguments: Mapping[str, str] | None = None
    about: str | None = None
    defaults: Mapping[str, object] = MappingProxyType({})


class Types:
    """The types made so far."""

    def __init__(self) -> None:
        self.module = ModuleType(MODULE)
        sys.modules[MODULE] = self.module
        self.scalars: dict[object, Any] = {}
        for name, python in {"Int": int, "String": str, "Boolean": bool, "Float": float}.items():
            setattr(self.module, name, python)

    def scalar(self, name: str, parse: Callable[[object], object], about: str) -> None:
        """A scalar whose values the database makes and reads; ``parse`` raises for what is none."""
        python = NewType(name, str)  # type: ignore[misc]
        setattr(self.module, name, python)
        self.scalars[python] = strawberry.scalar(name=name, serialize=str, parse_value=parse, description=about)

    def enumeration(self, name: str, values: Iterable[str], about: str | None = None) -> type[enum.Enum]:
        members = enum.Enum(name, {value: value for value in values}, module=MODULE)  # type: ignore[misc]
        setattr(self.module, name, strawberry.enum(members, name=name, description=about))
        return members

    def output(self, name: str, fields: Mapping[str, Field], about: str | None = None) -> type:
        """An object type. Nothing resolves its fields: operations are compiled, and a resolver that ran would raise."""
        body: dict[str, Any] = {"__module__": MODULE, "__annotations__": {}}
        for field_name, field in fields.items():
            body[field_name] = strawberry.field(resolver=_resolver(field), description=field.about)
        return self._add(name, strawberry.type(type(name, (), body), name=name, description=about))

    def input(self, name: str, fields: Mapping[str, str], about: str | None = None) -> type:
        """An input type; what may be left out has no default, so that null and nothing can be told apart."""
        body: dict[str, Any] = {"__module__": MODULE, "__annotations__": dict(fields)}
        body.update({field: strawberry.UNSET for field, given in fields.items() if given.endswith(OPTIONAL)})
        return self._add(name, strawberry.input(type(name, (), body), name=name, description=about))

    def _add(self, name: str, made: type) -> type:
        setattr(self.module, name, made)
        return made


def _resolver(field: Field) -> Callable[..., NoReturn]:
    def resolve(**_: object) -> NoReturn:
        raise NotImplementedError("operations are compiled, not resolved")

    arguments = field.arguments or {}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=given, default=_default(field, name))
        for name, given in arguments.items()
    ]
    resolve.__module__, resolve.__annotations__ = MODULE, {**arguments, "return": field.returns}
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=field.returns)  # type: ignore[attr-defined]
    return resolve


def _default(field: Field, name: str) -> object:
    optional = (field.arguments or {})[name].endswith(OPTIONAL)
    return field.defaults.get(name, strawberry.UNSET if optional else inspect.Parameter.empty)
