"""Sections 4 and 5 of the reference of the dialect: boolean expressions and comparison operators."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
Refused = Callable[..., tuple[str, str]]
EVERY = [1, 2, 3, 4, 5, 6]
WHERE = "$.selectionSet.insights.args.where"


def found(ask: Ask, where: str, variables: dict[str, Any] | None = None, declared: str = "") -> list[int]:
    head = f"query({declared}) " if declared else ""
    query = f"{head}{{ insights(where: {where}, order_by: {{id: asc}}) {{ id }} }}"
    return [row["id"] for row in ask(query, variables)["insights"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{}", EVERY),
        ("null", EVERY),
        ("{title: {}}", EVERY),
        ("{source: {}}", EVERY),  # also where it is null
        ('{title: {_ilike: "a%", _neq: "Alpha one"}}', [6]),
        ('{author: {_eq: "ada"}, status: {_eq: "published"}}', [1, 6]),
        ('{author: {_eq: "ada"}, _or: [{status: {_eq: "draft"}}, {priority: {_eq: "critical"}}]}', [3, 6]),
        ("{_and: []}", EVERY),
        ("{_or: []}", []),
        ("{_not: {}}", []),
        ("{_not: {_or: []}}", EVERY),
        ("{_or: [{}]}", EVERY),
        ("{_and: [{id: {_gt: 2}}, {id: {_lt: 5}}]}", [3, 4]),
        ("{_and: {id: {_gt: 2}, version: {_lt: 5}}}", [3, 4]),
        ("{_or: [{id: {_lt: 2}}, {id: {_gt: 5}}]}", [1, 6]),
        ('{_or: {author: {_eq: "ada"}, status: {_eq: "draft"}}}', [3]),  # an object in place of a list is AND
        # three-valued: unknown selects nothing, and its negation neither
        ('{source: {_neq: "blog"}}', [3, 6]),
        ('{_not: {source: {_eq: "blog"}}}', [3, 6]),
        ('{_not: {_not: {source: {_eq: "blog"}}}}', [1, 4]),
        ('{_or: [{source: {_neq: "blog"}}, {source: {_is_null: true}}]}', [2, 3, 5, 6]),
        ('{_not: {_and: [{source: {_eq: "blog"}}, {id: {_lt: 0}}]}}', EVERY),  # unknown and false is false
        ('{_not: {_or: [{source: {_eq: "blog"}}, {id: {_gt: 0}}]}}', []),
    ],
)
def test_expressions(ask: Ask, where: str, expected: list[int]) -> None:
    assert found(ask, where) == expected


def test_no_condition_at_all(ask: Ask) -> None:
    assert ask("{ insights(order_by: {id: asc}) { id } }") == {"insights": [{"id": number} for number in EVERY]}
    assert found(ask, "$w", {"w": None}, "$w: insights_bool_exp") == EVERY
    assert found(ask, "$w", {}, "$w: insights_bool_exp") == EVERY


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{tags: {slug: {_eq: "alpha"}}}', [1, 2, 6]),
        ('{_not: {tags: {slug: {_eq: "alpha"}}}}', [3, 4, 5]),
        ('{tags: {slug: {_neq: "alpha"}}}', [1, 3, 5, 6]),
        ('{_not: {tags: {slug: {_neq: "alpha"}}}}', [2, 4]),  # all tags are, also where there is none
        ("{tags: {}}", [1, 2, 3, 5, 6]),
        ("{_not: {tags: {}}}", [4]),
        ("{category: {}}", [1, 2, 3, 6]),
        ("{_not: {category: {}}}", [4, 5]),
        # one object speaks of one row
        ('{tags: {_and: [{slug: {_eq: "alpha"}}, {slug: {_eq: "beta"}}]}}', []),
        ('{_and: [{tags: {slug: {_eq: "alpha"}}}, {tags: {slug: {_eq: "beta"}}}]}', [1, 6]),
        # true or false, never unknown
        ('{category: {slug: {_eq: "databases"}}}', [1, 2]),
        ('{_not: {category: {slug: {_eq: "databases"}}}}', [3, 4, 5, 6]),
        ('{_not: {category: {slug: {_eq: "databases"}, id: {_eq: 2}}}}', [3, 4, 5, 6]),
        ('{_not: {_not: {category: {slug: {_eq: "databases"}}}}}', [1, 2]),
        ("{_not: {_and: [{_or: [{category: {id: {_eq: 2}}}, {category: {id: {_eq: 3}}}]}]}}", [4, 5, 6]),
        ('{category: {slug: {_neq: "databases"}}}', [3, 6]),
        ("{category: {parent_id: {_is_null: true}}}", [6]),
        ("{category: {parent_id: {_is_null: false}}}", [1, 2, 3]),
        # any depth, and back again
        ('{category: {parent: {slug: {_eq: "technical"}}}}', [1, 2]),
        ('{category: {parent: {children: {insights: {tags: {slug: {_eq: "beta"}}}}}}}', [1, 2, 3]),
        ('{tags: {insights: {status: {_eq: "draft"}}}}', [1, 3, 6]),
        ("{category: {subtree: {id: {_eq: 3}}}}", [1, 2, 3, 6]),
        ("{category: {_not: {subtree: {id: {_eq: 3}}}}}", []),
    ],
)  # fmt: skip
def test_relationships(ask: Ask, where: str, expected: list[int]) -> None:
    """A parent never appears twice, however many children match."""
    assert found(ask, where) == expected


def test_a_filter_of_parents_does_not_filter_their_children(ask: Ask) -> None:
    query = """{ insights(where: {id: {_eq: 6}, tags: {slug: {_eq: "beta"}}}) {
        all: tags(order_by: {id: asc}) { id } some: tags(where: {slug: {_eq: "beta"}}) { id } } }"""
    assert ask(query) == {"insights": [{"all": [{"id": 1}, {"id": 2}, {"id": 3}], "some": [{"id": 2}]}]}


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("predicate: {_gt: 1}", [1, 6]),
        ("predicate: {_eq: 0}", [4]),  # none is a count, too
        ("predicate: {}", EVERY),
        ("predicate: {_gte: 1, _lt: 3}", [1, 2, 3, 5]),
        ("predicate: {_in: [0, 3]}", [4, 6]),
        ("predicate: {_is_null: true}", []),
        ('predicate: {_eq: 1}, filter: {slug: {_in: ["beta", "gamma"]}}', [1, 3, 5]),
        ("predicate: {_eq: 2}, arguments: slug", [1]),
        ("predicate: {_eq: 0}, arguments: [color]", EVERY),
        ("predicate: {_eq: 1}, arguments: version, distinct: true", [1, 2, 3, 5, 6]),
        ("predicate: {_eq: 3}, arguments: version, distinct: false", [6]),
        ("predicate: {_eq: 1}, arguments: [version, color], distinct: true", [1, 2, 3, 5, 6]),
    ],
)
def test_counts_of_related_rows(ask: Ask, predicate: str, expected: list[int]) -> None:
    assert found(ask, f"{{tags_aggregate: {{count: {{{predicate}}}}}}}") == expected


def test_counts_of_related_rows_within_others(ask: Ask) -> None:
    tagged = "{tags_aggregate: {count: {predicate: {_gt: 0}}}}"
    where = f"{{category: {{insights_aggregate: {{count: {{predicate: {{_gte: 2}}, filter: {tagged}}}}}}}}}"
    assert found(ask, where) == [1, 2]
    both = (
        "{_and: [{tags_aggregate: {count: {predicate: {_gt: 0}}}}, {tags_aggregate: {count: {predicate: {_lt: 2}}}}]}"
    )
    assert found(ask, both) == [2, 3, 5]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{id: {_eq: 2}}", [2]),
        ("{id: {_neq: 2}}", [1, 3, 4, 5, 6]),
        ("{id: {_gt: 4}}", [5, 6]),
        ("{id: {_gte: 5}}", [5, 6]),
        ("{id: {_lt: 2}}", [1]),
        ("{id: {_lte: 1}}", [1]),
        ("{id: {_in: [2, 9, 2]}}", [2]),
        ("{id: {_in: 2}}", [2]),  # one value for a list of one
        ("{id: {_nin: [1, 2]}}", [3, 4, 5, 6]),
        ("{id: {_in: []}}", []),
        ("{id: {_nin: []}}", EVERY),
        ("{source: {_in: []}}", []),
        ("{source: {_nin: []}}", EVERY),
        ('{source: {_nin: ["blog"]}}', [3, 6]),
        ('{source: {_in: ["blog", "wiki"]}}', [1, 3, 4, 6]),
        ("{source: {_is_null: true}}", [2, 5]),
        ("{source: {_is_null: false}}", [1, 3, 4, 6]),
        # patterns are anchored; % and _ are wildcards; a backslash takes the next sign as it is
        ('{title: {_like: "Alpha"}}', []),
        ('{title: {_like: "Beta"}}', [2]),
        ('{title: {_like: "Alpha%"}}', [1]),
        ('{title: {_like: "%a%"}}', [1, 2, 5, 6]),
        ('{title: {_nlike: "%a%"}}', [3, 4]),
        ('{title: {_ilike: "ALPHA%"}}', [1, 6]),
        ('{title: {_nilike: "%A%"}}', [3, 4]),
        ('{title: {_like: "100\\\\%%"}}', [3]),
        ('{title: {_like: "100\\\\%"}}', []),
        ('{title: {_like: "under\\\\_score"}}', [4]),
        ('{title: {_like: "under_score"}}', [4]),
        ('{title: {_like: "b_t_"}}', []),
        ('{title: {_like: "B_t_"}}', [2]),
        ('{title: {_like: "back\\\\\\\\slash"}}', [5]),
        ('{title: {_like: """back\\\\slash"""}}', [5]),  # in a block string a backslash is one
        # the whole text must be similar; a regular expression may match anywhere
        ('{title: {_similar: "(Alpha|Beta)"}}', [2]),
        ('{title: {_similar: "(A|a)lpha%"}}', [1, 6]),
        ('{title: {_nsimilar: "%(a|e)%"}}', []),
        ('{title: {_regex: "^[0-9]+%"}}', [3]),
        ('{title: {_regex: "alpha"}}', [6]),
        ('{title: {_iregex: "alpha"}}', [1, 6]),
        ('{title: {_nregex: "[a-z]{3}"}}', []),
        ('{title: {_nregex: "^[A-Za-z]"}}', [3]),
        ('{title: {_niregex: "A"}}', [3, 4]),
        ('{source: {_nlike: "b%"}}', [3, 6]),
        # what has no text operators, and enumerations, which have them
        ('{created_at: {_gt: "2026-01-06T09:30:00+00:00"}}', [6]),
        ('{created_at: {_gte: "2026-01-06T11:30:00+02:00"}}', [5, 6]),
        ('{created_at: {_lt: "2026-01-03"}}', [1]),
        ('{created_at: {_in: ["2026-01-03T09:30:00Z"]}}', [2]),
        ("{published_at: {_is_null: true}}", [3]),
        ('{priority: {_in: ["high", "critical"]}}', [1, 4, 6]),
        ('{status: {_like: "%ed"}}', [1, 2, 4, 5, 6]),
        ('{visibility: {_eq: "RESTRICTED"}}', [5]),
        ('{public_id: {_eq: "00000000-0000-0000-0000-000000000003"}}', [3]),
        ('{public_id: {_in: ["00000000000000000000000000000004"]}}', [4]),
        ('{external_key: {_eq: "K-1"}}', [1]),
    ],
)  # fmt: skip
def test_operators(ask: Ask, where: str, expected: list[int]) -> None:
    assert found(ask, where) == expected


@pytest.mark.parametrize(
    ("declared", "where", "value", "expected"),
    [
        ("$v: insights_bool_exp!", "$v", {"_or": {"id": {"_eq": 2}}}, [2]),
        ("$v: insights_bool_exp!", "$v", {"_or": []}, []),
        ("$v: [insights_bool_exp!]", "{_or: $v}", {"id": {"_in": 2}}, [2]),
        ("$v: [insights_bool_exp!]!", "{_or: $v}", [{"id": {"_eq": 2}}, {"id": {"_eq": 3}}], [2, 3]),
        ("$v: [insights_bool_exp!]!", "{_and: $v}", [], EVERY),
        ("$v: insights_bool_exp!", "{_or: [{id: {_eq: 1}}, $v]}", {"id": {"_eq": 3}}, [1, 3]),
        ("$v: Int_comparison_exp", "{id: $v}", {"_gt": 4, "_neq": 5}, [6]),
        ("$v: [Int!]", "{id: {_in: $v}}", 3, [3]),
        ("$v: [Int!]", "{id: {_in: $v}}", [], []),
        ("$v: [Int!]", "{id: {_nin: $v}}", [], EVERY),
        ("$v: Int!", "{id: {_in: [1, $v]}}", 3, [1, 3]),
        ("$v: [String!]!", "{source: {_in: $v}}", ["blog", "x'); --"], [1, 4]),
        ("$v: Boolean!", "{source: {_is_null: $v}}", True, [2, 5]),
        ("$v: Boolean!", "{source: {_is_null: $v}}", False, [1, 3, 4, 6]),
        ("$v: String", "{title: {_like: $v}}", "100\\%%", [3]),
        ("$v: timestamptz!", "{created_at: {_gt: $v}}", "2026-01-06T09:30:00Z", [6]),
        ("$v: uuid!", "{public_id: {_eq: $v}}", "00000000-0000-0000-0000-000000000003", [3]),
        ("$v: tags_aggregate_bool_exp", "{tags_aggregate: $v}", {"count": {"predicate": {"_gt": 2}}}, [6]),
    ],
)
def test_the_same_by_variable(ask: Ask, declared: str, where: str, value: Any, expected: list[int]) -> None:
    assert found(ask, where, {"v": value}, declared) == expected


@pytest.mark.parametrize(
    "operator", ["_eq", "_neq", "_gt", "_gte", "_lt", "_lte", "_like", "_niregex", "_similar", "_in"]
)
def test_null_is_no_operand(refused: Refused, operator: str) -> None:
    kind = "[String!]" if operator == "_in" else "String"
    error = ("validation-failed", f"{WHERE}.source.{operator}")
    query = f"query($v: {kind}) {{ insights(where: {{source: {{{operator}: $v}}}}) {{ id }} }}"
    assert refused(query.replace("$v}", "null}").replace(f"query($v: {kind})", "")) == error
    assert refused(query, {"v": None}) == error
    assert refused(query, {}) == error
    whole = "query($w: insights_bool_exp!) { insights(where: $w) { id } }"
    assert refused(whole, {"w": {"source": {operator: None}}}) == error


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("{source: null}", "source"),
        ("{_and: null}", "_and"),
        ("{_or: null}", "_or"),
        ("{_not: null}", "_not"),
        ("{category: null}", "category"),
        ("{tags: null}", "tags"),
        ("{tags_aggregate: null}", "tags_aggregate"),
        ("{tags_aggregate: {count: null}}", "tags_aggregate.count"),
        ("{source: {_is_null: null}}", "source._is_null"),
        ("{created_at: {_gt: null}}", "created_at._gt"),
        ("{_and: [{}, {source: {_eq: null}}]}", "_and[1].source._eq"),
        ("{_or: {source: {_eq: null}}}", "_or[0].source._eq"),
        ("{category: {parent: {name: {_eq: null}}}}", "category.parent.name._eq"),
        ("{tags_aggregate: {count: {predicate: {_gt: null}}}}", "tags_aggregate.count.predicate._gt"),
        (
            "{tags_aggregate: {count: {predicate: {}, filter: {slug: {_eq: null}}}}}",
            "tags_aggregate.count.filter.slug._eq",
        ),
        ("{tags_aggregate: {}}", "tags_aggregate"),
        ("{tags_aggregate: {count: {filter: {}}}}", "tags_aggregate.count"),
        ("{id: {_in: [1, null]}}", "id._in[1]"),
        ('{id: {_like: "1"}}', "id._like"),
        ('{created_at: {_regex: "1"}}', "created_at._regex"),
        ('{title: {_ne: "1"}}', "title._ne"),
        ("{public_id: {_eq: 5}}", "public_id._eq"),
        ("{created_at: {_eq: 5}}", "created_at._eq"),
        ("{tags: {slug: {_eq: 5}}}", "tags.slug._eq"),
    ],
)
def test_what_is_no_condition(refused: Refused, where: str, place: str) -> None:
    assert refused(f"{{ insights(where: {where}) {{ id }} }}") == ("validation-failed", f"{WHERE}.{place}")
