"""What explodes is refused, by a limit with a name, before it reaches the database."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from graphql import get_introspection_query

from app.config import Settings
from app.graphql_api import deadline
from app.graphql_api.answering import limits_of
from app.graphql_api.compiler import operation
from app.graphql_api.language.limits import Limits
from tests.answers import make_insight
from tests.graphql_api.asking import asked, data, error, errors, errors_of, limit


def levels(count: int) -> str:
    """A selection of so many levels, of one row each."""
    inner = "id"
    for level in range(count - 2, 0, -1):
        inner = f"category {{ {inner} }}" if level % 2 else f"insights(limit: 1) {{ {inner} }}"
    return f"{{ insights(limit: 1) {{ {inner} }} }}"


def negated(count: int) -> dict[str, Any]:
    where: dict[str, Any] = {"title": {"_eq": "x"}}
    for _ in range(count):
        where = {"_not": where}
    return where


def related(count: int) -> dict[str, Any]:
    where: dict[str, Any] = {}
    for level in range(count, 0, -1):
        where = {"category": where} if level % 2 else {"insights": where}
    return where


def literal(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(part)}" for name, part in value.items()) + "}"
    return f'"{value}"'


def where(condition: str) -> str:
    return f"{{ insights(where: {condition}) {{ id }} }}"


def bomb(levels: int, spread: str) -> str:
    """Fragments that each spread the next one twice."""
    parts = [f"fragment f{level} on categories {{ {spread.format(next=level + 1)} }}" for level in range(levels)]
    return "{ categories(limit: 1) { ...f0 } } " + " ".join(parts) + f" fragment f{levels} on categories {{ id }}"


IN = "query($l: [Int!]) { insights(where: {id: {_in: $l}}) { id } }"
WHERE = "query($w: insights_bool_exp) { insights(where: $w) { id } }"
COUNT, ONE = "insights_aggregate { aggregate { count } }", "insights_by_pk(id: 1) { id }"
ARGUMENTS = "__schema { types { fields { args { name } } } }"
CYCLE = "{ categories { insights { tags { insights { tags { insights { id } } } } } } }"
TEN_THOUSAND = list(range(10_000))
HOSTILE = {
    "cycles without limits": (CYCLE, None, "cost", 1_000_000),
    "levels of selections": (levels(22), None, "depth", 15),
    "many levels of selections": (levels(62), None, "depth", 15),
    "negations": (f"{{ insights(where: {literal(negated(60))}) {{ id }} }}", None, "nesting", 30),
    "many negations": (f"{{ insights(where: {literal(negated(150))}) {{ id }} }}", None, "nesting", 30),
    "negations by variable": (WHERE, {"w": negated(60)}, "nesting", 30),
    "relations": (f"{{ insights(where: {literal(related(30))}) {{ id }} }}", None, "where_relations", 10),
    "many relations": (f"{{ insights(where: {literal(related(60))}) {{ id }} }}", None, "where_relations", 10),
    "relations by variable": (WHERE, {"w": related(30)}, "where_relations", 10),
    "a long list": (f"{{ insights(where: {{id: {{_in: {TEN_THOUSAND}}}}}) {{ id }} }}", None, "tokens", 5_000),
    "a long list by variable": (IN, {"l": TEN_THOUSAND}, "variable_values", 5_000),
    "many alternatives": (WHERE, {"w": {"_or": [{"id": {"_eq": n}} for n in TEN_THOUSAND]}}, "variable_values", 5_000),
    "many relations beside each other": (WHERE, {"w": {"_and": [{"tags": {}}] * 400}}, "relations", 300),
    "a thousand roots": ("{" + " ".join(f"a{n}: {COUNT}" for n in range(1_000)) + "}", None, "tokens", 5_000),
    "three hundred roots": ("{" + " ".join(f"a{n}: {ONE}" for n in range(300)) + "}", None, "breadth", 200),
    "the same leaf": ("{ insights { " + "id " * 1_000 + "} }", None, "breadth", 200),
    "the same object": ("{ insights { " + "category { name } " * 300 + "} }", None, "breadth", 200),
    "a bomb of leaves": (bomb(20, "...f{next} ...f{next}"), None, "fields", 1_000),
    "a bomb of aliases": (bomb(12, "a: parent {{ ...f{next} }} b: parent {{ ...f{next} }}"), None, "fields", 1_000),
    "fragments of nothing": (bomb(40, "...f{next} ...f{next}").replace(" id ", " __typename "), None,
                             "introspection", 200_000),
    "introspection beside itself": ("{" + " ".join(f"a{n}: {ARGUMENTS}" for n in range(100)) + "}", None,
                                    "introspection", 200_000),
    "introspection with itself": ("{ __schema { types {" + " ".join(f"a{n}: fields {{ name }}" for n in range(200))
                                  + "} } }", None, "introspection", 200_000),
    "introspection under long names": ("{ __schema { types { fields { " + "a" * 100_000 + ": name } } } }", None,
                                       "introspection", 200_000),
    "a long comment": ("{ __typename } #" + "x" * 500_000, None, "characters", 500_000),
    "twenty thousand words": ("{ insights { " + "id " * 20_000 + "} }", None, "tokens", 5_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_explodes(client: FlaskClient, statements: Callable[[], list[str]], name: str) -> None:
    query, variables, refused_by, allowed = HOSTILE[name]
    told = limit(asked(client, query, variables))
    assert (told["name"], told["allowed"]) == (refused_by, allowed)
    assert told.get("asked", allowed + 1) > allowed
    assert statements() == []


@pytest.mark.parametrize("query", ["{" * 250, "{ insights(where: " + "{_not: " * 250 + "}" * 250 + ") { id } }"])
def test_a_document_too_deep_to_be_read(client: FlaskClient, query: str) -> None:
    assert error(asked(client, query))[:2] == ("validation-failed", "$.query")


@pytest.mark.parametrize("count", [190, 900])
def test_a_variable_too_deep_to_be_read(client: FlaskClient, statements: Callable[[], list[str]], count: int) -> None:
    assert error(asked(client, WHERE, {"w": negated(count)}))[0] == "validation-failed"
    assert statements() == []


def test_numbers_that_json_cannot_hold(client: FlaskClient) -> None:
    rows = "id"
    for level in range(13):
        name = ("tags", "insights")[level % 2]
        rows = " ".join(f"a{n}: {name} {{ {rows} }}" for n in range(7 if level < 2 else 1))
    for query, name in ((bomb(90, "...f{next} ...f{next}"), "fields"), (f"{{ insights {{ {rows} }} }}", "cost")):
        told = limit(asked(client, query))
        assert (told["name"], told["asked"]) == (name, 2**53 - 1)


def test_fragments_that_spread_each_other(client: FlaskClient) -> None:
    """However many ways lead through them, an error's place is found at once."""
    names = [f"f{number}" for number in range(20)]
    spread = " ".join(f"...{name}" for name in names)
    parts = " ".join(f"fragment {name} on categories {{ {spread} }}" for name in names)
    found = errors(asked(client, f"{{ categories {{ ...f0 }} }} {parts}"))
    assert len(found) == 10
    assert found[0]["extensions"]["path"] == "$.selectionSet.categories"


