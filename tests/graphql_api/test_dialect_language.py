"""Sections 9, 10 and 12 of the reference of the dialect: names of types, the language, one statement."""

from collections.abc import Callable

import pytest

from app.graphql_api.errors import Rejected
from app.graphql_api.execution import Engine, Request
from app.graphql_api.language.limits import Limits
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
Refused = Callable[..., tuple[str, str]]
Statements = Callable[[], list[str]]
VIEWER = Audience.of([ROLES[Role.VIEWER]], reader=1)
LONG = "a" * 70
FIRST = {"id": {"_eq": 1}}
ONE = "insights(where: {id: {_eq: 1}})"


def test_aliases(ask: Ask) -> None:
    """Of any length: Postgres keeps 63 bytes of a name."""
    query = f"""{{
        {LONG}x: insights(where: {{id: {{_eq: 1}}}}) {{ {LONG}y: id {LONG}z: title select: author T1: version }}
        {LONG}y: insights(where: {{id: {{_eq: 2}}}}) {{
          id a: tags {{ id }} b: tags_aggregate {{ c: aggregate {{ d: count e: count }} }} }} }}"""
    assert ask(query) == {
        f"{LONG}x": [{f"{LONG}y": 1, f"{LONG}z": "Alpha one", "select": "ada", "T1": 1}],
        f"{LONG}y": [{"id": 2, "a": [{"id": 1}], "b": {"c": {"d": 1, "e": 1}}}],
    }


def test_an_object_of_many_members(ask: Ask) -> None:
    """A function of Postgres takes a hundred arguments."""
    for number in (50, 51, 100, 101, 199):
        fields = " ".join(f"k{place}: title" for place in range(number))
        [found] = ask(f"{{ {ONE} {{ {fields} }} }}")["insights"]
        assert list(found.items()) == [(f"k{place}", "Alpha one") for place in range(number)]
    roots = " ".join(f"k{place}: insights_by_pk(id: {place}) {{ id }}" for place in range(120))
    assert ask(f"{{ {roots} }}") == {f"k{place}": {"id": place} if 1 <= place <= 6 else None for place in range(120)}
    counts = " ".join(f"k{place}: count" for place in range(60))
    assert ask(f"{{ tags_aggregate {{ aggregate {{ {counts} }} }} }}")["tags_aggregate"]["aggregate"] == {
        f"k{n}": 4 for n in range(60)
    }


def test_fragments(ask: Ask) -> None:
    query = """query Q { ...roots ... on query_root { c: __typename } }
        fragment roots on query_root {
          insights_by_pk(id: 1) { ...row ... on insights { author } ... { id } category { ...named } } }
        fragment row on insights { title tags(order_by: {id: asc}) { ...tag } }
        fragment tag on tags { slug }
        fragment named on categories { name parent { ... on categories { name } } }"""
    assert ask(query) == {
        "insights_by_pk": {
            "title": "Alpha one", "tags": [{"slug": "alpha"}, {"slug": "beta"}], "author": "ada", "id": 1,
            "category": {"name": "Databases", "parent": {"name": "Technical"}},
        },
        "c": "query_root",
    }  # fmt: skip


def test_equal_fields_are_merged(ask: Ask) -> None:
    query = """{ insights_by_pk(id: 1) { id category { id } tags(order_by: {id: asc}) { id } id }
        insights_by_pk(id: 1) { category { name ...parent } ...tags } }
        fragment parent on categories { parent { id } }
        fragment tags on insights { tags(order_by: {id: asc}) { slug } }"""
    answer = ask(query)["insights_by_pk"]
    assert answer == {
        "id": 1,
        "category": {"id": 2, "name": "Databases", "parent": {"id": 1}},
        "tags": [{"id": 1, "slug": "alpha"}, {"id": 2, "slug": "beta"}],
    }
    assert list(answer) == ["id", "category", "tags"]


