"""Queries at random, with a leaning towards everything that a compiler may do in a way of its own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from tests.graphql_api.knowledge import TEXTS, Knowledge
from tests.graphql_api.oracle import COLUMNS, INT, MANY, ONE, TEXT, TIME
from tests.graphql_api.writing import Field, Given, Token

DIRECTIONS = ["asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last"]
NUMERIC = ["sum", "avg", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"]
FUNCTIONS = [*NUMERIC, "min", "max"]
GENERIC = ["_eq", "_neq", "_gt", "_gte", "_lt", "_lte", "_in", "_nin", "_is_null"]
PATTERNS = {
    "like": ["a", "%a%", "_", "__", "%", "a\\%b", "%\\_%", "%\\\\%", "A%", "%é%", "%\n%"],
    "ilike": ["A", "%A%", "É", "z%", "k-%"],
    "similar": ["a", "(a|b)%", "[a-z]+", "a_b", "%(ea|é)%"],
    "regex": ["a", "^a", "a$", "^.$", "[0-9]", "^$", "a|b", "\\\\"],
    "iregex": ["A", "^Z", "É", "[A-C]$"],
}
UNIQUE = {"insights": ["id", "public_id", "external_key"], "categories": ["id", "name", "slug"]}
UNIQUE["tags"] = UNIQUE["categories"]
LONG = "key_that_is_longer_than_the_sixty_three_bytes_that_postgres_keeps_of_a_name_"


class Generator:
    """Of one query after another; ``random`` decides everything."""

    def __init__(self, random: Random, knowledge: Knowledge) -> None:
        self.random = random
        self.rows: Mapping[str, list[dict[str, Any]]] = knowledge._asdict()
        self._relations = 0

    def query(self) -> list[Field]:
        self._relations = 12
        return self._named([self._root() for _ in range(self.random.choice([1, 1, 2, 3]))], "query_root")

    def _chance(self, chance: float) -> bool:
        return self.random.random() < chance

    def _more(self, depth: int, chance: float) -> bool:
        """Whether to go over one more relationship: less willingly the deeper, and not without end."""
        self._relations -= 1
        return depth > 0 and self._relations > 0 and self._chance(chance)

    def _named(self, fields: list[Field], kind: str) -> list[Field]:
        """Under keys of their own; at times with the name of their type."""
        if self._chance(0.15) or not fields:
            fields.insert(self.random.randrange(len(fields) + 1), Field("__typename", ""))
        return [
            Field(each.name, self._key(each.name, number), each.arguments, each.of, each.selection)
            for number, each in enumerate(fields)
        ]

    def _key(self, name: str, number: int) -> str:
        return (
            f"{self.random.choice(['k', 'id', 'count', 'T_', LONG])}{number}"
            if self._chance(0.6)
            else f"{name}_{number}"
        )

    def _root(self) -> Field:
        table = self.random.choice(["insights", "insights", "categories", "tags"])
        way = self.random.random()
        if way < 0.1:
            number = self.random.randrange(len(self.rows[table]) + 2)
            return Field(f"{table}_by_pk", "", {"id": Given("Int!", number)}, table, self._row(table, 3))
        return self._list(table, table, 3, aggregate=way < 0.45)

    def _list(self, name: str, table: str, depth: int, *, aggregate: bool) -> Field:
        arguments = self._arguments(table, depth)
        if not aggregate:
            return Field(name, "", arguments, table, self._row(table, depth))
        kind = f"{table}_aggregate"
        return Field(f"{name}_aggregate", "", arguments, kind, self._named(self._aggregate(table, depth), kind))

    def _row(self, table: str, depth: int) -> list[Field]:
        found = [Field(name, "") for name in self._some(COLUMNS[table])]
        for name, other in ONE[table].items():
            if self._more(depth, 0.4):
                found.append(Field(name, "", {}, other, self._row(other, depth - 1)))
        for name, other in MANY[table].items():
            if self._more(depth, 0.4):
                found.append(self._list(name, other, depth - 1, aggregate=self._chance(0.4)))
        return self._named(found, table)

    def _some(self, names: Any, most: int = 4) -> list[str]:
        return self.random.sample(list(names), self.random.randrange(1, most + 1))

    def _arguments(self, table: str, depth: int) -> dict[str, Given]:
        found = {
            "where": self._maybe(f"{table}_bool_exp", 0.6, lambda: self.where(table, 3)),
            "limit": self._maybe(INT, 0.4, lambda: Given(INT, self.random.choice([0, 1, 2, 3, 5, 100]))),
            "offset": self._maybe(INT, 0.25, lambda: Given(INT, self.random.choice([0, 1, 2, 5, 50]))),
        }
        distinct = self._some(COLUMNS[table], 2) if self._chance(0.2) else []
        cut = distinct or any(found[name] and found[name].value is not None for name in ("limit", "offset"))  # type: ignore[union-attr]
        if cut or self._chance(0.7):
            found["order_by"] = self._order(table, distinct)
        if distinct or self._chance(0.1):
            kind = f"{table}_select_column!"
            found["distinct_on"] = Given(f"[{kind}]", [Given(kind, Token(name)) for name in distinct])
        given = [(name, value) for name, value in found.items() if value]
        self.random.shuffle(given)
        return dict(given)

    def _maybe(self, kind: str, chance: float, make: Callable[[], Given]) -> Given | None:
        """At times a null, which means as little as nothing."""
        return make() if self._chance(chance) else Given(kind, None) if self._chance(0.1) else None

    # order

    def _order(self, table: str, distinct: list[str]) -> Given:
        first = self.random.sample(distinct, len(distinct))
        keys = [self._item(table, {name: self._direction()}) for name in first]
        keys += [self._key_of(table, 2) for _ in range(self.random.choice([0, 1, 1, 2]))]
        keys.append(self._item(table, {"id": Given("order_by", Token(self.random.choice(["asc", "desc"])))}))
        return Given(f"[{table}_order_by!]", keys)

    def _item(self, table: str, value: Mapping[str, Given], *, required: bool = True) -> Given:
        return Given(f"{table}_order_by{'!' if required else ''}", dict(value))

    def _direction(self) -> Given:
        return Given("order_by", Token(self.random.choice(DIRECTIONS)))

    def _key_of(self, table: str, depth: int) -> Given:
        return self._item(table, self._by(table, depth))

    def _by(self, table: str, depth: int) -> dict[str, Given]:
        if ONE[table] and depth and self._chance(0.3):
            [(name, other)] = ONE[table].items()
            return {name: self._item(other, self._by(other, depth - 1), required=False)}
        if self._chance(0.35):
            name, other = self.random.choice(list(MANY[table].items()))
            return {f"{name}_aggregate": Given(f"{other}_aggregate_order_by", self._by_aggregate(other))}
        name = self.random.choice(list(COLUMNS[table]))
        return {name: Given("order_by", None) if self._chance(0.05) else self._direction()}

    def _by_aggregate(self, table: str) -> dict[str, Given]:
        if self._chance(0.4):
            return {"count": self._direction()}
        function = self.random.choice(FUNCTIONS)
        column = self.random.choice(self._columns(table, function))
        return {function: Given(f"{table}_{function}_order_by", {column: self._direction()})}

    def _columns(self, table: str, function: str) -> list[str]:
        kinds = (INT,) if function in NUMERIC else (INT, TEXT, TIME)
        return [name for name, kind in COLUMNS[table].items() if kind in kinds]

    # aggregates

    def _aggregate(self, table: str, depth: int) -> list[Field]:
        found = []
        if self._chance(0.85):
            kind = f"{table}_aggregate_fields"
            parts = [self._count(table) if self._chance(0.5) else self._function(table) for _ in range(self._upto(3))]
            found.append(Field("aggregate", "", {}, kind, self._named(parts, kind)))
        if self._chance(0.5):
            found.append(Field("nodes", "", {}, table, self._row(table, depth - 1)))
        self.random.shuffle(found)
        return found

    def _upto(self, most: int) -> int:
        return self.random.randrange(most) + 1

    def _function(self, table: str) -> Field:
        function = self.random.choice(FUNCTIONS)
        columns = self._columns(table, function)
        fields = [Field(name, "") for name in self._some(columns, min(3, len(columns)))]
        kind = f"{table}_{function}_fields"
        return Field(function, "", {}, kind, self._named(fields, kind))

    def _count(self, table: str) -> Field:
        return Field("count", "", self._counting(table, "columns"))

    def _counting(self, table: str, columns: str) -> dict[str, Given]:
        kind = f"{table}_select_column!"
        names = [
            Given(kind, Token(name))
            for name in self.random.sample(list(COLUMNS[table]), self.random.choice([0, 1, 1, 2]))
        ]
        found = {
            columns: self._maybe(f"[{kind}]", 0.7, lambda: Given(f"[{kind}]", names)),
            "distinct": self._maybe("Boolean", 0.6, lambda: Given("Boolean", self._chance(0.7))),
        }
        return {name: given for name, given in found.items() if given}

    # conditions

    def where(self, table: str, depth: int, *, required: bool = False) -> Given:
        parts = dict(self._condition(table, depth) for _ in range(self.random.choice([0, 1, 1, 1, 1, 2, 2, 3])))
        return Given(f"{table}_bool_exp{'!' if required else ''}", parts)

    def _condition(self, table: str, depth: int) -> tuple[str, Given]:
        way = self.random.random()
        if depth and way < 0.25:
            items = [self.where(table, depth - 1, required=True) for _ in range(self.random.choice([0, 1, 2, 2, 3]))]
            return self.random.choice(["_and", "_or"]), Given(f"[{table}_bool_exp!]", items)
        if depth and way < 0.4:
            inverted = self._inverted(table) if ONE[table] and self._chance(0.3) else self.where(table, depth - 1)
            return "_not", inverted
        if way < 0.65 and self._more(depth, 1):
            return self._related(table, depth)
        name = self.random.choice(list(COLUMNS[table]))
        return name, self.comparison(table, name)

    def _related(self, table: str, depth: int) -> tuple[str, Given]:
        if self._chance(0.3):
            name, other = self.random.choice(list(MANY[table].items()))
            return f"{name}_aggregate", self._counted(other, depth)
        name, other = self.random.choice([*ONE[table].items(), *MANY[table].items()])
        inner = self.where(other, depth - 1)
        if self._chance(0.4):
            inner = Given(inner.kind, inner.value | self._by_key(other) if self._chance(0.3) else self._by_key(other))
        return name, inner

    def _by_key(self, table: str) -> dict[str, Given]:
        """What names one row: it may be looked for first."""
        name = self.random.choice(UNIQUE[table])
        value, kind = self.random.choice(self.rows[table])[name] or "none", COLUMNS[table][name]
        return {name: Given(f"{kind}_comparison_exp", {"_eq": Given(kind, self._plain(value))})}

    def _inverted(self, table: str) -> Given:
        """Below a NOT it may not: nothing related must be false, and not unknown."""
        [(name, other)] = ONE[table].items()
        return Given(f"{table}_bool_exp", {name: Given(f"{other}_bool_exp", self._by_key(other))})

    def _counted(self, table: str, depth: int) -> Given:
        number = Given("Int_comparison_exp!", self._compared(INT, lambda: self.random.choice([0, 0, 1, 2, 3])))
        asked = {"predicate": number, **self._counting(table, "arguments")}
        if self._chance(0.4):
            asked["filter"] = self.where(table, depth - 1)
        return Given(f"{table}_aggregate_bool_exp", {"count": Given(f"{table}_aggregate_bool_exp_count", asked)})

    def comparison(self, table: str, name: str) -> Given:
        kind = COLUMNS[table][name]
        values = [row[name] for row in self.rows[table] if row.get(name) is not None] or [2]
        return Given(f"{kind}_comparison_exp", self._compared(kind, lambda: self._any(kind, values)))

    def _any(self, kind: str, values: list[Any]) -> Any:
        return self.random.choice(TEXTS if kind == TEXT and self._chance(0.2) else values)

    def _plain(self, value: Any) -> Any:
        """As a request has it: times and UUIDs as texts."""
        if isinstance(value, int):
            return value
        return value.isoformat() if isinstance(value, datetime) else str(value)

    def _compared(self, kind: str, value: Callable[[], Any]) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for _ in range(self.random.choice([0, 1, 1, 1, 1, 1, 2])):
            if kind == TEXT and self._chance(0.35):
                name = self.random.choice(list(PATTERNS))
                pattern = Given(TEXT, self.random.choice(PATTERNS[name]))
                found[f"_{self.random.choice(['', 'n'])}{name}"] = pattern
                continue
            operator = self.random.choice(GENERIC)
            found[operator] = self._operand(kind, operator, value)
        return found

    def _operand(self, kind: str, operator: str, value: Callable[[], Any]) -> Given:
        if operator == "_is_null":
            return Given("Boolean", self._chance(0.5))
        if operator in ("_in", "_nin"):
            items = [Given(f"{kind}!", self._plain(value())) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
            return Given(f"[{kind}!]", items)
        return Given(kind, self._plain(value()))
