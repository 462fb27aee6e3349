"""Routes that take files, or the same long text more than once: more may be sent to them than to the others."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

View = TypeVar("View", bound=Callable[..., Any])
_LARGEST, _TIMES = "largest_upload", "times_the_body"
# What the fields of a form and the lines between its parts may take beside the file.
BESIDE = 2**16


def takes_files(setting: str) -> Callable[[View], View]:
    """A view whose body may be as large as a setting of the application says, in bytes."""

    def declare(view: View) -> View:
        setattr(view, _LARGEST, setting)
        return view

    return declare


def takes_longer_forms(times: int) -> Callable[[View], View]:
    """A view whose form may be so many times as large as any other body."""

    def declare(view: View) -> View:
        setattr(view, _TIMES, times)
        return view

    return declare


def largest_file() -> int | None:
    """How many bytes a file may have that is sent to the route of this request; None when it takes none."""
    setting: str | None = getattr(_view(), _LARGEST, None)
    return None if setting is None else current_app.config[setting]


def admit_uploads(app: Flask) -> None:
    """Before anything reads the body: its largest size is the route's."""
    app.before_request(_raise_limit)


def _raise_limit() -> None:
    if (file := largest_file()) is not None:
        request.max_content_length = file + BESIDE
    elif times := getattr(_view(), _TIMES, 0):
        request.max_content_length = current_app.config["MAX_CONTENT_LENGTH"] * times
        request.max_form_memory_size = request.max_content_length


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")
