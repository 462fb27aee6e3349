"""``/library/trash``: what was deleted, brought back or deleted for good from a page."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.config import Settings
from app.core.http.pages import DIST
from app.identity.queries.credentials import forget_callers
from tests.answers import make_category, make_insight
from tests.conftest import built
from tests.identity.world import KINDS, build, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}


def page(client: FlaskClient, path: str, status: int = 200, **more: Any) -> str:
    response = client.get(path, headers=BROWSER | more.pop("headers", {}))
    assert (response.status_code, response.mimetype) == (status, "text/html"), response.text
    return response.text


def titles(html: str) -> list[str]:
    return re.findall(r'<a href="/library/trash/\d+" data-open>(.*?)</a>', html)


@pytest.fixture
def bin_(client: FlaskClient) -> FlaskClient:
    """Two insights in the trash, and one beside it."""
    make_category(client, "Technical")
    make_insight(client, title="First", description="What we saw.", content="# Notes\n\nand <b>more</b>", category_id=1)
    make_insight(client, title="Second", tags=["Postgres"])
    make_insight(client, title="Third")
    client.delete("/insights/1")
    client.delete("/insights/2")
    return client


def test_the_list_says_what_and_until_when(bin_: FlaskClient, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    html = page(bin_, "/library/trash")
    assert len(statements()[before:]) == 1
    assert titles(html) == ["Second", "First"]
    assert "2 insights, deleted last first." in html
    assert "stay here for 30 days" in html
    assert "local administrator" in html
    assert titles(page(bin_, "/library/trash?page_size=1&page=2")) == ["First"]
    assert "There is no page 3" in page(bin_, "/library/trash?page_size=1&page=3")


def test_an_empty_trash_says_what_it_is_for(client: FlaskClient) -> None:
    html = page(client, "/library/trash")
    assert "The trash is empty" in html
    assert "/library/trash/empty" not in html


def test_one_can_be_read_in_the_trash(bin_: FlaskClient, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    html = page(bin_, "/library/trash/1")
    assert len(statements()[before:]) == 1
    assert "<h1>First</h1>" in html
    assert "What we saw." in html
    assert ">Notes" in html
    assert "&lt;b&gt;more" in html
    assert "Insight 3 is not in the trash." in page(bin_, "/library/trash/3", 404)


def test_restoring_leads_to_the_insight(bin_: FlaskClient) -> None:
    version = re.search(r'name="version" value="(\d+)"', page(bin_, "/library/trash/1"))
    assert version
    response = bin_.post("/library/trash/1/restore", data={"version": version[1]})
    assert (response.status_code, response.headers["Location"]) == (303, "/library/1-first?done=restored")
    assert bin_.get("/insights/1").get_json()["title"] == "First"
    assert "The insight is back from the trash." in page(bin_, "/library/1-first?done=restored")


@pytest.mark.parametrize(("given", "status"), [({}, 422), ({"version": "x"}, 422), ({"version": "9"}, 409)])
@pytest.mark.parametrize("act", ["restore", "purge"])
def test_without_the_version_that_was_shown_nothing_is_done(
    bin_: FlaskClient, stored: Callable[[], object], act: str, given: dict[str, str], status: int
) -> None:
    before = stored()
    response = bin_.post(f"/library/trash/1/{act}", data=given, headers=BROWSER)
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert 'role="alert"' in response.text
    assert stored() == before


def test_a_key_that_another_has_now_is_named(client: FlaskClient, stored: Callable[[], object]) -> None:
    make_insight(client, title="Old", external_key="KEY-1")
    client.delete("/insights/1")
    make_insight(client, title="New", external_key="KEY-1")
    before = stored()
    response = client.post("/library/trash/1/restore", data={"version": "1"}, headers=BROWSER)
    assert response.status_code == 422
    assert "insight 2" in response.text
    assert "<h1>Old</h1>" in response.text
    assert stored() == before


def test_deleting_for_good_asks_first(bin_: FlaskClient, stored: Callable[[], object]) -> None:
    before = stored()
    html = page(bin_, "/library/trash/1/purge")
    assert "Nobody can bring it back." in html
    assert stored() == before
    response = bin_.post("/library/trash/1/purge", data={"version": "1"})
    assert (response.status_code, response.headers["Location"]) == (303, "/library/trash?done=purged")
    assert titles(page(bin_, "/library/trash")) == ["Second"]
    assert "Insight 1 does not exist." in page(bin_, "/library/1", 404)


def test_emptying_asks_first(bin_: FlaskClient, stored: Callable[[], object]) -> None:
    before = stored()
    assert "2 insights go at once" in page(bin_, "/library/trash/empty")
    assert stored() == before
    response = bin_.post("/library/trash/empty")
    assert (response.status_code, response.headers["Location"]) == (303, "/library/trash?done=trash-emptied&n=2")
    html = page(bin_, "/library/trash?done=trash-emptied&n=2")
    assert "2 insights were deleted for good." in html
    assert titles(html) == []
    assert "There is nothing in it." in page(bin_, "/library/trash/empty")


@pytest.mark.parametrize("path", ["/library/1", "/library/1-first"])
def test_who_misses_an_insight_is_told_where_it_is(bin_: FlaskClient, path: str) -> None:
    html = page(bin_, path, 404)
    assert "This insight is in the trash" in html
    assert 'action="/library/trash/1/restore"' in html
    assert bin_.get("/insights/1").get_json()["detail"] == "Insight 1 does not exist."


def test_browsers_that_open_the_trash_of_the_api_are_sent_to_its_page(client: FlaskClient) -> None:
    assert client.get("/insights/trash", headers=BROWSER).headers["Location"] == "/library/trash"


def test_everybody_sees_what_they_may_bring_back(
    migrated: Settings, clean_database: None, owner_connection: psycopg.Connection, stored: Callable[[], object]
) -> None:
    build(owner_connection)
    forget_callers()
    with built(migrated.model_copy(update={"auth_mode": "required", "anonymous_reading": True})) as app:
        client = app.test_client()
        for kind in KINDS:
            client.delete(f"/insights/{kind.id}", headers=headers("admin"))
        own = [kind for kind in KINDS if kind.changed_by("contributor")]
        others = next(kind for kind in KINDS if not kind.changed_by("contributor"))
        contributor = headers("contributor")
        html = page(client, "/library/trash", headers=contributor)
        assert sorted(titles(html)) == sorted(f"{kind.status} {kind.visibility}" for kind in own)
        assert "Empty the trash" not in html
        assert "/purge" not in page(client, f"/library/trash/{own[0].id}", headers=contributor)
        assert titles(page(client, "/library/trash", headers=headers("viewer"))) == []
        assert "in the trash" in page(client, f"/library/{own[0].id}", 404, headers=contributor)
        for stranger in (contributor, {}):
            assert "This insight is in the trash" not in page(client, f"/library/{others.id}", 404, headers=stranger)

        before = stored()
        for method, path, who, status in [
            ("GET", f"/library/trash/{others.id}", "contributor", 404),
            ("POST", f"/library/trash/{others.id}/restore", "contributor", 404),
            ("POST", f"/library/trash/{own[0].id}/purge", "editor", 403),
            ("POST", "/library/trash/empty", "editor", 403),
        ]:
            answer = client.open(path, method=method, data={"version": "1"}, headers=headers(who))
            assert answer.status_code == status, path
        assert stored() == before
    forget_callers()
