"""``/docs`` (Swagger UI) and ``/redoc``: the API's reference, from built files only, nothing from elsewhere."""

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
