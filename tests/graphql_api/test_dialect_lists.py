"""Sections 2 and 3 of the reference of the dialect: roots, and the arguments of lists."""

from collections.abc import Callable
from typing import Any

import pytest

from app.graphql_api.errors import Rejected
from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
Refused = Callable[..., tuple[str, str]]
EVERY = [1, 2, 3, 4, 5, 6]
ARGUMENTS = "$.selectionSet.insights.args"


def listed(ask: Ask, arguments: str, variables: dict[str, Any] | None = None, declared: str = "") -> list[int]:
    head = f"query({declared}) " if declared else ""
    return [row["id"] for row in ask(f"{head}{{ insights({arguments}) {{ id }} }}", variables)["insights"]]


def test_a_row_by_its_key(ask: Ask) -> None:
    query = "query($i: Int!) { insights_by_pk(id: $i) { title } }"
    assert ask(query, {"i": 2}) == {"insights_by_pk": {"title": "Beta"}}
    assert ask(query, {"i": 7}) == {"insights_by_pk": None}
    above = {"slug": "databases", "parent": {"slug": "technical", "parent": None}}
    query = "{ categories_by_pk(id: 3) { slug parent { slug parent { slug parent { slug } } } } }"
    assert ask(query) == {"categories_by_pk": {"slug": "indexes", "parent": above}}
    assert ask("{ tags_by_pk(id: 1) { name usage_count insights(order_by: {id: asc}) { id } } }") == {
        "tags_by_pk": {"name": "Alpha", "usage_count": 3, "insights": [{"id": 1}, {"id": 2}, {"id": 6}]}
    }


