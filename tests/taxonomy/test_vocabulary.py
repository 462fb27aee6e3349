"""`VOCABULARY`: who may name new tags and categories, and what the others are told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings, SettingsError, load_settings
from app.identity.queries.credentials import forget_callers
from tests.answers import problem
from tests.conftest import built
from tests.identity.world import build, headers

DRAFT = {"title": "T", "description": "d", "author": "A"}


@contextmanager
def vocabulary(migrated: Settings, kind: str) -> Iterator[Flask]:
    with built(migrated.model_copy(update={"auth_mode": "required", "vocabulary": kind})) as app:
        forget_callers()
        yield app
        forget_callers()


@pytest.fixture(scope="session")
def applications(migrated: Settings) -> Iterator[dict[str, Flask]]:
    with (
        vocabulary(migrated, "open") as opened,
        vocabulary(migrated, "curated") as curated,
        vocabulary(migrated, "closed") as closed,
    ):
        yield {"open": opened, "curated": curated, "closed": closed}


@pytest.fixture
def people(clean_database: None, owner_connection: psycopg.Connection) -> Iterator[None]:
    build(owner_connection)
    forget_callers()
    yield
    forget_callers()


def capture(client: FlaskClient, role: str, **fields: Any) -> Any:
    return client.post("/insights", json={**DRAFT, **fields}, headers=headers(role))


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ("open", {"contributor", "editor", "admin"}),
        ("curated", {"editor", "admin"}),
        ("closed", {"admin"}),
    ],
)
def test_who_may_name(
    applications: dict[str, Flask], people: None, stored: Callable[[], object], kind: str, allowed: set[str]
) -> None:
    client = applications[kind].test_client()
    for role in ("contributor", "editor", "admin"):
        for field, value in (("tags", [f"new tag of {role}"]), ("category_name", f"new place of {role}")):
            before = stored()
            answer = capture(client, role, **{field: value})
            if role in allowed:
                assert answer.status_code == 201, answer.text
            else:
                [error] = problem(answer, 400)["errors"]
                assert (error["loc"], error["code"]) == (["body", field], "unknown_name")
                assert stored() == before


@pytest.mark.parametrize("path", ["/tags", "/categories"])
@pytest.mark.parametrize(("kind", "status"), [("open", 201), ("curated", 201), ("closed", 403)])
def test_who_may_make_and_rename_by_themselves(
    applications: dict[str, Flask], people: None, stored: Callable[[], object], path: str, kind: str, status: int
) -> None:
    client = applications[kind].test_client()
    before = stored()
    made = client.post(path, json={"name": "Fresh", "slug": "fresh"}, headers=headers("editor"))
    renamed = client.put(f"{path}/2", json={"name": "Renamed"}, headers=headers("editor"))
    assert (made.status_code, renamed.status_code) == (status, 200 if status == 201 else 403)
    if status == 403:
        assert problem(made, 403)["detail"] == f"New {path[1:]} are named by the administrators."
        told = problem(renamed, 403)["detail"]
        assert told == f"{path[1:].capitalize()} are named, and so renamed, by the administrators."
        assert stored() == before
    described = client.put(f"{path}/2", json={"description": "What it means"}, headers=headers("editor"))
    assert described.status_code == 200
    assert client.post(path, json={"name": "More", "slug": "more"}, headers=headers("admin")).status_code == 201


def test_known_names_and_aliases_are_everybodys(applications: dict[str, Flask], people: None) -> None:
    client = applications["closed"].test_client()
    assert client.post("/tags/1/merge", json={"into": 2}, headers=headers("editor")).status_code == 200
    made = capture(client, "contributor", tags=["INCIDENT", "unused"], category_name="technical")
    assert made.status_code == 201, made.text
    assert [tag["name"] for tag in made.get_json()["tags"]] == ["Unused"]


def test_a_refusal_names_every_unknown_name_and_what_may_be_meant(
    applications: dict[str, Flask], people: None, stored: Callable[[], object]
) -> None:
    client = applications["curated"].test_client()
    before = stored()
    answer = capture(client, "contributor", tags=["Incidnet", "incident", "Zebra"])
    told = problem(answer, 400)
    assert told["detail"] == (
        "There is no tag 'Incidnet' (did you mean 'Incident'?); there is no tag 'Zebra'."
        " New tags are named by the editors."
    )
    assert [(error["loc"], error["message"], error["code"]) for error in told["errors"]] == [
        (["body", "tags"], "there is no tag 'Incidnet' (did you mean 'Incident'?)", "unknown_name"),
        (["body", "tags"], "there is no tag 'Zebra'", "unknown_name"),
    ]
    place = problem(capture(client, "contributor", category_name="Tecnical"), 400)
    both = problem(capture(client, "contributor", tags=["Zebra"], category_name="Tecnical"), 400)
    assert both["detail"] == (
        "There is no category 'Tecnical' (did you mean 'Technical'?); there is no tag 'Zebra'."
        " New categories and tags are named by the editors."
    )
    assert [error["loc"] for error in both["errors"]] == [["body", "category_name"], ["body", "tags"]]
    assert place["detail"] == (
        "There is no category 'Tecnical' (did you mean 'Technical'?). New categories are named by the editors."
    )
    assert stored() == before


def test_a_change_is_refused_like_a_new_insight(
    applications: dict[str, Flask], people: None, stored: Callable[[], object]
) -> None:
    client = applications["closed"].test_client()
    before = stored()
    answer = client.put("/insights/1", json={"title": "Changed", "tags": ["Zebra"]}, headers=headers("editor"))
    assert problem(answer, 400)["errors"][0]["code"] == "unknown_name"
    assert stored() == before


def test_many_at_once_are_refused_alike(
    applications: dict[str, Flask], people: None, stored: Callable[[], object]
) -> None:
    client = applications["closed"].test_client()
    before = stored()
    body = {"action": "tag", "ids": [1], "tags": ["Zebra"]}
    answer = client.post("/insights/bulk", json=body, headers=headers("editor"))
    assert problem(answer, 400)["errors"][0]["code"] == "unknown_name"
    assert stored() == before


def test_another_word_is_no_setting() -> None:
    with pytest.raises(SettingsError, match="VOCABULARY: Input should be 'open', 'curated' or 'closed'"):
        load_settings({"VOCABULARY": "ajar"})
