"""Documents: parsed, measured and checked once, then kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    VariablesInAllowedPositionRule,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.graphql_api.errors import OverLimit, Rejected, SeverallyRejected
from app.graphql_api.language.limits import Limits
from app.graphql_api.language.measuring import refuse_large
from app.graphql_api.language.wording import QUERY, invalid, syntax_error

MOST_ERRORS = 10
# Comments, names and texts of any length are few tokens, and half a second of reading for each million characters.
CHARACTERS_OF_TOKEN = 100
# Whether the same field may be selected twice is asked of each pair of them; graphql-core's own budget is seconds.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000
# To find the uses of variables a document is gone through once more, which takes a quarter of all rules' time.
OF_USES = {NoUndefinedVariablesRule, NoUnusedVariablesRule, VariablesInAllowedPositionRule}


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the schema can answer."""

    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Sequence[FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name; without a name the only one. Raises `Rejected`."""
        if name is None:
            if len(self.operations) != 1:
                raise Rejected(
                    "exactly one operation has to be present, or operationName has to say which one is meant"
                )
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise Rejected(f"no such operation found in the document: {name!r}")
        return self.operations[name]


def read_document(schema: GraphQLSchema, text: str, limits: Limits, *, introspection: bool = True) -> Document:
    """Raises `Rejected` for a text that is no document, or one that is too large or that the schema can't answer."""
    node = _parsed(text, limits)
    refuse_large(node, limits)
    rules = [rule for rule in specified_rules if "$" in text or rule not in OF_USES]
    if not introspection:
        rules.append(NoSchemaIntrospectionCustomRule)
    errors = validate(schema, node, rules, max_errors=MOST_ERRORS, allow_empty_selection_sets=False)
    if errors:
        raise SeverallyRejected([invalid(node, error) for error in errors[:MOST_ERRORS]])
    return _document(node)


def _parsed(text: str, limits: Limits) -> DocumentNode:
    if len(text) > (most := limits.tokens * CHARACTERS_OF_TOKEN):
        raise OverLimit("characters", most, len(text), "characters", QUERY)
    try:
        return parse(text, no_location=True, max_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        if "tokens" in error.message:
            raise OverLimit("tokens", limits.tokens, None, "words and signs", QUERY) from error
        raise syntax_error(error) from error
    except (GraphQLError, RecursionError) as error:
        raise Rejected(str(error) or "The document is nested too deeply.", QUERY) from error


def _document(node: DocumentNode) -> Document:
    found = [part for part in node.definitions if isinstance(part, OperationDefinitionNode)]
    operations = {part.name.value if part.name else None: part for part in found}
    if not operations:
        raise Rejected("The document has no operation.", QUERY)
    if any(not part.selection_set.selections for part in found):
        raise Rejected("A selection can't be empty.", QUERY)
    fragments = [part for part in node.definitions if isinstance(part, FragmentDefinitionNode)]
    return Document(node, operations, fragments)