def test_every_column(ask: Ask) -> None:
    query = """{ insights_by_pk(id: 1) { id public_id external_key title description content source author category_id
      priority status visibility version created_at updated_at published_at } }"""
    assert ask(query) == {
        "insights_by_pk": {
            "id": 1, "public_id": "00000000-0000-0000-0000-000000000001", "external_key": "K-1", "title": "Alpha one",
            "description": "", "content": None, "source": "blog", "author": "ada", "category_id": 2, "priority": "high",
            "status": "published", "visibility": "PUBLIC", "version": 1, "created_at": "2026-01-02T09:30:00+00:00",
            "updated_at": "2026-01-02T09:30:00+00:00", "published_at": "2026-01-02T09:30:00+00:00",
        }
    }  # fmt: skip
    query = (
        "{ categories_by_pk(id: 1) { id name slug description parent_id color icon created_at updated_at version } }"
    )
    assert ask(query)["categories_by_pk"] == {
        "id": 1, "name": "Technical", "slug": "technical", "description": None, "parent_id": None, "color": "#112233",
        "icon": None, "created_at": "2026-01-02T09:30:00+00:00", "updated_at": "2026-01-02T09:30:00+00:00",
        "version": 1,
    }  # fmt: skip
    query = "{ tags_by_pk(id: 4) { id name slug description color created_at usage_count version } }"
    assert ask(query)["tags_by_pk"] == {
        "id": 4, "name": "Unused", "slug": "unused", "description": None, "color": None,
        "created_at": "2026-01-05T09:30:00+00:00", "usage_count": 0, "version": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("order_by: {id: desc}", [6, 5, 4, 3, 2, 1]),
        ("order_by: [{id: asc}]", EVERY),
        ("order_by: {id: asc}, limit: 2", [1, 2]),
        ("order_by: {id: asc}, limit: 0", []),
        ("order_by: {id: asc}, limit: 2147483647", EVERY),
        ("order_by: {id: asc}, offset: 4", [5, 6]),
        ("order_by: {id: asc}, offset: 6", []),
        ("order_by: {id: asc}, offset: 2147483647, limit: 1", []),
        ("order_by: {id: asc}, offset: 1, limit: 2", [2, 3]),
        ("order_by: {id: desc}, offset: 1, limit: 2, where: {id: {_neq: 5}}", [4, 3]),
        ("order_by: {id: asc}, limit: null, offset: null, where: null, distinct_on: null", EVERY),
        # nulls: last under asc, first under desc
        ("order_by: [{source: asc}, {id: asc}]", [1, 4, 3, 6, 2, 5]),
        ("order_by: [{source: desc}, {id: asc}]", [2, 5, 3, 6, 1, 4]),
        ("order_by: [{source: asc_nulls_last}, {id: asc}]", [1, 4, 3, 6, 2, 5]),
        ("order_by: [{source: asc_nulls_first}, {id: asc}]", [2, 5, 1, 4, 3, 6]),
        ("order_by: [{source: desc_nulls_first}, {id: asc}]", [2, 5, 3, 6, 1, 4]),
        ("order_by: [{source: desc_nulls_last}, {id: asc}]", [3, 6, 1, 4, 2, 5]),
        # the most significant first
        ("order_by: [{author: asc}, {id: desc}]", [6, 3, 1, 5, 2, 4]),
        ("order_by: [{author: desc}, {source: asc_nulls_first}, {id: asc}]", [4, 2, 5, 1, 3, 6]),
        ("order_by: [{id: null}, {source: null}, {id: desc}]", [6, 5, 4, 3, 2, 1]),
        # through an object relationship: rows without stay, with a key that is null
        ("order_by: [{category: {name: asc}}, {id: asc}]", [1, 2, 3, 6, 4, 5]),
        ("order_by: [{category: {name: desc}}, {id: asc}]", [4, 5, 6, 3, 1, 2]),
        ("order_by: [{category: {name: desc_nulls_last}}, {id: desc}]", [6, 3, 2, 1, 5, 4]),
        ("order_by: [{category: {parent: {slug: asc}}}, {id: desc}]", [3, 2, 1, 6, 5, 4]),
        ("order_by: [{category: {insights_aggregate: {count: desc_nulls_last}}}, {id: asc}]", [1, 2, 3, 6, 4, 5]),
        ("order_by: [{category: null}, {id: desc}]", [6, 5, 4, 3, 2, 1]),
        # through an array relationship by aggregates: none is a count, and null for the others
        ("order_by: [{tags_aggregate: {count: desc}}, {id: asc}]", [6, 1, 2, 3, 5, 4]),
        ("order_by: [{tags_aggregate: {count: asc}}, {id: asc}]", [4, 2, 3, 5, 1, 6]),
        ("order_by: [{tags_aggregate: {max: {id: desc}}}, {id: asc}]", [4, 5, 6, 1, 3, 2]),
        ("order_by: [{tags_aggregate: {max: {id: asc_nulls_last}}}, {id: asc}]", [2, 1, 3, 5, 6, 4]),
        ("order_by: [{tags_aggregate: {min: {name: asc_nulls_first}}}, {id: asc}]", [4, 1, 2, 6, 3, 5]),
        ("order_by: [{tags_aggregate: {sum: {id: desc_nulls_last}}}, {id: asc}]", [6, 1, 5, 3, 2, 4]),
        ("order_by: [{tags_aggregate: {avg: {usage_count: desc_nulls_last}}}, {id: asc}]", [1, 2, 3, 6, 5, 4]),
        ("order_by: [{tags_aggregate: {stddev_pop: {id: desc_nulls_last}}}, {id: asc}]", [6, 1, 2, 3, 5, 4]),
        ("order_by: [{tags_aggregate: {stddev: {id: asc}}}, {id: asc}]", [1, 6, 2, 3, 4, 5]),
        ("order_by: [{tags_aggregate: {variance: {id: desc_nulls_last}}}, {id: desc}]", [6, 1, 5, 4, 3, 2]),
        # distinct_on: the order decides which row stays
        ("distinct_on: author, order_by: [{author: asc}, {id: desc}]", [6, 5, 4]),
        ("distinct_on: [author], order_by: [{author: desc}, {id: asc}]", [4, 2, 1]),
        ("distinct_on: source, order_by: [{source: asc}, {id: asc}]", [1, 3, 2]),  # null is one value
        ("distinct_on: [author, source], order_by: [{source: asc}, {author: asc}, {id: asc}]", [1, 4, 3, 2]),
        ("distinct_on: [source, author], order_by: [{source: asc}, {author: asc}, {id: desc}]", [1, 4, 6, 5]),
        ("distinct_on: author, order_by: [{author: asc}, {id: desc}], limit: 2", [6, 5]),
        ("distinct_on: author, order_by: [{author: asc}, {id: desc}], offset: 1", [5, 4]),
        ("distinct_on: author, order_by: [{author: asc}, {id: desc}], where: {id: {_lt: 6}}, offset: 1, limit: 1", [5]),
        ("distinct_on: [], order_by: {id: asc}", EVERY),
    ],
)
def test_arguments(ask: Ask, arguments: str, expected: list[int]) -> None:
    assert listed(ask, arguments) == expected


