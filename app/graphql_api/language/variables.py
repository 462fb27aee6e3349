"""Variables: coerced by their types, then split into what the statement depends on and what it only binds."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    type_from_ast,
)
from graphql.execution.values import get_variable_values

from app.graphql_api.errors import OverLimit, Rejected, SeverallyRejected
from app.graphql_api.language.limits import Limits
from app.graphql_api.language.values import ABSENT, Ref
from app.graphql_api.language.wording import wrong_variable

MOST_ERRORS = 10
BOUND = "."


class Variables(NamedTuple):
    """``values`` as coerced; ``known`` the same with a `Ref` for everything that is only bound; ``shape`` all the
    rest: which keys, which nulls, how many items. Operations that share a document and a shape share a statement."""

    values: Mapping[str, Any]
    known: Mapping[str, Any]
    shape: Hashable


NONE = Variables({}, {}, ())


def read_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any], limits: Limits
) -> Variables:
    """Raises `Rejected` for values that are undeclared, missing, of another type, or too many."""
    declared = operation.variable_definitions or ()
    _refuse_undeclared({node.variable.name.value for node in declared}, given)
    if not declared:
        return NONE
    if (found := _count(given, limits.variable_values)) > limits.variable_values:
        raise OverLimit("variable_values", limits.variable_values, found, "values in variables", "$.variableValues")
    coerced = get_variable_values(schema, declared, dict(given), max_errors=MOST_ERRORS)
    if isinstance(coerced, list):
        raise SeverallyRejected([wrong_variable(error) for error in coerced])
    types = {node.variable.name.value: type_from_ast(schema, node.type) for node in declared}
    return _split(types, coerced.coerced)


def _split(types: Mapping[str, Any], values: Mapping[str, Any]) -> Variables:
    known, shapes = {}, []
    for name, kind in types.items():
        if name in values:
            known[name], shape = _skeleton(values[name], kind, (name,))
        else:
            known[name], shape = ABSENT, ABSENT
        shapes.append(shape)
    return Variables(values, known, tuple(shapes))


def _skeleton(value: Any, kind: GraphQLInputType, path: tuple[str | int, ...]) -> tuple[Any, Hashable]:
    """The value with references, and its shape."""
    of = get_nullable_type(kind)
    if value is None:
        return None, None
    if is_list_type(of):
        return _list(value, get_nullable_type(of.of_type), path)
    if is_input_object_type(of):
        parts = {key: _skeleton(item, of.fields[key].type, (*path, key)) for key, item in value.items()}
        return {key: part[0] for key, part in parts.items()}, tuple((key, part[1]) for key, part in parts.items())
    if is_enum_type(of) or isinstance(value, bool):
        return value, value  # the statement may depend on it
    return Ref(path), BOUND


def _list(value: list[Any], item: Any, path: tuple[str | int, ...]) -> tuple[Any, Hashable]:
    if not (is_input_object_type(item) or is_enum_type(item)):
        return Ref(path), "[]"  # one array, however long
    parts = [_skeleton(part, item, (*path, index)) for index, part in enumerate(value)]
    return [part[0] for part in parts], tuple(part[1] for part in parts)


def _refuse_undeclared(declared: set[str], given: Mapping[str, Any]) -> None:
    if unknown := sorted(given.keys() - declared):
        raise Rejected(f"unexpected variables in variableValues: {', '.join(unknown)}", "$.variableValues")


def _count(value: object, most: int) -> int:
    """How many values there are in all; not counted on far beyond ``most``."""
    found, waiting = 0, [value]
    while waiting and found <= most:
        part = waiting.pop()
        items = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
        found += len(items)
        waiting.extend(items)
    return found
