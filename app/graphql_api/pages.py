"""The page at which people try operations; `app.graphql_api.rest` shows it to browsers."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from flask import Response, render_template

from app.graphql_api.persisted import kept_files

COMMENT = "#"


class Example(NamedTuple):
    """A kept operation as the page lists it: ``about`` is the comment at its head."""

    name: str
    about: str
    text: str


def query_page() -> Response:
    """Whoever asks for JSON gets something else at this address."""
    return Response(render_template("graphql/page.html", examples=examples()), headers={"Vary": "Accept"})


@cache
def examples() -> Sequence[Example]:
    """Each without the comment at its head, which stands beside it."""
    return [Example(name, *_split(text)) for name, text in kept_files().items()]


def _split(text: str) -> tuple[str, str]:
    lines = text.splitlines()
    head = next((number for number, line in enumerate(lines) if not line.startswith(COMMENT)), len(lines))
    about = " ".join(line.removeprefix(COMMENT).strip() for line in lines[:head])
    return about, "\n".join(lines[head:])
