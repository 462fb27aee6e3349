"""What describes the application: ``/docs`` (Swagger UI) and ``/redoc``, from built files only; ``/keys``."""

from flask import Blueprint, render_template

blueprint = Blueprint("reference", __name__)


@blueprint.get("/docs")
def swagger() -> str:
    """Try the API in the browser."""
    return render_template("docs/swagger.html")


@blueprint.get("/redoc")
def redoc() -> str:
    """Read the API's reference."""
    return render_template("docs/redoc.html")


@blueprint.get("/keys")
def keys() -> str:
    """The keyboard map; with a script it opens on every page as a dialog."""
    return render_template("docs/keys.html")
