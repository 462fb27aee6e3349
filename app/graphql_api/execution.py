"""From a request to the bytes of its answer, with what was worked out before kept at hand."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from threading import Lock
from typing import Any, NamedTuple

import orjson
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)
from graphql.execution.collect_fields import GroupedFieldSet

from app.graphql_api.compiler.operation import Plan, compiled
from app.graphql_api.compiler.selections import object_type, selected_roots
from app.graphql_api.compiler.statement import LOOKUPS, READER, Statement
from app.graphql_api.deadline import Deadline
from app.graphql_api.errors import OverLimit
from app.graphql_api.language.documents import Document, read_document
from app.graphql_api.language.limits import Limits
from app.graphql_api.language.variables import Variables, read_variables
from app.graphql_api.language.wording import invalid
from app.graphql_api.reading import ended_in_time, read_answer
from app.graphql_api.schema.served import QUERY, served_schema
from app.identity.audience import Audience, Sources
from app.search.queries.wanted import EXACT_TOTAL

# A parsed document takes some 12 KiB, a plan 3; a long one takes the place of several.
DOCUMENTS, PLANS, INTROSPECTIONS = 256, 2_000, 32
CHARACTERS_OF_DOCUMENT, CHARACTERS_OF_PLAN, BYTES_OF_SCHEMA = 1_024, 2_048, 1_048_576
# Longer texts are worked through each time: what is kept must not grow with what is sent.
LONGEST_KEPT = 16_384
OF_SCHEMA = ("__schema", "__type")


class Request(NamedTuple):
    """One operation that is asked for."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None = None


