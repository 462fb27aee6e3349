"""What the bench of GraphQL asks: every form of it is the same question, and the schema knows it."""

from itertools import islice
from typing import Any

import orjson
import pytest
from graphql import build_schema, parse, validate

from app.graphql_api.schema.served import served_schema
from benchmarks.data import CATEGORIES, STATUSES
from benchmarks.graphql import Taken, from_place, report
from benchmarks.load import Cell
from benchmarks.newest import STATEMENT, Case, Values, cases, texts
from benchmarks.resolvers import resolver_schema
from benchmarks.serving import Turn

CASES = {case.name: case for case in cases()}


def bodies(case: Case) -> list[dict[str, Any]]:
    return [orjson.loads(call.body or b"{}") for call in case.product]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_servers_of_graphql_know_what_is_asked(case: Case) -> None:
    document = parse(bodies(case)[0]["query"])
    assert validate(served_schema(), document) == []
    assert validate(build_schema(resolver_schema().as_str()), document) == []


def test_what_is_asked_of_the_limit_is_what_is_asked_of_the_product() -> None:
    for name in ("G3", "G4"):
        assert len(CASES[name].limit) == len(CASES[name].product)
    told = [orjson.loads(call.body or b"{}") for call in CASES["G3"].limit]
    assert [body["variables"] for body in bodies(CASES["G3"])] == told
    for body, call in zip(bodies(CASES["G4"]), CASES["G4"].limit, strict=True):
        assert body["query"] == Values(**orjson.loads(call.body or b"{}")).text()
    assert all(f"%({name})s" in STATEMENT for name in Values._fields)


def test_values_are_new_each_time() -> None:
    assert len({call.body for call in CASES["G3"].product}) == len(STATUSES) * CATEGORIES * 5 == 3_000
    assert len({body["query"] for body in bodies(CASES["G3"])}) == 1
    assert len({call.body for call in CASES["G4"].product}) == 1_000


def test_no_two_texts_of_the_soak_are_alike() -> None:
    found = list(islice(texts(), 2_000))
    assert len(set(found)) == 2_000
    assert all(validate(served_schema(), parse(text)) == [] for text in found[:2])


def test_a_turn_begins_elsewhere_and_leaves_nothing_out() -> None:
    calls = CASES["G4"].product
    assert from_place(calls, 0) == calls
    assert from_place(calls, 1_003) == [*calls[3:], *calls[:3]]


def test_the_table_has_a_line_for_each_case_and_ratios_of_each_turn() -> None:
    def cell(rate: float) -> Cell:
        return Cell(requests=1, per_second=rate, p50=0, p95=0, own_microseconds=0)

    taken = {
        "G1": Taken(
            [Turn(cell(80), cell(100)), Turn(cell(90), cell(100))], [Turn(cell(100), cell(8)), Turn(cell(90), cell(6))]
        ),
        "G4": Taken([Turn(cell(70), cell(100))], []),
    }
    assert list(report([CASES["G1"], CASES["G4"]], taken))[2:] == [
        "| G1 the values in the text | 85 | 100 | 7 | 0.85 [0.80-0.90] | 13.75 [12.50-15.00] |",
        "| G4 1,000 texts | 70 | 100 | - | 0.70 [0.70-0.70] | - |",
    ]