def test_without_an_order(ask: Ask) -> None:
    for arguments in ("order_by: []", "order_by: null", "order_by: {}", "order_by: {tags_aggregate: {}}", "limit: 6"):
        assert sorted(listed(ask, arguments)) == EVERY
    authors = ask("{ insights(distinct_on: author) { author } }")["insights"]
    assert sorted(row["author"] for row in authors) == ["ada", "bob", "cyd"]


@pytest.mark.parametrize(
    ("declared", "arguments", "value", "expected"),
    [
        ("$v: Int", "limit: $v", 2, [1, 2]),
        ("$v: Int", "limit: $v", 0, []),
        ("$v: Int", "limit: $v", None, EVERY),
        ("$v: Int = 2", "limit: $v", None, EVERY),
        ("$v: Int", "offset: $v", 4, [5, 6]),
        ("$v: Int", "offset: $v", None, EVERY),
        ("$v: [insights_select_column!]", "distinct_on: $v", "id", EVERY),
        ("$v: [insights_select_column!]", "distinct_on: $v", None, EVERY),
        ("$v: insights_select_column!", "distinct_on: [$v]", "id", EVERY),
    ],
)
def test_arguments_by_variable(ask: Ask, declared: str, arguments: str, value: Any, expected: list[int]) -> None:
    assert listed(ask, f"{arguments}, order_by: {{id: asc}}", {"v": value}, declared) == expected


@pytest.mark.parametrize(
    ("declared", "order", "value"),
    [
        ("$v: [insights_order_by!]", "$v", {"id": "desc"}),
        ("$v: [insights_order_by!]!", "$v", [{"version": "desc"}, {"id": "asc"}]),
        ("$v: insights_order_by!", "[$v]", {"id": "desc"}),
        ("$v: order_by", "{id: $v}", "desc"),
        ("$v: order_by = desc", "{id: $v}", ...),
        ("$v: [insights_order_by!] = {id: desc}", "$v", ...),
        ("$v: order_by", "[{author: $v}, {id: desc}]", None),
        ("$v: order_by", "[{author: $v}, {id: desc}]", ...),
        ("$v: insights_order_by!", "[$v, {id: desc}]", {"author": None}),
    ],
)
def test_orders_by_variable(ask: Ask, declared: str, order: str, value: Any) -> None:
    """... is a variable that is not given."""
    assert listed(ask, f"order_by: {order}", {} if value is ... else {"v": value}, declared) == [6, 5, 4, 3, 2, 1]


def test_nested_lists_have_arguments_of_their_own_for_each_parent(ask: Ask) -> None:
    query = """{ categories(order_by: {id: asc}, where: {id: {_lte: 3}}) { id
        insights(order_by: {id: desc}, limit: 1) { id tags(order_by: {id: desc}, offset: 1, limit: 1) { id } }
        children(order_by: {slug: desc}, where: {id: {_neq: 5}}) { slug }
        subtree(order_by: {id: asc}) { id } } }"""
    assert ask(query)["categories"] == [
        {"id": 1, "insights": [{"id": 6, "tags": [{"id": 2}]}], "children": [{"slug": "databases"}],
         "subtree": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 5}]},
        {"id": 2, "insights": [{"id": 2, "tags": []}], "children": [{"slug": "indexes"}],
         "subtree": [{"id": 2}, {"id": 3}]},
        {"id": 3, "insights": [{"id": 3, "tags": []}], "children": [], "subtree": [{"id": 3}]},
    ]  # fmt: skip


def test_a_nested_list_may_be_distinct_and_sorted_through_relationships(ask: Ask) -> None:
    query = """{ tags(order_by: {id: asc}, limit: 3) { id
        insights(distinct_on: author, order_by: [{author: desc}, {category: {name: desc_nulls_last}}, {id: asc}]) {
          id } } }"""
    assert ask(query)["tags"] == [
        {"id": 1, "insights": [{"id": 2}, {"id": 6}]},
        {"id": 2, "insights": [{"id": 6}]},
        {"id": 3, "insights": [{"id": 5}, {"id": 6}]},
    ]