class Answer(NamedTuple):
    """``data`` as JSON, and what it cost."""

    data: bytes
    cost: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan for the data, what was found out about the schema, and in which order their members come."""

    plan: Plan | None
    introspected: Mapping[str, bytes] | None
    keys: tuple[str, ...]

    @property
    def weight(self) -> int:
        """The place that it takes among those that are kept."""
        return 1 + len(self.plan.sql) // CHARACTERS_OF_PLAN if self.plan else 1


class Ready(NamedTuple):
    """An operation with its values, good for every audience with the same sources, whatever is stored."""

    prepared: Prepared
    values: Mapping[str, Any]
    cost: int

    @property
    def only_data(self) -> bool:
        """Whether it asks for nothing about the schema, which is long and seldom asked for."""
        return not self.prepared.introspected


class Kept:
    """Some results, together of the weight ``most``; the least used are forgotten."""

    def __init__(self, most: int) -> None:
        self._found: LRUCache[Hashable, tuple[Any, int]] = LRUCache(most, getsizeof=itemgetter(1))
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        with self._lock:
            found = self._found.get(key)
        return found[0] if found else None

    def put(self, key: Hashable, value: object, weight: int = 1) -> None:
        """One that is heavier than all may be together is not kept."""
        with self._lock:
            if weight <= self._found.maxsize:
                self._found[key] = value, weight


class Engine:
    """Answers operations within limits. Threads share one. ``timeout``: the seconds that a statement may take; None:
    as long as any other."""

    def __init__(
        self,
        limits: Limits,
        *,
        introspection: bool = True,
        exact_total: int = EXACT_TOTAL,
        timeout: int | None = None,
    ) -> None:
        self.limits, self._introspection, self._exact_total = limits, introspection, exact_total
        self.timeout = timeout
        self._documents, self._prepared, self._of_schema = Kept(DOCUMENTS), Kept(PLANS), Kept(INTROSPECTIONS)

    @property
    def schema(self) -> GraphQLSchema:
        return served_schema()

    def answer(self, request: Request, audience: Audience) -> Answer:
        """Raises `Rejected`."""
        return self.run(self.ready(request, audience.sources), audience)

    def ready(self, request: Request, sources: Sources) -> Ready:
        """All that can be done without the database. Raises `Rejected`."""
        document = self.document(request.query)
        operation = document.operation(request.operation_name)
        variables = read_variables(self.schema, operation, request.variables, self.limits)
        prepared = self._prepare(request, document, operation, variables, sources)
        return Ready(prepared, variables.values, self._price(prepared.plan, variables.values))

    def run(self, ready: Ready, audience: Audience) -> Answer:
        """What is stored now. Raises `Rejected`."""
        prepared = ready.prepared
        if prepared.plan is None:
            return Answer(orjson.dumps(_members(prepared.introspected)), 0)
        data = self._read(prepared.plan, ready.values, audience)
        return Answer(_together(prepared, data) if prepared.introspected else data, ready.cost)

    def document(self, text: str) -> Document:
        """Raises `Rejected` for a text that can't be answered."""
        found: Document | None = self._documents.get(text)
        if found is None:
            found = read_document(self.schema, text, self.limits, introspection=self._introspection)
            if len(text) <= LONGEST_KEPT:
                self._documents.put(text, found, 1 + len(text) // CHARACTERS_OF_DOCUMENT)
        return found

    def _prepare(
        self,
        request: Request,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Variables,
        sources: Sources,
    ) -> Prepared:
        key = (request.query, request.operation_name, variables.shape, sources)
        found: Prepared | None = self._prepared.get(key) or self._of_schema.get(key)
        if found is None:
            statement = Statement(self.schema, operation, document.fragments, variables.known, sources, self.limits)
            found = _prepared(statement, document, request.variables)
            if len(request.query) <= LONGEST_KEPT:
                self._keep(key, found, variables)
        return found

    def _keep(self, key: Hashable, found: Prepared, variables: Variables) -> None:
        """What is said of the schema is long, and depends on the values too, which no key holds."""
        if found.introspected is None:
            self._prepared.put(key, found, found.weight)
        elif not variables.values and _length(found.introspected) <= BYTES_OF_SCHEMA:
            self._of_schema.put(key, found)

    def _price(self, plan: Plan | None, values: Mapping[str, Any]) -> int:
        cost = plan.price(values) if plan else 0
        if cost > self.limits.cost:
            raise OverLimit("cost", self.limits.cost, cost, "rows to touch (as estimated; smaller limits help)")
        return cost

    def _read(self, plan: Plan, given: Mapping[str, Any], audience: Audience) -> bytes:
        values: dict[str, Any] = {**given, READER: audience.reader}
        with ended_in_time(self.timeout):
            values[LOOKUPS] = self._looked_up(plan, values, audience)
            return read_answer(plan.sql, plan.bound(values))

    def _looked_up(self, plan: Plan, values: Mapping[str, Any], audience: Audience) -> list[Mapping[str, object]]:
        deadline = Deadline(self.timeout)
        return [lookup(values, audience, self._exact_total, deadline) for lookup in plan.lookups]


def _prepared(statement: Statement, document: Document, given: Mapping[str, Any]) -> Prepared:
    try:
        return _worked_out(statement, document, given)
    except GraphQLError as error:  # a variable is null where only its default may stand
        raise invalid(document.node, error) from error


def _worked_out(statement: Statement, document: Document, given: Mapping[str, Any]) -> Prepared:
    fields = selected_roots(statement, object_type(statement, QUERY))
    of_schema = {key: details for key, details in fields.items() if details[0].node.name.value in OF_SCHEMA}
    of_data = {key: details for key, details in fields.items() if key not in of_schema}
    introspected = _introspected(statement, document, of_schema, given) if of_schema else None
    plan = compiled(statement, of_data) if of_data or not of_schema else None
    return Prepared(plan, introspected, tuple(fields))


def _introspected(
    statement: Statement, document: Document, fields: GroupedFieldSet, given: Mapping[str, Any]
) -> Mapping[str, bytes]:
    """What graphql-core tells about the schema, as JSON; no resolver of ours runs."""
    nodes = tuple(detail.node for details in fields.values() for detail in details)
    operation = OperationDefinitionNode(
        operation=statement.operation.operation,
        selection_set=SelectionSetNode(selections=nodes),
        variable_definitions=statement.operation.variable_definitions,
    )
    only = DocumentNode(definitions=(operation, *document.fragments))
    result = execute_sync(statement.schema, only, variable_values=dict(given))
    if result.errors:
        raise invalid(document.node, result.errors[0])
    return {key: orjson.dumps(value) for key, value in (result.data or {}).items()}


def _length(introspected: Mapping[str, bytes]) -> int:
    return sum(map(len, introspected.values()))


def _members(introspected: Mapping[str, bytes] | None) -> dict[str, orjson.Fragment]:
    return {key: orjson.Fragment(value) for key, value in (introspected or {}).items()}


def _together(prepared: Prepared, data: bytes) -> bytes:
    """Data and schema in one object, in the order of the request."""
    parts = {**orjson.loads(data), **_members(prepared.introspected)}
    return orjson.dumps({key: parts[key] for key in prepared.keys})
