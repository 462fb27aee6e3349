"""Publishing, archiving and trashing one insight from its page: at once, and undone from the notice."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST
from tests.answers import make_insight
from tests.identity.world import KINDS, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}
Stored = Callable[[], dict[str, Any]]
OWN = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
PUBLIC = next(kind.id for kind in KINDS if (kind.status, kind.visibility) == ("published", "PUBLIC"))


def act(client: FlaskClient, name: str, role: str = "", insight_id: int = 1, version: str = "1") -> TestResponse:
    path = f"/library/{insight_id}-pool/{name}"
    return client.post(path, data={"version": version}, headers={**BROWSER, **(headers(role) if role else {})})


@pytest.mark.parametrize(
    ("name", "path", "code", "status"),
    [("publish", "/library/1-pool", "published", "published"), ("archive", "/library/1-pool", "archived", "archived")],
)
def test_the_status_changes_and_back(client: FlaskClient, name: str, path: str, code: str, status: str) -> None:
    make_insight(client, title="Pool")
    response = act(client, name)
    assert response.status_code == 303
    there = urlsplit(response.location)
    asked = parse_qs(there.query)
    assert (there.path, asked["done"]) == (path, [code])
    assert client.get("/insights/1").get_json()["status"] == status
    notice = client.get(response.location, headers=BROWSER).text
    assert f'action="/acts/{asked["receipt"][0]}/undo"' in notice
    client.post(f"/acts/{asked['receipt'][0]}/undo")
    assert client.get("/insights/1").get_json()["status"] == "draft"


def test_the_trash_leads_to_the_library(client: FlaskClient) -> None:
    make_insight(client, title="Pool")
    response = act(client, "trash")
    there = urlsplit(response.location)
    assert (response.status_code, there.path, parse_qs(there.query)["done"]) == (303, "/library", ["trashed"])
    assert client.get("/insights/1").status_code == 404
    client.post(f"/acts/{parse_qs(there.query)['receipt'][0]}/undo")
    assert client.get("/insights/1").get_json()["title"] == "Pool"


def test_what_is_so_already_is_not_done_again(client: FlaskClient, stored: Stored) -> None:
    make_insight(client, title="Pool", status="published")
    before = stored()
    assert act(client, "publish").location == "/library/1-pool?done=unchanged"
    assert stored() == before


@pytest.mark.parametrize("name", ["publish", "archive", "trash"])
def test_what_changed_meanwhile_is_asked_about(client: FlaskClient, stored: Stored, name: str) -> None:
    make_insight(client, title="Pool")
    client.put("/insights/1", json={"description": "Changed."})
    before = stored()
    response = act(client, name)
    assert response.status_code == 409
    assert "Somebody else changed this meanwhile" in response.text
    assert '<input type="hidden" name="version" value="2">' in response.text
    assert f'action="/library/1-pool/{name}"' in response.text
    assert stored() == before
    assert act(client, name, version="2").status_code == 303


@pytest.mark.parametrize("version", ["", "x"])
def test_without_a_version_nothing_is_done(client: FlaskClient, stored: Stored, version: str) -> None:
    make_insight(client, title="Pool")
    before = stored()
    assert act(client, "trash", version=version).status_code == 422
    assert stored() == before


@pytest.mark.parametrize(
    ("role", "name", "insight_id", "status"),
    [
        ("contributor", "publish", OWN, 403),
        ("contributor", "archive", OWN, 403),
        ("contributor", "trash", PUBLIC, 403),
        ("viewer", "trash", PUBLIC, 403),
        ("viewer", "trash", OWN, 404),
        ("anonymous", "trash", PUBLIC, 401),
        ("editor", "trash", 999, 404),
    ],
)
def test_what_is_not_one_s_own_stays(
    caller: FlaskClient, stored: Stored, role: str, name: str, insight_id: int, status: int
) -> None:
    before = stored()
    assert act(caller, name, role, insight_id).status_code == status
    assert stored() == before


def test_a_contributor_trashes_an_own_draft(caller: FlaskClient) -> None:
    assert act(caller, "trash", "contributor", OWN).status_code == 303
    assert caller.get(f"/insights/{OWN}", headers=headers("contributor")).status_code == 404
