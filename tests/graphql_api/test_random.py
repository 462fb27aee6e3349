"""Generated queries, answered by the engine as by an evaluation in plain Python, for readers who see all or little."""

import json
import math
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.graphql_api.errors import OverLimit
from app.graphql_api.execution import Engine, Request
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.graphql_api.conftest import ENGINE
from tests.graphql_api.generator import Generator
from tests.graphql_api.grouped_generator import GroupedGenerator
from tests.graphql_api.grouped_oracle import GroupedOracle
from tests.graphql_api.knowledge import WORDS, Row, many
from tests.graphql_api.oracle import Bag, Oracle
from tests.graphql_api.writing import Field, Writer, with_other_values

KNOWLEDGE = many()
VIEWER = Audience.of([ROLES[Role.VIEWER]], reader=1)


def seen_by_viewer(row: Row) -> bool:
    """What is public or internal and no draft, and the drafts of one's own."""
    if row["status"] == "draft":
        return bool(row["owner_id"] == 1)
    return row["visibility"] in ("PUBLIC", "INTERNAL")


READERS = [(EVERYTHING, GroupedOracle(KNOWLEDGE)), (VIEWER, GroupedOracle(KNOWLEDGE, seen_by_viewer))]
SEEDS = st.integers(0, 2**32)
pytestmark = pytest.mark.usefixtures("plenty", "ask")


class Case:
    """One query, as it is written and as it is meant."""

    def __init__(self, selection: list[Field], writer: Writer) -> None:
        self.selection, self.variables = selection, writer.variables
        self.text = writer.document(selection)

    @classmethod
    def of(cls, random: Random, generator: type[Generator] = Generator) -> "Case":
        return cls(generator(random, KNOWLEDGE).query(), Writer(random))

    def check(self, engine: Engine, audience: Audience, oracle: Oracle) -> None:
        """A query that asks for too much is none that can be compared."""
        try:
            answer = json.loads(engine.answer(Request(self.text, self.variables), audience).data)
        except OverLimit:
            return
        found = difference(answer, oracle.answer(self.selection))
        assert found is None, f"{found}\n{self.text}\n{json.dumps(self.variables, ensure_ascii=False)}"


def difference(found: Any, expected: Any, place: str = "$") -> str | None:
    """Where two answers differ first; the order of members counts, and that of rows unless they have none."""
    if isinstance(expected, dict) and isinstance(found, dict) and list(found) == list(expected):
        parts = (difference(found[key], expected[key], f"{place}.{key}") for key in expected)
        return next((part for part in parts if part), None)
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        if isinstance(expected, Bag):
            found = _arranged(found, expected)
        pairs = enumerate(zip(found, expected, strict=True))
        return next((part for number, pair in pairs if (part := difference(*pair, f"{place}[{number}]"))), None)
    same = math.isclose(found, expected, rel_tol=1e-9) if _floats(found, expected) else found == expected
    alike = type(found) is type(expected) or _floats(found, expected)
    return None if same and alike else f"{place}: {found!r} instead of {expected!r}"


def _arranged(found: list[Any], expected: list[Any]) -> list[Any]:
    """What was found in the order of what is expected; what is not, at the end."""
    waiting, arranged = list(found), []
    for wanted in expected:
        place = next((number for number, row in enumerate(waiting) if difference(row, wanted) is None), None)
        if place is not None:
            arranged.append(waiting.pop(place))
    return arranged + waiting


def _floats(found: object, expected: object) -> bool:
    return isinstance(expected, float) and isinstance(found, float | int)


def runs(number: int) -> settings:
    """So many queries, the same ones each time. None is shortened: the message holds all of it."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@runs(300)
@given(SEEDS, st.sampled_from(READERS))
def test_any_query(seed: int, reader: tuple[Audience, Oracle]) -> None:
    Case.of(Random(seed)).check(ENGINE, *reader)


@runs(100)
@given(SEEDS, st.sampled_from(READERS))
def test_any_groups(seed: int, reader: tuple[Audience, Oracle]) -> None:
    Case.of(Random(seed), GroupedGenerator).check(ENGINE, *reader)


@runs(60)
@given(SEEDS, st.sampled_from(READERS))
def test_any_query_again_with_other_values(seed: int, reader: tuple[Audience, Oracle]) -> None:
    """Its statement is known from before, and binds what is given now."""
    random = Random(seed)
    first = Generator(random, KNOWLEDGE).query()
    values = {"Int": lambda: random.randrange(4), "String": lambda: random.choice(WORDS)}
    one, other = (
        Case(selection, Writer(Random(seed), by_variable=True))
        for selection in (first, with_other_values(first, values))
    )
    assert one.text == other.text
    one.check(ENGINE, *reader)
    other.check(ENGINE, *reader)
