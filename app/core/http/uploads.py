"""Routes that take files: more may be sent to them than to the others."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

View = TypeVar("View", bound=Callable[..., Any])
_LARGEST = "largest_upload"
# What the fields of a form and the lines between its parts may take beside the file.
BESIDE = 2**16


def takes_files(setting: str) -> Callable[[View], View]:
    """A view whose body may be as large as a setting of the application says, in bytes."""

    def declare(view: View) -> View:
        setattr(view, _LARGEST, setting)
        return view

    return declare


def admit_uploads(app: Flask) -> None:
    """Before anything reads the body: its largest size is the route's."""
    app.before_request(_raise_limit)


def _raise_limit() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    setting: str | None = getattr(view, _LARGEST, None)
    if setting is not None:
        request.max_content_length = current_app.config[setting] + BESIDE