@pytest.mark.parametrize("yes", ["true", "$yes"])
@pytest.mark.parametrize("place", ["id", "...f", "... on insights", "..."])
def test_include_and_skip(ask: Ask, place: str, yes: str) -> None:
    """Both given, it is shown only when both let it be."""
    no, head = ("$no", "query($yes: Boolean!, $no: Boolean!) ") if yes == "$yes" else ("false", "")
    variables = {"yes": True, "no": False} if head else None
    inner = "" if place in ("id", "...f") else " { id }"
    fragment = "fragment f on insights { id }" if place == "...f" else ""
    for include in (True, False):
        for skip in (True, False):
            given = f"@include(if: {yes if include else no}) @skip(if: {yes if skip else no})"
            all_used = f"u: __typename @include(if: {yes}) v: __typename @include(if: {no})"
            query = f"{head}{{ insights_by_pk(id: 1) {{ {place} {given}{inner} {all_used} }} }} {fragment}"
            shown = {"id": 1} if include and not skip else {}
            assert ask(query, variables) == {"insights_by_pk": {**shown, "u": "insights"}}


def test_a_directive_by_a_variable_with_a_default(ask: Ask, refused: Refused) -> None:
    query = "query($b: Boolean = false) { insights_by_pk(id: 1) { id title @include(if: $b) } }"
    assert ask(query) == {"insights_by_pk": {"id": 1}}
    assert ask(query, {"b": True}) == {"insights_by_pk": {"id": 1, "title": "Alpha one"}}
    error = ("validation-failed", "$.selectionSet.insights_by_pk.selectionSet.title")
    assert refused(query, {"b": None}) == error


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ insights_by_pk(id: 1) { id @skip(if: true) } }", {"insights_by_pk": {}}),
        ("{ insights_by_pk(id: 9) { id @skip(if: true) } }", {"insights_by_pk": None}),
        ("{ insights(limit: 2) { id @skip(if: true) } }", {"insights": [{}, {}]}),
        ("{ insights(where: {_or: []}) { id @skip(if: true) } }", {"insights": []}),
        ("{ insights_aggregate @skip(if: true) { aggregate { count } } }", {}),
        ("{ insights_aggregate { aggregate @skip(if: true) { count } } }", {"insights_aggregate": {}}),
        ("{ insights_aggregate { aggregate { count @skip(if: true) } } }", {"insights_aggregate": {"aggregate": {}}}),
        ("{ x: tags_aggregate { aggregate { max { id @skip(if: true) } } } }", {"x": {"aggregate": {"max": {}}}}),
        ("{ tags_by_pk(id: 4) { insights { id @skip(if: true) } } }", {"tags_by_pk": {"insights": []}}),
        ("{ tags_by_pk(id: 3) { insights { id @skip(if: true) } } }", {"tags_by_pk": {"insights": [{}, {}]}}),
    ],
)  # fmt: skip
def test_an_object_of_which_everything_is_skipped(ask: Ask, query: str, expected: object) -> None:
    assert ask(query) == expected


def test_defaults_of_variables(ask: Ask) -> None:
    query = """query($l: Int = 2, $o: [insights_order_by!] = {id: desc},
        $w: insights_bool_exp = {id: {_in: 5}, _not: {id: {_eq: 6}}},
        $c: [insights_select_column!]! = [id], $d: Boolean! = true) {
        insights(limit: $l, order_by: $o) { id } some: insights(where: $w) { id }
        insights_aggregate { aggregate { count(columns: $c, distinct: $d) } } }"""
    counted = {"insights_aggregate": {"aggregate": {"count": 6}}}
    assert ask(query) == {"insights": [{"id": 6}, {"id": 5}], "some": [{"id": 5}], **counted}
    given = {"l": 1, "o": [{"id": "asc"}], "w": FIRST}
    assert ask(query, given) == {"insights": [{"id": 1}], "some": [{"id": 1}], **counted}


