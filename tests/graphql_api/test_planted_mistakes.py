"""The generated queries see mistakes: each of these, planted into the statements, is found by a few of them."""

import re
from collections.abc import Callable, Sequence
from random import Random

import psycopg
import pytest

from app.graphql_api import execution
from app.graphql_api.compiler.conditions import Position
from app.graphql_api.execution import Engine
from app.graphql_api.language.limits import Limits
from tests.graphql_api.test_random import READERS, Case

pytestmark = pytest.mark.usefixtures("plenty", "ask")
# Each was found after fewer than a hundred.
ENOUGH = 150
# What stands in a statement, and what stands there by mistake.
PLANTED = {
    "desc with nulls last": (r" DESC(?! NULLS)", " DESC NULLS LAST"),
    "nulls are values like others": (r"<> (\$\d+)", r"IS DISTINCT FROM \1"),
    "nothing is null instead of a list": (r"'\[\]'", "null"),
    "not one group but one for each row": (r" GROUP BY \(\)", ""),
    "counts take values twice": (r"count\(DISTINCT ", "count("),
    "of a population": (r"(stddev|var)_samp", r"\1_pop"),
    "an offset that skips nothing": (r" OFFSET (\$\d+)::int8", r" OFFSET 0 * \1::int8"),
    "a limit of one more": (r" LIMIT (least\()?(\$\d+::int8)", r" LIMIT \1 1 + \2"),
    "parents come once for each child": (r"_link\.tag_id = t\d+\.id", "true"),
    "distinct rows are all rows": (r"DISTINCT ON \([^)]*\)", ""),
    "NOT of unknown is true": (r"NOT \(", "true IS DISTINCT FROM ("),
}


def found_after(most: int) -> int | None:
    """After how many generated queries one is answered wrongly, or not at all."""
    engine = Engine(Limits())
    for number in range(most):
        try:
            Case.of(Random(number)).check(engine, *READERS[0])
        except (AssertionError, psycopg.Error):
            return number + 1
    return None


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_mistake_in_statements_is_found(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    right, wrong = PLANTED[mistake]
    read: Callable[..., bytes] = execution.read_answer

    def read_wrongly(statement: str, parameters: Sequence[object], timeout: int | None = None) -> bytes:
        return read(re.sub(right, wrong, statement), parameters, timeout)

    monkeypatch.setattr(execution, "read_answer", read_wrongly)
    assert found_after(ENOUGH) is not None


def test_a_shortcut_that_is_wrong_below_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def deeper(self: Position, statement: object, *, negative: bool = False) -> Position:
        """Forgets the NOT."""
        return self

    monkeypatch.setattr(Position, "deeper", deeper)
    assert found_after(ENOUGH) is not None
