"""The types of one table: its rows, its conditions, its orders, its aggregates."""

from collections.abc import Iterator, Mapping

from app.graphql_api.model import AGGREGATES, AVERAGES, TABLES, Column, Kind, Relationship, Table, aggregated
from app.graphql_api.schema.building import Field, Types

GENERIC = ("_eq", "_neq", "_gt", "_gte", "_lt", "_lte")
PATTERNS = ("like", "ilike", "similar", "regex", "iregex")
TEXT_OPERATORS = (*(f"_{name}" for name in PATTERNS), *(f"_n{name}" for name in PATTERNS))
LISTS = ("_in", "_nin")
ORDERS = ("asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last")


def add_shared(types: Types, kinds: Mapping[str, Kind]) -> None:
    """What all tables use: the directions of an order, and the comparisons with each scalar."""
    types.enumeration("order_by", ORDERS, "Nulls are larger than any value, unless said otherwise.")
    for kind in kinds.values():
        types.input(f"{kind.scalar}_comparison_exp", dict(_comparisons(kind)), "All that are given must hold.")


def add_table(types: Types, table: Table) -> None:
    """Everything that is named after one table."""
    name = table.name
    types.enumeration(f"{name}_select_column", table.columns)
    types.input(f"{name}_bool_exp", dict(_conditions(table)), "All that are given must hold; an empty one always does.")
    types.input(f"{name}_order_by", dict(_orders(table)))
    count = {
        "arguments": f"list[{name}_select_column] | None",
        "distinct": "Boolean | None",
        "filter": f"{name}_bool_exp | None",
        "predicate": "Int_comparison_exp",
    }
    types.input(f"{name}_aggregate_bool_exp_count", count)
    types.input(f"{name}_aggregate_bool_exp", {"count": f"{name}_aggregate_bool_exp_count | None"})
    _add_aggregates(types, table)
    types.output(name, dict(row_fields(table)))


def list_arguments(name: str) -> dict[str, str]:
    """What every list of a table's rows takes."""
    return {
        "where": f"{name}_bool_exp | None",
        "order_by": f"list[{name}_order_by] | None",
        "limit": "Int | None",
        "offset": "Int | None",
        "distinct_on": f"list[{name}_select_column] | None",
    }


def row_fields(table: Table) -> Iterator[tuple[str, Field]]:
    """The columns and relationships of a row."""
    for column in table.columns.values():
        yield column.name, Field(_output(column), about=column.about)
    for found in table.relationships.values():
        if not found.many:
            yield found.name, Field(f"{found.table} | None", about=found.about)
            continue
        yield found.name, Field(f"list[{found.table}]", list_arguments(found.table), found.about)
        yield f"{found.name}_aggregate", Field(f"{found.table}_aggregate", list_arguments(found.table))


def _output(column: Column) -> str:
    return f"{column.kind.scalar} | None" if column.nullable else column.kind.scalar


def _comparisons(kind: Kind) -> Iterator[tuple[str, str]]:
    for operator in GENERIC + (TEXT_OPERATORS if kind.text else ()):
        yield operator, f"{kind.scalar} | None"
    for operator in LISTS:
        yield operator, f"list[{kind.scalar}] | None"
    yield "_is_null", "Boolean | None"


def _conditions(table: Table) -> Iterator[tuple[str, str]]:
    own = f"{table.name}_bool_exp"
    yield from {"_and": f"list[{own}] | None", "_not": f"{own} | None", "_or": f"list[{own}] | None"}.items()
    for column in table.columns.values():
        yield column.name, f"{column.kind.scalar}_comparison_exp | None"
    for found in table.relationships.values():
        yield found.name, f"{found.table}_bool_exp | None"
        if found.many:
            yield f"{found.name}_aggregate", f"{found.table}_aggregate_bool_exp | None"


def _orders(table: Table) -> Iterator[tuple[str, str]]:
    for name in table.columns:
        yield name, "order_by | None"
    for found in table.relationships.values():
        yield _order_of(found)


def _order_of(found: Relationship) -> tuple[str, str]:
    if found.many:
        return f"{found.name}_aggregate", f"{found.table}_aggregate_order_by | None"
    return found.name, f"{found.table}_order_by | None"


def _add_aggregates(types: Types, table: Table) -> None:
    name = table.name
    fields = {"count": Field("Int", {"columns": f"list[{name}_select_column] | None", "distinct": "Boolean | None"})}
    orders = {"count": "order_by | None"}
    for function in AGGREGATES:
        columns = aggregated(table, function)
        types.output(f"{name}_{function}_fields", {c.name: Field(_aggregate(c, function)) for c in columns})
        types.input(f"{name}_{function}_order_by", {column.name: "order_by | None" for column in columns})
        fields[function] = Field(f"{name}_{function}_fields | None")
        orders[function] = f"{name}_{function}_order_by | None"
    types.output(f"{name}_aggregate_fields", fields)
    types.input(f"{name}_aggregate_order_by", orders)
    nodes = {"aggregate": Field(f"{name}_aggregate_fields | None"), "nodes": Field(f"list[{name}]")}
    types.output(f"{name}_aggregate", nodes)


def _aggregate(column: Column, function: str) -> str:
    return "Float | None" if function in AVERAGES else f"{column.kind.scalar} | None"


def add_tables(types: Types) -> None:
    """Every table of the model, and what they share."""
    kinds = {column.kind.scalar: column.kind for table in TABLES.values() for column in table.columns.values()}
    add_shared(types, kinds)
    for table in TABLES.values():
        add_table(types, table)