def test_one_plan_for_other_values_and_another_for_other_shapes(ask: Ask) -> None:
    query = "query($w: insights_bool_exp!, $n: Int) { insights(where: $w, order_by: {id: asc}, limit: $n) { id } }"

    def found(where: object, limit: int | None = None) -> list[int]:
        return [row["id"] for row in ask(query, {"w": where, "n": limit})["insights"]]

    assert found({"id": {"_eq": 1}}) == [1]
    assert found({"id": {"_eq": 2}}) == [2]
    assert found({"id": {"_gt": 2}}, 3) == [3, 4, 5]
    assert found({"id": {"_gt": 4}}, 3) == [5, 6]
    assert found({"source": {"_is_null": True}}) == [2, 5]
    assert found({"source": {"_is_null": False}}) == [1, 3, 4, 6]
    assert found({"_or": [{"id": {"_eq": 1}}, {"id": {"_eq": 2}}]}) == [1, 2]
    assert found({"_or": [{"id": {"_eq": 3}}, {"id": {"_eq": 4}}]}) == [3, 4]
    assert found({"_or": [{"id": {"_eq": 3}}]}) == [3]
    assert found({"_or": []}) == []
    assert found({"id": {"_in": [1, 2, 3]}}) == [1, 2, 3]
    assert found({"id": {"_in": 4}}) == [4]


def test_which_operation(ask: Ask, refused: Refused) -> None:
    query = "query A { insights_by_pk(id: 1) { id } } query B($i: Int!) { insights_by_pk(id: $i) { id } }"
    assert ask(query, name="A") == {"insights_by_pk": {"id": 1}}
    assert ask(query, {"i": 2}, name="B") == {"insights_by_pk": {"id": 2}}
    for name in (None, "C", ""):
        assert refused(query, name=name) == ("validation-failed", "$")
    assert refused(query, {"i": 2}, name="A") == ("validation-failed", "$.variableValues")


def test_texts_and_block_strings(ask: Ask) -> None:
    query = '''{ a: insights(where: {title: {_eq: """back\\slash"""}}) { id }
        b: insights(where: {title: {_eq: "back\\\\slash"}}) { id }
        c: insights(where: {title: {_eq: "\\u0042eta"}}) { id } d: insights(where: {title: {_in: """
          Beta
        """}}) { id } }  # the indent of a block is none of its text'''
    assert ask(query) == {"a": [{"id": 5}], "b": [{"id": 5}], "c": [{"id": 2}], "d": [{"id": 2}]}


def test_type_names_at_every_level(ask: Ask) -> None:
    query = """{ __typename insights_by_pk(id: 1) {
        __typename category { __typename parent { t: __typename } } tags(limit: 1) { __typename } } }"""
    assert ask(query) == {
        "__typename": "query_root",
        "insights_by_pk": {
            "__typename": "insights",
            "category": {"__typename": "categories", "parent": {"t": "categories"}},
            "tags": [{"__typename": "tags"}],
        },
    }


def test_the_schema_and_data_in_one_operation(ask: Ask, statements: Statements) -> None:
    query = """query($n: String!, $d: order_by = desc, $w: insights_bool_exp) {
        b: __type(name: $n) { name kind } a: insights(order_by: {id: $d}, where: $w, limit: 1) { id }
        none: __type(name: "nothing") { name }
        __schema { queryType { name } mutationType { name } subscriptionType { name } } __typename }"""
    answer = ask(query, {"n": "tags", "w": {"id": {"_in": [1, 2]}}})
    assert answer == {
        "b": {"name": "tags", "kind": "OBJECT"},
        "a": [{"id": 2}],
        "none": None,
        "__schema": {"queryType": {"name": "query_root"}, "mutationType": None, "subscriptionType": None},
        "__typename": "query_root",
    }
    assert list(answer) == ["b", "a", "none", "__schema", "__typename"]
    assert len(statements()) == 1
    assert ask(query, {"n": "insights", "d": "asc"})["b"] == {"name": "insights", "kind": "OBJECT"}


def test_introspection_has_no_depth(ask: Ask, statements: Statements) -> None:
    deep = "name ofType { " * 17 + "name" + " }" * 17
    query = f'{{ __type(name: "insights") {{ fields {{ type {{ {deep} }} }} }} }}'
    assert len(ask(query)["__type"]["fields"]) == 19
    assert statements() == []


