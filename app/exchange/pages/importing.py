"""``/library/import``: files are uploaded, tried out, looked at, and written when they are good."""

from uuid import UUID

from flask import Blueprint, redirect, request
from werkzeug import Response

from app.core.db import transact
from app.core.http.uploads import takes_files
from app.errors import FieldError, Invalid
from app.exchange.records import CANONICAL
from app.exchange.schemas import ColumnsForm, ImportForm
from app.exchange.uploaded import listed, shown
from app.exchange.uploads import ENDINGS, choose_columns, discard, upload, write
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.models import Status

blueprint = Blueprint("importing", __name__)
HOME = "/library/import"


@blueprint.get("/library/import")
def show() -> Response:
    """The form, and one's own uploads."""
    return _page(Form())


@blueprint.post("/library/import")
@takes_files("MAX_IMPORT_BYTES")
def take() -> Response:
    """Keep a file; the worker tries it out."""
    form = Form.sent(ImportForm())
    with form:
        name, content = _file()
        run_id = transact(upload, name, content, form.load()["status"])
        return redirect(f"{HOME}/{run_id}", 303)
    return _page(form)


@blueprint.get("/library/import/<uuid:run_id>")
def show_run(run_id: UUID) -> Response:
    """How far it is, then row by row what would be done or was. htmx asks for that part alone."""
    return _run(Form(), run_id)


@blueprint.post("/library/import/<uuid:run_id>/columns")
def choose(run_id: UUID) -> Response:
    """Try a table out again, its columns standing for what was chosen."""
    form = Form.sent(ColumnsForm())
    with form:
        transact(choose_columns, run_id, form.load()["columns"])
        return redirect(f"{HOME}/{run_id}", 303)
    return _run(form, run_id)


@blueprint.post("/library/import/<uuid:run_id>/write")
def write_run(run_id: UUID) -> Response:
    """Write what was tried out."""
    form = Form()
    with form:
        transact(write, run_id)
        return redirect(f"{HOME}/{run_id}", 303)
    return _run(form, run_id)


@blueprint.post("/library/import/<uuid:run_id>/discard")
def discard_run(run_id: UUID) -> Response:
    """Forget a file and its report; what was written stays."""
    form = Form()
    with form:
        transact(discard, run_id)
        return done(HOME, "import-discarded")
    return _run(form, run_id)


def _file() -> tuple[str, bytes]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid.because([FieldError(("file",), "is required", "required")])
    return file.filename.replace("\\", "/").rpartition("/")[2], file.read()


def _page(form: Form) -> Response:
    return form.page("exchange/import.html", uploads=listed(), endings=ENDINGS, statuses=tuple(Status))


def _run(form: Form, run_id: UUID) -> Response:
    run = shown(run_id)
    if request.headers.get("HX-Request"):
        return form.page("exchange/progress.html", run=run, fields=CANONICAL)
    return form.page("exchange/import_run.html", run=run, fields=CANONICAL)
