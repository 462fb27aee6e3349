"""Files that are uploaded to the import page, and the worker that takes them up."""

import io
import re

from flask import Flask
from flask.testing import FlaskClient

from app.exchange.running import claimed, run

BROWSER = {"Accept": "text/html"}
GOOD = "title,description,tags,external_key\nOne,First,incident;db,k1\nTwo,Second,,k2\n"
FOREIGN = "Titel,summary,Thema,Firma,Intern\nEins,Erstens,db;web,ACME,x\n"


def upload(client: FlaskClient, name: str, content: str | bytes, status: str = "draft") -> str:
    """The address of the upload."""
    raw = content.encode() if isinstance(content, str) else content
    response = client.post("/library/import", data={"file": (io.BytesIO(raw), name), "status": status}, headers=BROWSER)
    assert response.status_code == 303, response.text
    assert re.fullmatch(r"/library/import/[0-9a-f-]{36}", response.location)
    return response.location


def work(app: Flask) -> None:
    """What the worker does."""
    with app.app_context():
        waiting = claimed()
        assert waiting is not None
        run(waiting)


def shown(client: FlaskClient, address: str) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == 200, response.text
    return response.text


def figures(text: str) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>([^<]*)</dt><dd>([^<]*)</dd></div>", text))


def titles(client: FlaskClient) -> list[str]:
    return sorted(insight["title"] for insight in client.get("/insights").get_json()["insights"])
