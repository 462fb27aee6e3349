"""The database keeps which insights mention a file, whoever writes."""

import threading

import psycopg
from flask.testing import FlaskClient

from tests.answers import make_insight
from tests.attachments.files import PNG, attached

LINKS = "SELECT insight_id, attachment_id::text FROM insight_attachments ORDER BY 1, 2"


def links(owner: psycopg.Connection) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in owner.execute(LINKS)]


def test_every_way_to_mention(client: FlaskClient, owner: psycopg.Connection) -> None:
    one, other = sorted((attached(client), attached(client)), key=lambda each: each["id"])
    content = f"![]({one['url']}) and <https://here.example{one['url']}> and [x]: {other['url']}"
    insight = make_insight(client, content=content)
    assert links(owner) == [(insight["id"], one["id"]), (insight["id"], other["id"])]
    second = make_insight(client, content="none")
    assert client.put(f"/insights/{second['id']}", json={"content": one["markdown"]}).status_code == 200
    owner.execute(
        "INSERT INTO insights (title, description, author, content) VALUES ('t', 'd', 'a', %s), ('u', 'd', 'a', NULL)",
        (one["url"],),
    )
    assert links(owner)[2:] == [(second["id"], one["id"]), (second["id"] + 1, one["id"])]


def test_what_is_no_mention(client: FlaskClient, owner: psycopg.Connection) -> None:
    answer = attached(client)
    for content in (answer["id"], f"/attachments/{answer['id'][:-1]}", "/attachments/x", f"/attachments/{'0' * 36}"):
        make_insight(client, content=content)
    assert links(owner) == []


def test_they_last_as_long_as_the_insight(client: FlaskClient, owner: psycopg.Connection) -> None:
    answer = attached(client)
    insight = make_insight(client, content=answer["markdown"])
    there = [(insight["id"], answer["id"])]
    assert client.put(f"/insights/{insight['id']}", json={"content": None}).status_code == 200
    assert links(owner) == there
    assert client.delete(f"/insights/{insight['id']}").status_code == 204
    assert links(owner) == there
    assert client.post(f"/insights/{insight['id']}/restore").status_code == 200
    assert links(owner) == there
    client.delete(f"/insights/{insight['id']}")
    assert client.delete(f"/insights/trash/{insight['id']}").status_code == 204
    assert links(owner) == []
    again = make_insight(client, content=answer["markdown"])
    assert len(links(owner)) == 1
    owner.execute("DELETE FROM insights WHERE id = %s", (again["id"],))
    assert links(owner) == []


def test_many_files_in_a_long_text(client: FlaskClient, owner: psycopg.Connection) -> None:
    answers = [attached(client, PNG, f"{number}.png") for number in range(20)]
    make_insight(client, content="\n\nwords ".join(f"{each['markdown']} {'word ' * 2000}" for each in answers))
    assert {link[1] for link in links(owner)} == {each["id"] for each in answers}


def test_two_writers_mention_the_same(client: FlaskClient, owner: psycopg.Connection, owner_url: str) -> None:
    answer = attached(client)
    statement = "INSERT INTO insights (title, description, author, content) VALUES ('t', 'd', 'a', %s)"
    with psycopg.connect(owner_url) as first:
        first.execute(statement, (answer["url"],))
        second = threading.Thread(target=owner.execute, args=(statement, (answer["url"],)))
        second.start()
        second.join(timeout=5)
        assert not second.is_alive()
    assert len(links(owner)) == 2
