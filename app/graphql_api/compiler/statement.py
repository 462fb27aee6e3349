"""A statement while it is made: what it binds, the names of its rows, and how much it may grow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from app.graphql_api.errors import Code, OverLimit, Rejected
from app.graphql_api.language.limits import Limits
from app.graphql_api.language.values import Ref, known
from app.graphql_api.lookups import SearchLookup
from app.identity.audience import Sources

READER, LOOKUPS = ":reader", ":lookups"  # beside the variables, whose names hold no colon
Check = Callable[[Any, str], None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What ``$n`` stands for: a constant or a reference, and where in the request it was given. ``check`` raises
    `Rejected` for a value that is none."""

    value: object
    place: str
    check: Check | None = None

    def text(self, variables: Mapping[str, Any]) -> object:
        """The value as Postgres reads it: always text, or a list of texts, so that a statement is prepared once."""
        value = known(self.value, variables)
        if self.check:
            self.check(value, self.place)
        if isinstance(value, list):
            return [self._one(item, variables) for item in value]
        return self._one(value, variables)

    def _one(self, value: object, variables: Mapping[str, Any]) -> str | None:
        found = known(value, variables)
        if found is None:
            return None
        text = str(found)
        if "\0" in text:
            raise Rejected("a text can't hold the character NUL", self.place, Code.DATA)
        return text


class Statement:
    """What the parts of one statement share. ``sources`` is what the audience sees."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Sequence[FragmentDefinitionNode],
        variables: Mapping[str, Any],
        sources: Sources,
        limits: Limits,
    ) -> None:
        self.schema, self.operation, self.sources, self.limits = schema, operation, sources, limits
        self.fragments = {node.name.value: FragmentDetails(node) for node in fragments}
        self.variables = VariableValues({}, dict(variables))
        self.parameters: list[Parameter] = []
        self.lookups: list[SearchLookup] = []
        self._reader: str | None = None
        self._rows = 0

    def bind(self, value: object, sql_type: str, place: str, check: Check | None = None) -> str:
        """A place for a value, as SQL."""
        self.parameters.append(Parameter(value, place, check))
        return f"${len(self.parameters)}::{sql_type}"

    def name(self) -> str:
        """A name for one more row. Everything that makes a statement grow asks here, whatever the way to it."""
        self._rows += 1
        if self._rows > self.limits.relations:
            raise OverLimit("relations", self.limits.relations, None, "lists, objects and conditions on other tables")
        return f"t{self._rows}"

    def seen(self, source: str) -> str:
        """A source of what the audience sees, with its reader bound."""
        if READER not in source:
            return source
        if self._reader is None:
            self._reader = self.bind(Ref((READER,)), "integer", "$")
        return source.replace(READER, self._reader)