def test_what_tools_ask_for_passes(client: FlaskClient) -> None:
    everything = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert data(asked(client, everything))["__schema"]["queryType"]["name"] == "query_root"


@pytest.mark.parametrize("distinct", ["true", "false"])
def test_what_is_too_much_for_postgres(client: FlaskClient, distinct: str) -> None:
    """Which is no fault of the database."""
    query = f"{{ insights_aggregate {{ aggregate {{ count(columns: [{'id ' * 2_000}], distinct: {distinct}) }} }} }}"
    message = "The operation is too large: ROW expressions can have at most 1664 entries"
    assert error(asked(client, query)) == ("validation-failed", "$", message)


def test_an_answer_that_no_process_should_hold(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "MOST_BYTES", 100)
    message = "an answer may have 100 bytes at most: ask for less"
    assert error(asked(client, "{ " + "a" * 100 + ": tags { id } }")) == ("validation-failed", "$", message)
    data(asked(client, "{ " + "a" * 50 + ": tags { id } }"))


def test_a_request_has_an_end(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the parts of a batch nor many searches, or pages of one, add up."""
    times = iter(range(0, 1_000, 3))
    monkeypatch.setattr(deadline, "monotonic", lambda: next(times))
    searches = " ".join(f'a{n}: insights_search_summary(query: "{n}") {{ total }}' for n in range(3))
    pages = " ".join(f'a{n}: insights_search(query: "x", offset: {n}) {{ id }}' for n in range(3))
    late = ("time-limit-exceeded", "$", "The operation takes too long: ask for less.")
    for many in (searches, pages):
        assert error(asked(client, f"{{ {many} }}")) == late
    found = client.post("/graphql", json=[{"query": "{ __typename }"}] * 3).get_json()
    assert ["data" in one for one in found] == [True, False, False]
    assert errors_of(found[1])[0]["extensions"] == {"path": "$", "code": "time-limit-exceeded"}


def test_what_dashboards_ask_for_passes(client: FlaskClient) -> None:
    """Ten levels of selections, twenty of conditions, fifty roots, a long list of ids."""
    for query, variables in (
        (levels(10), None),
        (levels(15), None),
        (WHERE, {"w": negated(20)}),
        (WHERE, {"w": negated(29)}),
        (WHERE, {"w": related(10)}),
        ("{" + " ".join(f"a{n}: {COUNT}" for n in range(50)) + "}", None),
        (IN, {"l": list(range(4_990))}),
        ("{ insights { id } }", None),
        ("{ insights { id tags { name } category { name } } }", None),
        ("{ tags { name insights_aggregate { aggregate { count } } } }", None),
    ):
        data(asked(client, query, variables))


def test_the_error_names_the_limit(client: FlaskClient) -> None:
    assert limit(asked(client, levels(22))) == {"name": "depth", "allowed": 15, "asked": 22}
    said = error(asked(client, levels(22)))
    assert said == ("validation-failed", "$", "This operation has 22 levels of selections: 15 are allowed.")


def test_the_cost_follows_the_limits_that_are_given(client: FlaskClient) -> None:
    def cost(query: str, variables: object = None) -> int:
        return int(asked(client, query, variables).get_json()["extensions"]["cost"])

    query = "query($n: Int) { insights(limit: $n) { id tags { id } } }"
    assert [cost(query, {"n": n}) for n in (0, 1, 20)] == [0, 4, 80]
    assert cost(query) == 40_000
    assert cost("{ insights_aggregate { aggregate { count } } }") == 1_000
    assert cost("{ insights_by_pk(id: 1) { id } }") == 1
    assert cost("{ __typename }") == 0


def test_every_limit_has_its_setting(application_with: Callable[..., Flask], clean_database: None) -> None:
    """Each set to what one query passes and the next one doesn't."""
    cases = {
        "tokens": ("{ insights { id } }", "{ insights { id title } }", 6),
        "depth": ("{ insights { id } }", "{ insights { tags { id } } }", 2),
        "fields": ("{ insights { id } }", "{ insights { id title } }", 2),
        "breadth": ("{ insights { id } }", "{ insights { id title } }", 1),
        "nesting": (where("{_not: {}}"), where("{_not: {_not: {_not: {}}}}"), 2),
        "where_relations": (where("{tags: {}}"), where("{tags: {insights: {}}}"), 1),
        "relations": ("{ insights { id } }", "{ insights { tags { id } } }", 1),
        "cost": ("{ insights(limit: 5) { id } }", "{ insights(limit: 6) { id } }", 5),
    }  # fmt: skip
    for name, (passes, refused, allowed) in cases.items():
        client = application_with(**{f"graphql_max_{name}": allowed}).test_client()
        data(asked(client, passes))
        assert limit(asked(client, refused))["name"] == name, name
    few = application_with(graphql_max_variable_values=2, graphql_max_batch=1).test_client()
    data(asked(few, IN, {"l": [1]}))
    assert limit(asked(few, IN, {"l": [1, 2]}))["name"] == "variable_values"
    assert len(few.post("/graphql", json=[{"query": "{ __typename }"}]).get_json()) == 1


def test_a_list_of_too_many_rows(client: FlaskClient, application_with: Callable[..., Flask]) -> None:
    for _ in range(3):
        make_insight(client)
    few = application_with(graphql_max_rows=2).test_client()
    said = ("validation-failed", "$", "a list may have 2 rows at most: give a limit")
    assert error(asked(few, "{ insights { id } }")) == said
    assert error(asked(few, "{ insights_aggregate { nodes { id } } }")) == said
    assert len(data(asked(few, "{ insights(limit: 2) { id } }"))["insights"]) == 2
    counted = data(asked(few, "{ insights_aggregate { aggregate { count } } }"))
    assert counted == {"insights_aggregate": {"aggregate": {"count": 3}}}


def test_the_defaults_are_those_of_the_engine() -> None:
    assert limits_of(Settings()) == Limits()
