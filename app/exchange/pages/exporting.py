"""``/library/export``: what the library's filters show, as a file."""

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, cast
from urllib.parse import urlencode
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Blueprint, Response, render_template, send_file

from app.audit.commands import record, told
from app.core.clock import now
from app.core.db import transact
from app.core.http.filters import Filters, given_filters
from app.exchange.formats.csv import write_csv
from app.exchange.formats.json import write_json
from app.exchange.formats.markdown import write_markdown
from app.exchange.models import Format
from app.exchange.queries import exported
from app.exchange.records import Exported
from app.exchange.schemas import ExportForm
from app.identity.acting import current_actor
from app.search.queries.answer import search_json
from app.search.queries.wanted import Portion, Search, Wishes

blueprint = Blueprint("exporting", __name__)
TYPES = {
    Format.CSV: ("text/csv", "csv"),
    Format.JSON: ("application/json", "json"),
    Format.MARKDOWN: ("application/zip", "zip"),
}
WRITERS = {Format.CSV: write_csv, Format.JSON: write_json}
# How much of the list, which says nothing about which insights are found.
OF_THE_PAGE = ("page", "page_size", "limit", "offset", "facets", "explain", "view")
COUNTED = Wishes(facets=False)


@blueprint.get("/library/export")
def show() -> str:
    """How many insights the filters find, and as what they can be had."""
    filters = _filters()
    search = Search.of(filters.arguments, ("q",), "query")
    counted = json.loads(search_json(current_actor().audience, search, Portion(page_size=1), COUNTED))
    asked = _asked(filters)
    back = urlencode(asked, doseq=True)
    return render_template("exchange/export.html", counted=counted, filters=filters, asked=asked, back=back)


@blueprint.get("/library/export/file")
def download() -> Response:
    """The file. It is written whole before it is sent: a download that has begun can't say that it failed."""
    arguments = _filters().arguments
    chosen = Format(arguments.get("format") or Format.CSV)
    search = Search.of(arguments, ("q",), "query")
    insights = exported(current_actor().audience, search)
    transact(record, "insight.export", diff=told({"format": str(chosen), **search.given}))
    media_type, ending = TYPES[chosen]
    name = f"insights-{now():%Y-%m-%d}.{ending}"
    return send_file(_written(chosen, insights), media_type, as_attachment=True, download_name=name, max_age=0)


def _filters() -> Filters:
    return given_filters(ExportForm(), lists=("tag_ids",))


def _asked(filters: Filters) -> Mapping[str, Any]:
    """The filters as they were given, for the form to hand on."""
    return {
        name: value
        for name, value in filters.typed.items()
        if value not in (None, "", []) and name not in (*OF_THE_PAGE, "format")
    }


def _written(chosen: Format, insights: Iterable[Exported]) -> IO[bytes]:
    file = cast("IO[bytes]", TemporaryFile())  # noqa: SIM115  # sending it ends it
    if chosen is Format.MARKDOWN:
        _write_zip(insights, file)
    else:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        WRITERS[chosen](insights, text)
        text.detach()
    file.seek(0)
    return file


def _write_zip(insights: Iterable[Exported], file: IO[bytes]) -> None:
    with TemporaryDirectory(prefix="export-") as folder, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        write_markdown(insights, Path(folder))
        for path in sorted(Path(folder).iterdir()):
            archive.write(path, path.name)
