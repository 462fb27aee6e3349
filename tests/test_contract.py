"""What holds for every route of the contract alike."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight, make_tag, problem

ITEMS = {
    "/insights": ("Insight", "insight_id", {"title": "New"}),
    "/tags": ("Tag", "tag_id", {"name": "New"}),
    "/categories": ("Category", "category_id", {"name": "New"}),
}
UNKNOWN = [99, 0, -1, 2**31, 2**63, 10**30]
NO_NUMBERS = ["abc", "1.5", "1e3", "1_0", "٣", "%201", "0x1", "+1", "null", "9" * 5000, "-", "1;", "%00"]
DOCUMENTED = [
    ("GET", "/insights", 200),
    ("POST", "/insights", 201),
    ("POST", "/insights/search", 200),
    ("GET", "/insights/1", 200),
    ("PUT", "/insights/1", 200),
    ("DELETE", "/insights/1", 204),
    ("GET", "/tags", 200),
    ("POST", "/tags", 201),
    ("GET", "/tags/1", 200),
    ("PUT", "/tags/1", 200),
    ("DELETE", "/tags/1", 204),
    ("GET", "/categories", 200),
    ("POST", "/categories", 201),
    ("GET", "/categories/tree", 200),
    ("GET", "/categories/1", 200),
    ("PUT", "/categories/1", 200),
    ("DELETE", "/categories/1", 204),
    ("GET", "/statistics", 200),
    ("GET", "/health", 200),
    ("GET", "/livez", 200),
    ("GET", "/readyz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/openapi.json", 200),
]
BODIES: dict[str, dict[str, Any]] = {
    "POST /insights": {"title": "T", "description": "d", "author": "A"},
    "POST /tags": {"name": "n", "slug": "s"},
    "POST /categories": {"name": "n", "slug": "s"},
}


@pytest.fixture
def one_of_each(client: FlaskClient) -> FlaskClient:
    make_category(client, "Empty")
    make_tag(client, "Testing")
    make_insight(client, tag_ids=[1])
    return client


def body(method: str, path: str) -> dict[str, Any] | None:
    return BODIES.get(f"{method} {path}", {}) if method in ("POST", "PUT") else None


@pytest.mark.parametrize(("method", "path", "status"), DOCUMENTED)
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_slash_at_the_end_does_not_matter(
    one_of_each: FlaskClient, method: str, path: str, status: int, slash: str
) -> None:
    headers = {"Authorization": "Bearer not-checked", "Accept": "application/json"}
    response = one_of_each.open(path + slash, method=method, json=body(method, path), headers=headers)
    assert response.status_code == status
    assert "WWW-Authenticate" not in response.headers
    assert (response.data == b"") == (status == 204)


@pytest.mark.parametrize("path", ITEMS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_id(one_of_each: FlaskClient, stored: Any, path: str, method: str) -> None:
    kind, _, change = ITEMS[path]
    before = stored()
    for key in UNKNOWN:
        response = one_of_each.open(f"{path}/{key}", method=method, json=change if method == "PUT" else None)
        assert "errors" not in problem(response, 404, f"{kind} {key} does not exist.")
    assert stored() == before


@pytest.mark.parametrize("path", ITEMS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_id_that_is_no_whole_number(one_of_each: FlaskClient, stored: Any, path: str, method: str) -> None:
    _, name, change = ITEMS[path]
    before = stored()
    for key in NO_NUMBERS:
        response = one_of_each.open(f"{path}/{key}", method=method, json=change if method == "PUT" else None)
        assert problem(response, 422, f"{name}: must be a whole number")["errors"] == [
            {"loc": ["path", name], "pointer": f"#/{name}", "message": "must be a whole number", "code": "type"}
        ]
    assert stored() == before


@pytest.mark.parametrize("path", ITEMS)
def test_leading_zeros_do_not_matter(one_of_each: FlaskClient, path: str) -> None:
    assert one_of_each.get(f"{path}/01").get_json() == one_of_each.get(f"{path}/1").get_json()


@pytest.mark.parametrize("path", ITEMS)
def test_what_was_made_is_where_the_answer_says(client: FlaskClient, path: str) -> None:
    made = client.post(path, json=BODIES[f"POST {path}"])
    assert made.status_code == 201
    found = client.get(made.headers["Location"])
    assert (found.data, found.headers["ETag"]) == (made.data, made.headers["ETag"])


@pytest.mark.parametrize("path", ITEMS)
def test_a_deleted_id_is_not_given_again(client: FlaskClient, path: str) -> None:
    for expected in (1, 2, 3):
        made = client.post(path, json=BODIES[f"POST {path}"]).get_json()["id"]
        assert made == expected
        assert client.delete(f"{path}/{made}").status_code == 204
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [row for row in DOCUMENTED if row[0] == "GET"])
def test_every_answer_carries_a_request_id(one_of_each: FlaskClient, method: str, path: str, status: int) -> None:
    assert one_of_each.get(path, headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"


@pytest.mark.parametrize("path", ["/insights", "/insights/1", "/tags/1", "/categories/1"])
def test_times_are_utc_with_z(one_of_each: FlaskClient, path: str) -> None:
    document = one_of_each.get(path).get_json()
    things = document["insights"] if path == "/insights" else [document]
    for thing in things:
        assert len(thing["created_at"]) == len("2026-11-22T09:30:00.123456Z")
        assert thing["created_at"].endswith("Z")
