"""What can be queried: tables, their columns, and how they hang together. Types, conditions and SQL follow from here.

``source`` and ``on`` are SQL with the aliases ``{row}``, ``{parent}`` and ``{link}``; ``{table}`` is what the audience
sees of the table.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from app.identity.audience import Sources


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of columns: its GraphQL scalar, its type in SQL, and what can be done with it."""

    scalar: str
    sql: str
    numeric: bool = False
    text: bool = False
    ordered: bool = True  # min and max are known


INT = Kind("Int", "int4", numeric=True)
TEXT = Kind("String", "text", text=True)
TIME = Kind("timestamptz", "timestamptz")
UUID = Kind("uuid", "uuid", ordered=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Of a ``unique`` one a value names one row, and ``about`` says what the name can't."""

    name: str
    kind: Kind = TEXT
    nullable: bool = False
    unique: bool = False
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """The way to rows of another table: of one of them, or of ``many``, typically ``fan_out``.

    ``key`` is the parent's column that holds the other's id; ``link`` the table through which both are linked, its
    column for the parent and its column for the other.
    """

    name: str
    table: str
    fan_out: int = 1
    many: bool = True
    on: str = "true"
    source: str = "{table} {row}"
    key: str | None = None
    link: tuple[str, str, str] | None = None
    about: str | None = None


def _as_it_is(table: str) -> "Source":
    return lambda sources, used: table


Source = Callable[[Sources, Set[str]], str]
AGGREGATE = "_aggregate"


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``source`` says where its rows are read for an audience, given which columns are used; ``rows`` is how
    many there are typically. Of a ``guarded`` one not every audience sees every row."""

    name: str
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship]
    rows: int
    source: Source = field(compare=False)
    guarded: bool = False

    def aggregated(self, field_name: str) -> Relationship:
        """The relationship whose aggregate a field or a condition is about."""
        return self.relationships[field_name.removesuffix(AGGREGATE)]

    @classmethod
    def of(
        cls,
        name: str,
        columns: tuple[Column, ...],
        relationships: tuple[Relationship, ...],
        rows: int,
        source: Source | None = None,
        *,
        guarded: bool = False,
    ) -> "Table":
        named = {column.name: column for column in columns}
        read = source or _as_it_is(name)
        return cls(name, named, {found.name: found for found in relationships}, rows, read, guarded)


def _insights_seen(sources: Sources, used: Set[str]) -> str:
    return "insights" if sources.sees == "true" else f"(SELECT i.* FROM insights i WHERE {sources.sees})"


def _tags_seen(sources: Sources, used: Set[str]) -> str:
    """Who doesn't ask how often a tag is used doesn't pay for counting it."""
    return sources.tags if "usage_count" in used else "tags"


def _one(name: str, table: str, key: str, about: str | None = None) -> Relationship:
    return Relationship(name, table, many=False, on=f"{{row}}.id = {{parent}}.{key}", key=key, about=about)


def _linked(name: str, table: str, own: str, other: str, fan_out: int) -> Relationship:
    source = f"{{table}} {{row}} JOIN insight_tags {{link}} ON {{link}}.{other} = {{row}}.id"
    on = f"{{link}}.{own} = {{parent}}.id"
    return Relationship(name, table, fan_out, on=on, source=source, link=("insight_tags", own, other))


# Of a category's own row and all below it.
SUBTREE = """
(WITH RECURSIVE below AS (SELECT {parent}.id UNION ALL
   SELECT child.id FROM categories child JOIN below ON child.parent_id = below.id)
 SELECT c.* FROM categories c JOIN below USING (id)) {row}"""

INSIGHTS = Table.of(
    "insights",
    (
        Column("id", INT, unique=True),
        Column("public_id", UUID, unique=True, about="The same in every installation that the insight is copied to."),
        Column("external_key", nullable=True, unique=True, about="What another system calls it."),
        Column("title"),
        Column("description"),
        Column("content", nullable=True, about="Markdown."),
        Column("source", nullable=True),
        Column("author"),
        Column("category_id", INT, nullable=True),
        Column("priority", about="low, medium, high or critical."),
        Column("status", about="draft, published or archived."),
        Column("visibility", about="PUBLIC, INTERNAL, RESTRICTED or ANONYMISED."),
        Column("version", INT, about="Rises with every change."),
        Column("created_at", TIME),
        Column("updated_at", TIME),
        Column("published_at", TIME, nullable=True, about="When it was first published; null while it never was."),
    ),
    (_one("category", "categories", "category_id"), _linked("tags", "tags", "insight_id", "tag_id", 3)),
    rows=10_000,
    source=_insights_seen,
    guarded=True,
)
CATEGORIES = Table.of(
    "categories",
    (
        Column("id", INT, unique=True),
        Column("name", unique=True),
        Column("slug", unique=True),
        Column("description", nullable=True),
        Column("parent_id", INT, nullable=True),
        Column("color", nullable=True, about="# and six hexadecimal digits."),
        Column("icon", nullable=True),
        Column("created_at", TIME),
        Column("updated_at", TIME),
        Column("version", INT, about="Rises with every change."),
    ),
    (
        _one("parent", "categories", "parent_id"),
        Relationship("children", "categories", 5, on="{row}.parent_id = {parent}.id"),
        Relationship("insights", "insights", 100, on="{row}.category_id = {parent}.id", about="Those directly in it."),
        Relationship("subtree", "categories", 10, source=SUBTREE, about="The category itself and all below it."),
    ),
    rows=100,
)
TAGS = Table.of(
    "tags",
    (
        Column("id", INT, unique=True),
        Column("name", unique=True),
        Column("slug", unique=True),
        Column("description", nullable=True),
        Column("color", nullable=True, about="# and six hexadecimal digits."),
        Column("created_at", TIME),
        Column("usage_count", INT, about="How many insights that you see carry it."),
        Column("version", INT, about="Rises with every change."),
    ),
    (_linked("insights", "insights", "tag_id", "insight_id", 60),),
    rows=500,
    source=_tags_seen,
)
TABLES: Mapping[str, Table] = {table.name: table for table in (INSIGHTS, CATEGORIES, TAGS)}

AVERAGES = ("avg", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp")
NUMERIC_AGGREGATES = ("sum", *AVERAGES)
AGGREGATES = (*NUMERIC_AGGREGATES, "max", "min")


def aggregated(table: Table, function: str) -> tuple[Column, ...]:
    """The columns that an aggregate function can be asked of."""
    return tuple(
        column
        for column in table.columns.values()
        if (column.kind.numeric if function in NUMERIC_AGGREGATES else column.kind.ordered)
    )
