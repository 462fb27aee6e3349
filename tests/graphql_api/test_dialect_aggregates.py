"""Section 6 of the reference of the dialect: aggregates."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
Refused = Callable[..., tuple[str, str]]


def aggregated(
    ask: Ask, fields: str, arguments: str = "", variables: dict[str, Any] | None = None, declared: str = ""
) -> Any:
    given, head = f"({arguments})" if arguments else "", f"query({declared}) " if declared else ""
    query = f"{head}{{ insights_aggregate{given} {{ aggregate {{ {fields} }} }} }}"
    return ask(query, variables)["insights_aggregate"]["aggregate"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", 6),
        ('where: {author: {_eq: "ada"}}', 3),
        ("limit: 5", 5),
        ("limit: 0", 0),
        ("offset: 4", 2),
        ("offset: 4, limit: 1", 1),
        ("offset: 9", 0),
        ("distinct_on: author", 3),
        ("distinct_on: source", 3),  # null is one value
        ("distinct_on: author, limit: 2", 2),
        ("distinct_on: author, order_by: [{author: asc}, {id: asc}], offset: 1", 2),
    ],
)
def test_a_count_sees_the_rows_that_the_list_shows(ask: Ask, arguments: str, expected: int) -> None:
    assert aggregated(ask, "count", arguments) == {"count": expected}
    given = f"({arguments})" if arguments else ""
    assert len(ask(f"{{ insights{given} {{ id }} }}")["insights"]) == expected
    nodes = ask(f"{{ insights_aggregate{given} {{ nodes {{ id }} aggregate {{ count }} }} }}")["insights_aggregate"]
    assert (len(nodes["nodes"]), nodes["aggregate"]["count"]) == (expected, expected)


def test_nodes_are_the_list_under_the_same_arguments(ask: Ask) -> None:
    arguments = "(where: {id: {_gt: 1}}, order_by: [{author: asc}, {id: desc}], limit: 3, offset: 1)"
    query = (
        f"{{ insights_aggregate{arguments} {{ aggregate {{ count sum {{ id }} }} nodes {{ id category {{ id }} }} }} }}"
    )
    assert ask(query)["insights_aggregate"] == {
        "aggregate": {"count": 3, "sum": {"id": 10}},
        "nodes": [{"id": 3, "category": {"id": 3}}, {"id": 5, "category": None}, {"id": 2, "category": {"id": 2}}],
    }


def test_a_page_and_its_total(ask: Ask) -> None:
    query = """query($w: insights_bool_exp) { page: insights(where: $w, order_by: {id: asc}, limit: 2) { id }
        total: insights_aggregate(where: $w) { aggregate { count } } }"""
    answer = {"page": [{"id": 1}, {"id": 3}], "total": {"aggregate": {"count": 3}}}
    assert ask(query, {"w": {"author": {"_eq": "ada"}}}) == answer


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", 6),
        ("(distinct: true)", 6),  # without columns these are rows, whatever distinct says
        ("(columns: [])", 6),
        ("(columns: null, distinct: null)", 6),
        ("(columns: source)", 4),
        ("(columns: [source])", 4),
        ("(columns: source, distinct: false)", 4),
        ("(columns: source, distinct: true)", 2),
        ("(columns: author, distinct: true)", 3),
        ("(columns: [source, category_id])", 6),  # a value of several columns is a row, with nulls or not
        ("(columns: [source, category_id], distinct: true)", 6),
        ("(columns: [author, status], distinct: true)", 5),
        ("(columns: external_key)", 1),
    ],
)
def test_what_is_counted(ask: Ask, arguments: str, expected: int) -> None:
    assert aggregated(ask, f"count{arguments}") == {"count": expected}


def test_what_is_counted_by_variable(ask: Ask) -> None:
    declared, fields = "$c: [insights_select_column!], $d: Boolean", "count(columns: $c, distinct: $d)"

    def counted(variables: dict[str, Any]) -> int:
        return int(aggregated(ask, fields, "", variables, declared)["count"])

    assert counted({}) == counted({"c": None, "d": True}) == counted({"c": []}) == 6
    assert (
        counted({"c": "source"}) == counted({"c": ["source"], "d": False}) == counted({"c": "source", "d": None}) == 4
    )
    assert counted({"c": "source", "d": True}) == 2


def test_every_function(ask: Ask) -> None:
    """Of the numbers 1 to 6."""
    functions = ("sum", "avg", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop", "min", "max")
    found = aggregated(ask, " ".join(f"{name} {{ id }}" for name in functions))
    values = {name: fields["id"] for name, fields in found.items()}
    assert values == {
        "sum": 21, "avg": 3.5,
        "stddev": pytest.approx(1.8708286933869707), "stddev_samp": pytest.approx(1.8708286933869707),
        "stddev_pop": pytest.approx(1.707825127659933), "variance": 3.5, "var_samp": 3.5,
        "var_pop": pytest.approx(2.9166666666666665), "min": 1, "max": 6,
    }  # fmt: skip
    assert [type(values[name]) for name in ("sum", "min", "avg", "variance")] == [int, int, float, float]


def test_nulls_are_left_out(ask: Ask) -> None:
    found = aggregated(ask, "count sum { category_id } avg { category_id } min { source } max { source published_at }")
    assert found == {
        "count": 6, "sum": {"category_id": 8}, "avg": {"category_id": 2.0}, "min": {"source": "blog"},
        "max": {"source": "wiki", "published_at": "2026-01-07T09:30:00+00:00"},
    }  # fmt: skip


def test_the_ends_of_texts_and_times(ask: Ask) -> None:
    found = aggregated(ask, "min { title created_at priority } max { title created_at priority id }")
    assert found == {
        "min": {"title": "100% sure", "created_at": "2026-01-02T09:30:00+00:00", "priority": "critical"},
        "max": {"title": "under_score", "created_at": "2026-01-07T09:30:00+00:00", "priority": "medium", "id": 6},
    }  # fmt: skip


@pytest.mark.parametrize("function", ["sum", "avg", "stddev", "stddev_pop", "variance", "var_pop", "min", "max"])
def test_of_no_rows_everything_is_null_inside_its_object(ask: Ask, function: str) -> None:
    none = aggregated(ask, f"count {function} {{ id category_id }}", "where: {_or: []}")
    assert none == {"count": 0, function: {"id": None, "category_id": None}}


def test_of_one_row_a_sample_has_no_deviation(ask: Ask) -> None:
    names = ("stddev", "stddev_samp", "variance", "var_samp", "stddev_pop", "var_pop")
    found = aggregated(ask, " ".join(f"{name} {{ id }}" for name in names), "limit: 1")
    assert [found[name]["id"] for name in names] == [None, None, None, None, 0.0, 0.0]


def test_aggregates_of_related_rows(ask: Ask) -> None:
    query = """{ tags(order_by: {id: asc}) { id usage_count
        all: insights_aggregate { aggregate { count max { id } } }
        some: insights_aggregate(where: {author: {_eq: "ada"}}, order_by: {id: desc}, limit: 1) {
          aggregate { count sum { id } } nodes { id } } } }"""
    assert ask(query)["tags"] == [
        {"id": 1, "usage_count": 3, "all": {"aggregate": {"count": 3, "max": {"id": 6}}},
         "some": {"aggregate": {"count": 1, "sum": {"id": 6}}, "nodes": [{"id": 6}]}},
        {"id": 2, "usage_count": 3, "all": {"aggregate": {"count": 3, "max": {"id": 6}}},
         "some": {"aggregate": {"count": 1, "sum": {"id": 6}}, "nodes": [{"id": 6}]}},
        {"id": 3, "usage_count": 2, "all": {"aggregate": {"count": 2, "max": {"id": 6}}},
         "some": {"aggregate": {"count": 1, "sum": {"id": 6}}, "nodes": [{"id": 6}]}},
        {"id": 4, "usage_count": 0, "all": {"aggregate": {"count": 0, "max": {"id": None}}},
         "some": {"aggregate": {"count": 0, "sum": {"id": None}}, "nodes": []}},
    ]  # fmt: skip


def test_aggregates_of_a_subtree(ask: Ask) -> None:
    query = """{ categories(order_by: {id: asc}) {
        subtree_aggregate { aggregate { count max { id } } } children_aggregate { aggregate { count } } } }"""
    found = [
        (row["subtree_aggregate"]["aggregate"], row["children_aggregate"]["aggregate"]["count"])
        for row in ask(query)["categories"]
    ]
    counts = [
        ({"count": 4, "max": {"id": 5}}, 2),
        ({"count": 2, "max": {"id": 3}}, 1),
        ({"count": 1, "max": {"id": 3}}, 0),
    ]
    assert found == [*counts, ({"count": 1, "max": {"id": 4}}, 0), ({"count": 1, "max": {"id": 5}}, 0)]


def test_type_names(ask: Ask) -> None:
    query = """{ insights_aggregate(limit: 1) {
        __typename aggregate { __typename sum { __typename id: __typename } max { __typename } }
        nodes { __typename } } tags_aggregate { __typename } }"""
    assert ask(query) == {
        "insights_aggregate": {
            "__typename": "insights_aggregate",
            "aggregate": {
                "__typename": "insights_aggregate_fields",
                "sum": {"__typename": "insights_sum_fields", "id": "insights_sum_fields"},
                "max": {"__typename": "insights_max_fields"},
            },
            "nodes": [{"__typename": "insights"}],
        },
        "tags_aggregate": {"__typename": "tags_aggregate"},
    }


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("insights_aggregate { aggregate { sum { title } } }", "aggregate.selectionSet.sum.selectionSet.title"),
        (
            "insights_aggregate { aggregate { avg { created_at } } }",
            "aggregate.selectionSet.avg.selectionSet.created_at",
        ),
        ("insights_aggregate { aggregate { max { public_id } } }", "aggregate.selectionSet.max.selectionSet.public_id"),
        ("insights_aggregate { aggregate { max { tags } } }", "aggregate.selectionSet.max.selectionSet.tags"),
        ("insights_aggregate { aggregate { median { id } } }", "aggregate.selectionSet.median"),
        ("insights_aggregate { aggregate { count(columns: [tags]) } }", "aggregate.selectionSet.count.args.columns[0]"),
        ("insights_aggregate { group_by }", "group_by"),
    ],
)
def test_what_has_no_aggregate(refused: Refused, query: str, place: str) -> None:
    error = ("validation-failed", f"$.selectionSet.insights_aggregate.selectionSet.{place}")
    assert refused(f"{{ {query} }}") == error


@pytest.mark.parametrize("table", ["insights", "categories", "tags"])
def test_numeric_columns(ask: Ask, table: str) -> None:
    names = {"insights": ["id", "category_id", "version"], "categories": ["id", "parent_id", "version"],
             "tags": ["id", "usage_count", "version"]}[table]  # fmt: skip
    query = f'{{ __type(name: "{table}_avg_fields") {{ fields {{ name type {{ name }} }} }} }}'
    assert ask(query)["__type"]["fields"] == [{"name": name, "type": {"name": "Float"}} for name in names]
    query = f'{{ __type(name: "{table}_sum_fields") {{ fields {{ name type {{ name }} }} }} }}'
    assert ask(query)["__type"]["fields"] == [{"name": name, "type": {"name": "Int"}} for name in names]
