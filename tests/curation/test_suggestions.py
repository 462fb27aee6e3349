"""``GET /tags/suggested-merges`` and the same of categories: what is likely one thing, and what only looks so."""

import time
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.curation.likeness import distance
from app.curation.schemas import CategorySuggestions, TagSuggestions
from tests.answers import answered, make_category, make_insight, make_tag


def suggested(client: FlaskClient, **query: int) -> list[tuple[str, str, str, float]]:
    document = answered(client.get("/tags/suggested-merges", query_string=query), TagSuggestions)
    return [
        (each["from"]["name"], each["into"]["name"], each["reason"], each["similarity"])
        for each in document["suggestions"]
    ]


def tags(client: FlaskClient, *names: str) -> None:
    for number, name in enumerate(names):
        make_tag(client, name, slug=f"slug-{number}")


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ("same", "same", 0), ("colour", "color", 1), ("feild", "field", 1), ("kitten", "sitting", 3), ("", "abc", 3),
        ("acommodation", "accomodation", 2),
    ],
)  # fmt: skip
def test_the_distance_of_two_words(one: str, other: str, steps: int) -> None:
    assert (distance(one, other), distance(other, one)) == (steps, steps)


@pytest.mark.parametrize(
    ("names", "reason", "similarity"),
    [
        (("Accessibility", "Accesibility"), "spelling", 0.923),
        (("Field note", "Feild note"), "spelling", 0.889),
        (("Colour", "Color"), "spelling", 0.833),
        (("Accommodation", "Acomodation"), "spelling", 0.846),
        (("Post-mortem", "Postmortem"), "spelling", 1.0),
        (("Lesson learned", "Lessons Learned"), "same words", 1.0),
        (("Data quality", "Quality of data"), None, None),
        (("Quality Data", "data qualities"), "same words", 1.0),
        (("Deploying", "Deployment"), "same words", 0.7),
        (("Networking", "Network"), "same words", 0.7),
        (("Categories", "Category"), "same words", 1.0),
        (("Stitches", "Stitch"), "same words", 1.0),
    ],
)
def test_what_is_likely_one_thing(
    client: FlaskClient, names: tuple[str, str], reason: str | None, similarity: float | None
) -> None:
    tags(client, *names)
    assert suggested(client) == ([(names[1], names[0], reason, similarity)] if reason else [])


@pytest.mark.parametrize(
    "names",
    [
        ("Phase 1", "Phase 2"), ("C", "C++", "C#"), ("Java", "Lava"), ("Call", "On call"), ("QA", "QC"),
        ("Release 2024", "Release 2025"), ("The", "And"), ("Testing", "Security"),
        ("US west coast", "US east coast"), ("Gmail", "Email"), ("Log", "Logging"),
    ],
)  # fmt: skip
def test_what_only_looks_alike(client: FlaskClient, names: tuple[str, ...]) -> None:
    tags(client, *names)
    assert suggested(client) == []


def test_the_less_used_goes_into_the_more_used(client: FlaskClient) -> None:
    tags(client, "Feild note", "Field note")
    make_insight(client, tag_ids=[2])
    document = client.get("/tags/suggested-merges").get_json()
    assert document == {
        "suggestions": [
            {
                "from": {"id": 1, "name": "Feild note", "usage_count": 0},
                "into": {"id": 2, "name": "Field note", "usage_count": 1},
                "reason": "spelling",
                "similarity": 0.889,
            }
        ]
    }


def test_each_name_goes_once_and_the_most_alike_come_first(client: FlaskClient) -> None:
    tags(client, "Incidents", "Incident", "Incedent", "Colour", "Color")
    assert suggested(client) == [
        ("Incident", "Incidents", "same words", 1.0),
        ("Incedent", "Incident", "spelling", 0.875),
        ("Color", "Colour", "spelling", 0.833),
    ]
    assert suggested(client, skip=1, limit=1) == [("Incedent", "Incident", "spelling", 0.875)]


def test_a_shared_stem_stands_below_a_slip(client: FlaskClient) -> None:
    tags(client, "Production", "Productivity", "Network", "Networking", "Backups", "Backup", "Colour", "Color")
    pairs = [frozenset(pair[:2]) for pair in suggested(client)]
    assert pairs[:2] == [{"Backup", "Backups"}, {"Color", "Colour"}]
    assert set(pairs[2:]) == {frozenset({"Network", "Networking"}), frozenset({"Production", "Productivity"})}


def test_what_was_suggested_can_be_merged(client: FlaskClient) -> None:
    tags(client, "Field note", "Feild note")
    [pair] = client.get("/tags/suggested-merges").get_json()["suggestions"]
    assert client.post(f"/tags/{pair['from']['id']}/merge", json={"into": pair["into"]["id"]}).status_code == 200
    assert suggested(client) == []


def test_categories_never_go_into_one_below_them(client: FlaskClient) -> None:
    make_category(client, "Incident")
    make_category(client, "Incidents", parent_id=1)
    make_insight(client, category_id=2)
    document: dict[str, Any] = answered(client.get("/categories/suggested-merges"), CategorySuggestions)
    assert document == {
        "suggestions": [
            {
                "from": {"id": 2, "name": "Incidents", "insight_count": 1},
                "into": {"id": 1, "name": "Incident", "insight_count": 0},
                "reason": "same words",
                "similarity": 1.0,
            }
        ]
    }


def test_five_thousand_tags_in_a_few_seconds_even_on_a_busy_machine(client: FlaskClient, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tags (name, slug) SELECT 'Topic ' || md5(n::text), n::text FROM generate_series(1, 5000) n"
        )
    tags(client, "Field note", "Feild note")
    started = time.process_time()
    assert suggested(client) == [("Feild note", "Field note", "spelling", 0.889)]
    assert time.process_time() - started < 3
