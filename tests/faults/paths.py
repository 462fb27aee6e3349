"""Every way to write, each as one call."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path as Folder
from typing import Any

from click.testing import CliRunner
from flask.testing import FlaskClient

from app.cli import cli
from tests.answers import problem
from tests.faults.world import EDITORS_TOKEN

AWAY = ("The database can't be reached just now.", "Others are changing the same data just now.")


@dataclass
class Writer:
    """Who writes: a program that calls the API, and an operator with the files that commands read."""

    client: FlaskClient
    files: Folder
    receipt_id: str = ""


# Whether it was done; False: it was told, in the way that callers are told, to try again later.
Write = Callable[[Writer], bool]


@dataclass(frozen=True)
class Path:
    """A write, and the act with a receipt that it comes after."""

    write: Write
    first: Write | None = None


def request(method: str, address: str, body: object = None, **headers: str) -> Write:
    def write(writer: Writer) -> bool:
        path = address.format(receipt=writer.receipt_id)
        response = writer.client.open(path, method=method, json=body, headers=headers)
        if response.status_code < 300:
            writer.receipt_id = (response.get_json(silent=True) or {}).get("receipt_id", "")
            return True
        assert problem(response, 503)["detail"] in AWAY
        assert response.headers["Retry-After"] == "2"
        return False

    return write


def upload(path: str, name: str, content: bytes, **headers: str) -> Write:
    """A file of a form."""

    def write(writer: Writer) -> bool:
        response = writer.client.post(path, data={"file": (BytesIO(content), name)}, headers=headers)
        if response.status_code < 300:
            return True
        assert problem(response, 503)["detail"] in AWAY
        return False

    return write


def form(path: str, **fields: str) -> Write:
    """A form of a page, sent by a browser."""

    def write(writer: Writer) -> bool:
        response = writer.client.post(path, data=fields, headers={"Accept": "text/html"})
        if response.status_code < 400:
            return "can&#39;t be reached" not in response.text
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2"), response.text
        assert any(detail.replace("'", "&#39;") in response.text for detail in AWAY), response.text
        return False

    return write


def command(*arguments: str, **files: str) -> Write:
    """A command of ``insights``; ``files`` are written before, and an argument may name one."""

    def write(writer: Writer) -> bool:
        for name, content in files.items():
            (writer.files / name).write_text(content)
        named = [str(writer.files / each) if each in files else each for each in arguments]
        result = CliRunner().invoke(cli, named)
        if result.exit_code == 0:
            return True
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith(AWAY), (result.output, result.exception)
        assert "Traceback" not in result.output
        return False

    return write


NEW: dict[str, Any] = {
    "title": "Vacuum", "description": "When it runs.", "author": "Ada", "status": "published",
    "category_name": "New category", "tags": ["INCIDENT", "New tag", "Another"],
}  # fmt: skip
CHANGED: dict[str, Any] = {
    "title": "Better", "content": "Long.", "category_name": "New category", "tags": ["New tag", "incident"],
    "message": "It was wrong.",
}  # fmt: skip
ROWS = (
    "title,description,author,category,tags,external_key\n"
    'Indexes,Changed.,Ada,Imported,"new,incident",KB-1\nSecond,New.,Ada,,"newer",KB-2\nThird,New.,Ada,Process,,KB-3\n'
)
TOKEN = {"Authorization": f"Bearer {EDITORS_TOKEN}"}

BULK = "/insights/bulk"


def undoing(act: Write) -> Path:
    return Path(request("POST", "/receipts/{receipt}/undo", {}), first=act)


WRITES: dict[str, Write] = {
    "capture an insight": request("POST", "/insights", NEW),
    "capture with a token": request("POST", "/insights", NEW, **TOKEN),
    "capture under a key": request("POST", "/insights", NEW, **{"Idempotency-Key": "k"}),
    "change an insight": request("PUT", "/insights/1", CHANGED),
    "change its tags alone": request("PUT", "/insights/1", {"tag_ids": [3]}),
    "trash an insight": request("DELETE", "/insights/1?message=Wrong"),
    "restore from the trash": request("POST", "/insights/5/restore", {"message": "It was right."}),
    "purge": request("DELETE", "/insights/trash/5"),
    "empty the trash": request("DELETE", "/insights/trash"),
    "restore a revision": request("POST", "/insights/1/revisions/1/restore", {"message": "It was right."}),
    "create a tag": request("POST", "/tags", {"name": "New", "slug": "new"}, **{"Idempotency-Key": "k"}),
    "rename a tag": request("PUT", "/tags/1", {"name": "New"}),
    "delete a tag": request("DELETE", "/tags/1"),
    "merge tags": request("POST", "/tags/3/merge", {"into": 2, "message": "One word."}, **{"Idempotency-Key": "k"}),
    "create a category": request("POST", "/categories", {"name": "New", "slug": "new", "parent_id": 1}),
    "change a category": request("PUT", "/categories/3", {"parent_id": 2, "name": "New"}),
    "delete a category": request("DELETE", "/categories/4"),
    "merge categories": request("POST", "/categories/1/merge", {"into": 2}),
    "move a category": request("POST", "/categories/3/move", {"parent_id": 2}),
    "tag many": request("POST", BULK, {"action": "tag", "ids": [1, 2, 3], "tags": ["Unused", "New"]}),
    "recategorise many": request("POST", BULK, {"action": "recategorise", "ids": [1, 2], "category_name": "New"}),
    "publish many": request("POST", BULK, {"action": "publish", "filter": {}}, **{"Idempotency-Key": "k"}),
    "trash many": request("POST", BULK, {"action": "trash", "ids": [1, 2, 3]}),
    "save a search": request("POST", "/search/saved", {"name": "New", "query": "tag:new"}, **{"Idempotency-Key": "k"}),
    "change a saved search": request("PUT", "/search/saved/1", {"name": "New", "query": "tag:new", "shared": True}),
    "delete a saved search": request("DELETE", "/search/saved/1"),
    "make a feed key": request("POST", "/search/saved/1/feed-key", {}, **{"Idempotency-Key": "k"}),
    "revoke a feed key": request("DELETE", "/search/saved/1/feed-key"),
    "attach a file": upload("/attachments", "plan.txt", b"plan", **{"Idempotency-Key": "k"}),
    "seed": command("seed"),
    "import": command("import", "csv", "rows.csv", "--batch-size", "2", **{"rows.csv": ROWS}),
    "users create": command("users", "create", "--email", "a@example.org", "--name", "A", "--role", "viewer"),
    "users disable": command("users", "disable", "editor@example.org"),
    "users link": command("users", "link", "editor@example.org"),
    "tokens create": command("tokens", "create", "--name", "robot", "--role", "viewer"),
    "invite somebody": form("/admin/users", name="A", email="a@example.org", role="viewer"),
    "change somebody": form("/admin/users/2", name="A", email="a@example.org", role="viewer", version="1"),
}
UNDONE = ("merge tags", "merge categories", "move a category", "tag many", "trash many")
PATHS = {name: Path(write) for name, write in WRITES.items()} | {
    f"undo: {name}": undoing(WRITES[name]) for name in UNDONE
}