@pytest.mark.parametrize(
    "query",
    [
        "{ insights { id } }",
        "{ __typename }",
        """{ insights(where: {tags: {id: {_gt: 0}}}, order_by: {category: {name: asc}}, offset: 1, limit: 9) {
            category { parent { insights { id } } } tags { id } } }""",
        """{ a: insights { id } b: categories { insights_aggregate { aggregate { count } nodes { id } } }
            c: tags_by_pk(id: 1) { id usage_count } }""",
        """query($w: insights_bool_exp = {id: {_gt: 1}}) {
            insights(where: $w) { id } insights_aggregate(where: $w) { aggregate { count } } }""",
        "{ statistics { recent_insights { id } } insights_grouped(by: [status]) { count } tags { id } }",
    ],
)  # fmt: skip
def test_an_operation_is_one_statement(ask: Ask, statements: Statements, query: str) -> None:
    """New, or known from before."""
    for number in (1, 2, 3):
        ask(query)
        assert len(statements()) == number
    ask(query, audience=VIEWER)
    assert len(statements()) == 4
    assert all(statement.startswith("SELECT ") for statement in statements())


def test_the_names_that_clients_declare_variables_with(ask: Ask) -> None:
    suffixes = (
        "", "_bool_exp", "_order_by", "_select_column", "_aggregate", "_aggregate_fields", "_sum_fields", "_max_fields",
        "_aggregate_order_by", "_sum_order_by", "_aggregate_bool_exp", "_aggregate_bool_exp_count",
    )  # fmt: skip
    shared = (
        "order_by",
        "Int_comparison_exp",
        "String_comparison_exp",
        "timestamptz_comparison_exp",
        "timestamptz",
        "query_root",
    )
    known = {kind["name"] for kind in ask("{ __schema { types { name } } }")["__schema"]["types"]}
    assert {f"{table}{suffix}" for table in ("insights", "categories", "tags") for suffix in suffixes} | set(
        shared
    ) <= known
    query = """query($w: insights_bool_exp!, $o: [insights_order_by!], $c: [insights_select_column!], $d: order_by,
        $t: timestamptz!) {
        insights(where: {_and: [$w, {created_at: {_gt: $t}}]}, order_by: $o) { id }
        insights_aggregate(order_by: {id: $d}) { aggregate { count(columns: $c) } } }"""
    given = {"w": {"id": {"_lt": 3}}, "o": {"id": "desc"}, "c": "source", "d": None, "t": "2026-01-01"}
    assert ask(query, given) == {"insights": [{"id": 2}, {"id": 1}], "insights_aggregate": {"aggregate": {"count": 4}}}


def test_limits_are_ordinary_errors(ask: Ask) -> None:
    with pytest.raises(Rejected) as caught:
        Engine(Limits(rows=3)).answer(Request("{ insights { id } }", {}), EVERYTHING)
    assert caught.value.code == "validation-failed"
    assert len(ask("{ insights { id } }")["insights"]) == 6


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("{ insights { id } insights(limit: 2) { id } }", "insights"),
        ("{ insights(limit: 1, limit: 2) { id } }", "insights.args.limit"),
        ("{ insights(where: {id: {_eq: 1, _eq: 2}}) { id } }", "insights.args.where.id._eq"),
        ("{ insights(where: {id: {_eq: {a: 1}}}) { id } }", "insights.args.where.id._eq"),
        ("{ insights_by_pk(id: 1) { id { a } } }", "insights_by_pk.selectionSet.id"),
        ("{ insights_by_pk(id: 1) { ... on tags { id } } }", "insights_by_pk"),
        ("{ insights { id @include(if: 1) } }", "insights.selectionSet.id"),
        ("{ insights { id @include } }", "insights.selectionSet.id"),
        ("{ insights { id @include(if: $b) } }", "insights.selectionSet.id"),
        ("{ __type(name: 5) { name } }", "__type.args.name"),
    ],
)
def test_where_a_document_is_wrong(refused: Refused, query: str, place: str) -> None:
    assert refused(query) == ("validation-failed", f"$.selectionSet.{place}")


def test_null_for_a_variable_that_the_schema_is_asked_with(refused: Refused) -> None:
    query = 'query($n: String = "tags") { __type(name: $n) { name } }'
    assert refused(query, {"n": None}) == ("validation-failed", "$.selectionSet.__type.args.name")
