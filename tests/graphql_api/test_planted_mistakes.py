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
from tests.graphql_api.generator import Generator
from tests.graphql_api.grouped_generator import GroupedGenerator
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
PLANTED_IN_GROUPS = {
    "without tags there is no group": (r" LEFT JOIN insight_tags ", " JOIN insight_tags "),
    "the calendar is that of UTC": (r"AT TIME ZONE \$\d+::text", "AT TIME ZONE 'UTC'"),
    "tokens are sorted as words": (r"array_position\(ARRAY\[[^]]*\]::text\[\], ([\w.]+)::text\)", r"\1"),
    "names are sorted as they are written": (r"folded\(", "text("),
    "before an instant is up to it": (r" - interval '1 microsecond'", ""),
    "the widest bound decides": (r"SELECT max\(b\)", "SELECT min(b)"),
    "what is filled counts as one": (r"missing\.\*, 0,", "missing.*, 1,"),
    "null is filled, too": (r"(SELECT id AS k FROM \w+) UNION SELECT .*? IS NULL", r"\1 UNION SELECT NULL"),
    "units that share no day": (r"(each_\w+\.k) < \(\w+\.k \+ [^)]*\)(::date)?", r"\1 IS NOT NULL"),
}


def found_after(most: int, generator: type[Generator] = Generator) -> int | None:
    """After how many generated queries one is answered wrongly, or not at all."""
    engine = Engine(Limits())
    for number in range(most):
        try:
            Case.of(Random(number), generator).check(engine, *READERS[0])
        except (AssertionError, psycopg.Error):
            return number + 1
    return None


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_mistake_in_statements_is_found(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    plant(monkeypatch, *PLANTED[mistake])
    assert found_after(ENOUGH) is not None


@pytest.mark.parametrize("mistake", PLANTED_IN_GROUPS)
def test_a_mistake_in_groups_is_found(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    plant(monkeypatch, *PLANTED_IN_GROUPS[mistake])
    assert found_after(ENOUGH, GroupedGenerator) is not None


def plant(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    read: Callable[..., bytes] = execution.read_answer

    def read_wrongly(statement: str, parameters: Sequence[object]) -> bytes:
        return read(re.sub(right, wrong, statement), parameters)

    monkeypatch.setattr(execution, "read_answer", read_wrongly)


def test_a_shortcut_that_is_wrong_below_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def deeper(self: Position, statement: object, *, negative: bool = False) -> Position:
        """Forgets the NOT."""
        return self

    monkeypatch.setattr(Position, "deeper", deeper)
    assert found_after(ENOUGH) is not None