@pytest.mark.parametrize("given", ["-1", "2147483648", "1.5", '"1"', "true", "[1]", "asc"])
def test_what_is_no_limit(refused: Refused, given: str) -> None:
    assert refused(f"{{ insights(limit: {given}) {{ id }} }}") == ("validation-failed", f"{ARGUMENTS}.limit")
    nested = refused(f"{{ a: tags {{ b: insights(limit: {given}) {{ id }} }} }}")
    assert nested == ("validation-failed", "$.selectionSet.a.selectionSet.b.args.limit")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (-1, f"{ARGUMENTS}.limit"),
        (2147483648, "$.variableValues.v"),
        (1.5, "$.variableValues.v"),
        ("1", "$.variableValues.v"),
        (True, "$.variableValues.v"),
    ],
)
def test_what_is_no_limit_by_variable(refused: Refused, value: object, place: str) -> None:
    assert refused("query($v: Int) { insights(limit: $v) { id } }", {"v": value}) == ("validation-failed", place)


@pytest.mark.parametrize("field", ["insights(offset: -1) { id }", "tags { insights(offset: -1) { id } }"])
def test_a_negative_offset_is_refused_by_postgres(ask: Ask, field: str) -> None:
    with pytest.raises(Rejected, match="OFFSET must not be negative") as caught:
        ask(f"{{ {field} }}")
    assert (caught.value.code, caught.value.place) == ("data-exception", "$")


@pytest.mark.parametrize(
    "arguments",
    [
        "distinct_on: author, order_by: {id: asc}",
        "distinct_on: [author, source], order_by: {author: asc}",
        "distinct_on: [author, source], order_by: [{author: asc}, {id: asc}, {source: asc}]",
        "distinct_on: author, order_by: {category: {name: asc}}",
        "distinct_on: author, order_by: [{tags_aggregate: {count: asc}}, {author: asc}]",
    ],
)
def test_the_order_must_begin_with_what_is_distinct(refused: Refused, arguments: str) -> None:
    assert refused(f"{{ insights({arguments}) {{ id }} }}") == ("validation-failed", ARGUMENTS)
    place = "$.selectionSet.tags.selectionSet.x.args"
    assert refused(f"{{ tags {{ x: insights_aggregate({arguments}) {{ nodes {{ id }} }} }} }}") == (
        "validation-failed",
        place,
    )


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ("order_by: {tags: {slug: asc}}", "order_by.tags"),
        ("order_by: {category: {children: {id: asc}}}", "order_by.category.children"),
        ("order_by: {id: ASC}", "order_by.id"),
        ("order_by: {id: asc_nulls}", "order_by.id"),
        ("order_by: {tags_aggregate: {median: {id: asc}}}", "order_by.tags_aggregate.median"),
        ("order_by: {tags_aggregate: {sum: {name: asc}}}", "order_by.tags_aggregate.sum.name"),
        ("order_by: [{id: asc}, null]", "order_by[1]"),
        ("distinct_on: [category]", "distinct_on[0]"),
        ("first: 5", "first"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_schema(refused: Refused, arguments: str, place: str) -> None:
    assert refused(f"{{ insights({arguments}) {{ id }} }}") == ("validation-failed", f"{ARGUMENTS}.{place}")


def test_a_variable_of_a_type_that_does_not_belong_there(refused: Refused) -> None:
    error = ("validation-failed", f"{ARGUMENTS}.limit")
    assert refused("query($v: String) { insights(limit: $v) { id } }", {"v": "1"}) == error
    assert refused("query($v: [Int!]) { insights(limit: $v) { id } }", {"v": 1}) == error
    place = f"{ARGUMENTS}.where.id._in[0]"
    assert refused("query($v: Int) { insights(where: {id: {_in: [$v]}}) { id } }", {"v": 1}) == (
        "validation-failed",
        place,
    )


def test_null_where_only_a_default_may_stand(refused: Refused, ask: Ask) -> None:
    """A variable with a default may be nullable where null may not stand."""
    query = "query($v: Int = 1) { insights_by_pk(id: $v) { id } }"
    assert ask(query) == {"insights_by_pk": {"id": 1}}
    assert refused(query, {"v": None}) == ("validation-failed", "$.selectionSet.insights_by_pk.args.id")
    query = "query($v: Int = 1) { insights(where: {id: {_in: [2, $v]}}) { id } }"
    assert refused(query, {"v": None}) == ("validation-failed", f"{ARGUMENTS}.where.id._in[1]")
