"""Section 12 of the reference of the dialect: row filters are joined to every use of a table."""

import pytest

from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.graphql_api.conftest import Ask

pytestmark = pytest.mark.usefixtures("few")
STRANGER, OWNER = (Audience.of([ROLES[Role.VIEWER]], reader=number) for number in (2, 1))


def test_what_an_audience_sees(ask: Ask) -> None:
    """A draft is for its owner, what is restricted for neither: in lists, by key, in conditions, orders, counts."""
    query = """{ insights(order_by: {id: asc}) { id }
        draft: insights_by_pk(id: 3) { id } hidden: insights_by_pk(id: 5) { id }
        insights_aggregate { aggregate { count max { id } } nodes { id } }
        tags(order_by: [{insights_aggregate: {count: desc}}, {id: desc}]) {
          id usage_count insights(order_by: {id: asc}) { id } insights_aggregate { aggregate { count } } }
        with_bob: tags(where: {insights: {author: {_eq: "bob"}}}, order_by: {id: asc}) { id }
        by_key: tags(where: {insights: {id: {_in: [3, 5]}}}, order_by: {id: asc}) { id }
        one: tags(where: {insights: {id: {_eq: 5}}}) { id }
        twice: tags(where: {insights_aggregate: {count: {predicate: {_eq: 2}}}}, order_by: {id: asc}) { id }
        used: tags(where: {usage_count: {_gt: 1}}, order_by: [{usage_count: desc}, {id: asc}]) { id }
        tags_aggregate { aggregate { sum { usage_count } } }
        categories(where: {insights: {}}, order_by: {id: asc}) { id insights { id } } }"""
    stranger = ask(query, audience=STRANGER)
    assert stranger["insights"] == [{"id": number} for number in (1, 2, 4, 6)]
    assert (stranger["draft"], stranger["hidden"]) == (None, None)
    assert stranger["insights_aggregate"]["aggregate"] == {"count": 4, "max": {"id": 6}}
    assert len(stranger["insights_aggregate"]["nodes"]) == 4
    assert [(tag["id"], tag["usage_count"]) for tag in stranger["tags"]] == [(1, 3), (2, 2), (3, 1), (4, 0)]
    assert [tag["insights_aggregate"]["aggregate"]["count"] for tag in stranger["tags"]] == [3, 2, 1, 0]
    assert [[row["id"] for row in tag["insights"]] for tag in stranger["tags"]] == [[1, 2, 6], [1, 6], [6], []]
    assert (stranger["with_bob"], stranger["by_key"], stranger["one"]) == ([{"id": 1}], [], [])
    assert (stranger["twice"], stranger["used"]) == ([{"id": 2}], [{"id": 1}, {"id": 2}])
    assert stranger["tags_aggregate"]["aggregate"] == {"sum": {"usage_count": 6}}
    assert [row["id"] for row in stranger["categories"]] == [1, 2]
    owner = ask(query, audience=OWNER)
    assert owner["insights"] == [{"id": number} for number in (1, 2, 3, 4, 6)]
    assert (owner["draft"], owner["hidden"]) == ({"id": 3}, None)
    assert [(tag["id"], tag["usage_count"]) for tag in owner["tags"]] == [(2, 3), (1, 3), (3, 1), (4, 0)]
    assert (owner["by_key"], owner["twice"], [row["id"] for row in owner["categories"]]) == ([{"id": 2}], [], [1, 2, 3])
    everything = ask(query, audience=EVERYTHING)
    assert (everything["hidden"], everything["one"]) == ({"id": 5}, [{"id": 3}])
    assert everything["tags_aggregate"]["aggregate"] == {"sum": {"usage_count": 8}}
