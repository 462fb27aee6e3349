"""What every page needs: built assets, readable times and numbers, addresses with a changed query."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request
from flask.templating import Environment
from markupsafe import Markup

from app.config import REPOSITORY
from app.core.http.security import csp_nonce
from app.core.names import slugify
from app.version import VERSION

DIST = REPOSITORY / "static" / "dist"
MANIFEST = DIST / "manifest.json"
SLUG_LENGTH = 60
# What a notice leaves in an address: no link takes it along.
CARRIED = ("done", "n", "left", "receipt")
YEAR_IN_SECONDS = 365 * 24 * 3600
OF_DICTIONARIES = frozenset(dir(dict))


class PageEnvironment(Environment):
    """Takes a member of a JSON object at the first try: Jinja looks for an attribute first, which none of them has, and
    a page reads thousands of members."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in OF_DICTIONARIES:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def equip(app: Flask) -> None:
    """Register the globals and filters that templates use."""
    app.jinja_environment = PageEnvironment
    app.jinja_env.globals.update(asset=asset, csp_nonce=csp_nonce, version=VERSION, page_url=page_url)
    app.jinja_env.globals.update(insight_path=insight_path)
    app.jinja_env.filters.update(
        datetime=readable_datetime,
        day=readable_day,
        month=readable_month,
        number=readable_number,
        json=compact_json,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_IN_SECONDS


def asset(name: str) -> str:
    """The address of a built file; its name changes with its content, so browsers may keep it for a year."""
    return f"{current_app.static_url_path}/{_manifest(MANIFEST)[name]}"


@cache
def _manifest(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def page_url(**changes: object) -> str:
    """This page's address with parts of its query changed, and without what a notice left there; None removes one."""
    query = {name: values for name, values in request.args.lists() if name not in changes and name not in CARRIED}
    added = {name: value for name, value in changes.items() if value not in (None, "", [])}
    encoded = urlencode({**query, **added}, doseq=True)
    return f"{request.path}?{encoded}" if encoded else request.path


def insight_path(insight: Mapping[str, Any]) -> str:
    """The page of an insight (``id``, ``title``), with its title for people."""
    return f"/library/{insight['id']}-{slugify(insight['title'], SLUG_LENGTH)}"


def readable_datetime(value: str) -> Markup:
    """``14 Oct 2026, 09:30`` in a time element that holds the exact moment."""
    return _time(value, "%-d %b %Y, %H:%M")


def readable_day(value: str) -> Markup:
    """``14 Oct 2026`` in a time element that holds the exact moment."""
    return _time(value, "%-d %b %Y")


def readable_month(value: str) -> str:
    """``October 2026`` for ``2026-10``."""
    return datetime.strptime(value, "%Y-%m").strftime("%B %Y")  # noqa: DTZ007  # a month is in no time zone


def _time(value: str, form: str) -> Markup:
    moment = datetime.fromisoformat(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value, moment.strftime("%Y-%m-%d %H:%M:%S UTC"), moment.strftime(form)
    )


def compact_json(value: object) -> str:
    """JSON for people to read; the template escapes it like any text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def readable_number(value: int) -> str:
    """``71,000``."""
    return f"{value:,}"
