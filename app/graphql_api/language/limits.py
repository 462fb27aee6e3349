"""How much one operation may ask for."""

from typing import NamedTuple


class Limits(NamedTuple):
    """What is refused beyond. Each has its setting (docs/reference/graphql.md)."""

    tokens: int = 5_000  # of the document
    depth: int = 15  # of selections
    fields: int = 1_000  # with fragments written out
    breadth: int = 200  # of one selection
    nesting: int = 30  # of conditions
    where_relations: int = 10  # one inside another, in a condition
    relations: int = 300  # lists, objects and conditions on other tables, in all
    variable_values: int = 5_000
    cost: int = 1_000_000  # rows that may be touched, as estimated
    rows: int = 100_000  # of one list
    batch: int = 10  # operations of one request
