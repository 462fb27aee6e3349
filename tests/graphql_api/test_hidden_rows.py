"""A condition that can fail, or take long, is asked of no insight that the caller doesn't see: by the error, or by the
time, they would learn what is in it."""

from contextlib import suppress

import pytest

from app.graphql_api.errors import Rejected
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
STRANGER = Audience.of([ROLES[Role.VIEWER]], reader=2)
ESCAPE = "LIKE pattern must not end with escape character"
QUERIES = {
    "a list": "{ insights(where: {title: {_like: $p}}) { id } }",
    "an aggregate": "{ insights_aggregate(where: {title: {_like: $p}}) { aggregate { count } } }",
    "a relationship": "{ tags(where: {insights: {title: {_like: $p}}}) { id } }",
    "a count": "{ tags(where: {insights_aggregate: {count: {filter: {title: {_like: $p}}, predicate: {_gt: 0}}}})"
    " { id } }",
    "a negation": "{ insights(where: {_not: {title: {_nlike: $p}}}) { id } }",
    "groups": "{ insights_grouped(by: status, where: {title: {_like: $p}}) { count } }",
}  # fmt: skip


@pytest.mark.parametrize("asked", QUERIES)
def test_an_error_tells_nothing_of_them(ask: Ask, asked: str) -> None:
    """The only title that begins with a b is restricted; the pattern fails for that one alone."""
    query, pattern = f"query($p: String!) {QUERIES[asked]}", {"p": "b%\\"}
    with pytest.raises(Rejected, match=ESCAPE):
        ask(query, pattern, audience=EVERYTHING)
    ask(query, pattern, audience=STRANGER)


def test_an_expression_that_is_none_tells_nothing_either(ask: Ask) -> None:
    """Also when the server has made a plan for all values, and looks at them late."""
    query = "query($k: String!, $p: String!) { insights(where: {author: {_eq: $k}, id: {_gt: 2}, title: {_regex: $p}})"
    query += " { id } }"
    for _ in range(8):
        assert ask(query, {"k": "bob", "p": "a"}, audience=STRANGER) == {"insights": []}
    said = []
    for author in ("bob", "nobody"):
        with suppress(Rejected):
            said.append(ask(query, {"k": author, "p": "("}, audience=STRANGER))
    assert len(said) in (0, 2)
