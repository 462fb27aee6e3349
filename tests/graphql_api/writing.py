"""A query as a structure, and the many ways to write the same one down."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any


class Token(str):
    """A member of an enumeration."""

    __slots__ = ()


@dataclass(frozen=True)
class Given:
    """A value of a GraphQL type: None, a scalar, a `Token`, a list or a mapping of such."""

    kind: str
    value: Any

    @property
    def plain(self) -> Any:
        if isinstance(self.value, list):
            return [item.plain for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain for key, item in self.value.items()}
        return self.value


@dataclass(frozen=True)
class Field:
    """A field under its ``key``. ``of`` is the type of what is selected of it; of a scalar nothing is."""

    name: str
    key: str
    arguments: Mapping[str, Given] = field(default_factory=dict)
    of: str = ""
    selection: Sequence["Field"] = ()


class Writer:
    """Writes at random what means the same: variables or literals, fragments, fields in two parts, noise.

    With ``by_variable`` the text holds no scalar, so that it is the same one for other values.
    """

    def __init__(self, random: Random, *, by_variable: bool = False) -> None:
        self.random, self.by_variable = random, by_variable
        self.variables: dict[str, Any] = {}
        self._declared: list[str] = []
        self._fragments: list[str] = []

    def document(self, selection: Sequence[Field]) -> str:
        body = self._selection("query_root", selection)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        head = f"query {self.random.choice(['', 'Q'])}{declared} " if declared or self._rarely() else ""
        return " ".join([f"{head}{body}", *self._fragments])

    def _rarely(self, chance: float = 0.15) -> bool:
        return self.random.random() < chance

    def _selection(self, kind: str, fields: Sequence[Field]) -> str:
        written = [self._field(each) for each in fields]
        if self._rarely():
            start = self.random.randrange(len(written))
            end = self.random.randrange(start, len(written)) + 1
            written[start:end] = [self._wrapped(kind, " ".join(written[start:end]))]
        if self._rarely():
            written.insert(self.random.randrange(len(written) + 1), self._noise())
        return "{ " + " ".join(written) + " }"

    def _wrapped(self, kind: str, inner: str) -> str:
        """The same in a fragment."""
        way = self.random.randrange(4)
        if way == 0:
            return f"... on {kind} {{ {inner} }}"
        if way == 1:
            return f"... {self._directive(shown=True)} {{ {inner} }}"
        name = f"f{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind} {{ {inner} }}")
        return f"...{name}" if way == 2 else f"...{name} {self._directive(shown=True)}"

    def _noise(self) -> str:
        """What is not shown."""
        directive = self._directive(shown=False)
        return self.random.choice([f"noise: __typename {directive}", f"... {directive} {{ noise: __typename }}"])

    def _directive(self, *, shown: bool) -> str:
        if self._rarely(0.5):
            return f"@skip(if: {self._flag(not shown)})"
        both = f" @skip(if: {self._flag(self.random.choice([False, not shown]))})" if self._rarely(0.5) else ""
        return f"@include(if: {self._flag(shown)}){both}"

    def _flag(self, value: bool) -> str:
        return self._value(Given("Boolean!", value))

    def _field(self, asked: Field) -> str:
        label = asked.name if asked.key == asked.name else f"{asked.key}: {asked.name}"
        given = ", ".join(f"{name}: {self._value(value)}" for name, value in asked.arguments.items())
        head = f"{label}({given})" if given else label
        if not asked.selection:
            return head
        if len(asked.selection) > 1 and self._rarely():
            middle = self.random.randrange(1, len(asked.selection))
            halves = asked.selection[:middle], asked.selection[middle:]
            return " ".join(f"{head} {self._selection(asked.of, half)}" for half in halves)
        return f"{head} {self._selection(asked.of, asked.selection)}"

    def _value(self, given: Given) -> str:
        scalar = not isinstance(given.value, list | dict)
        if self._rarely(0.25) or (self.by_variable and scalar):
            return self._variable(given)
        return self._literal(given)

    def _literal(self, given: Given, *, constant: bool = False) -> str:
        write = (lambda item: self._literal(item, constant=True)) if constant else self._value
        value = given.value
        if isinstance(value, list):
            if self._alone(value):
                return self._literal(value[0], constant=True)
            return f"[{', '.join(write(item) for item in value)}]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {write(item)}" for key, item in value.items()) + "}"
        if isinstance(value, Token):
            return value
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _text(self, value: str) -> str:
        plain = re.fullmatch(r"[\w%.\\$]+", value) and not value.endswith("\\")
        return f'"""{value}"""' if plain and self._rarely(0.3) else json.dumps(value, ensure_ascii=self._rarely(0.5))

    def _alone(self, items: list[Given]) -> bool:
        """Whether the only item stands for a list of one."""
        return len(items) == 1 and not self.by_variable and items[0].value is not None and self._rarely(0.4)

    def _variable(self, given: Given) -> str:
        name = f"v{len(self._declared)}"
        declared = f"${name}: {given.kind}"
        if given.value is None:
            self.variables |= self.random.choice([{}, {name: None}])  # null, or nothing at all
        elif not self.by_variable and self._rarely(0.3):
            declared += f" = {self._literal(given, constant=True)}"
        else:
            self.variables[name] = self._json(given)
        self._declared.append(declared)
        return f"${name}"

    def _json(self, given: Given) -> Any:
        if isinstance(given.value, list):
            return (
                self._json(given.value[0]) if self._alone(given.value) else [self._json(item) for item in given.value]
            )
        if isinstance(given.value, dict):
            return {key: self._json(item) for key, item in given.value.items()}
        return given.value


def with_other_values(fields: Sequence[Field], values: Mapping[str, Callable[[], Any]]) -> list[Field]:
    """The same query with others of the kinds that there are ``values`` of."""

    def other(given: Given) -> Given:
        value = given.value
        if isinstance(value, list):
            return Given(given.kind, [other(item) for item in value])
        if isinstance(value, dict):
            return Given(given.kind, {key: other(item) for key, item in value.items()})
        choose = values.get(given.kind.rstrip("!"))
        return given if value is None or choose is None else Given(given.kind, choose())

    return [
        Field(
            each.name,
            each.key,
            {name: other(given) for name, given in each.arguments.items()},
            each.of,
            with_other_values(each.selection, values),
        )
        for each in fields
    ]
