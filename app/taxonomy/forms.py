"""What people type into the forms of categories and tags."""

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import post_load, validate

from app.core.fields import Flag, Id, Message, Text, Token, Whole
from app.identity.schemas import FormSchema
from app.taxonomy.models import CATEGORY_NAME_LENGTH, COLOR_PATTERN, ICON_LENGTH, TAG_NAME_LENGTH

DESCRIPTION_LENGTH = 10_000
# A name between commas; one that has a comma itself stands in double quotes.
NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*(?=,|$)|(?P<plain>[^,]*))(?:,|$)')
# The colours that are offered, and the words for who doesn't see them.
COLORS = {
    "#3B82F6": "Blue",
    "#06B6D4": "Cyan",
    "#0D9488": "Teal",
    "#10B981": "Green",
    "#84CC16": "Lime",
    "#F59E0B": "Amber",
    "#F97316": "Orange",
    "#EF4444": "Red",
    "#EC4899": "Pink",
    "#8B5CF6": "Violet",
    "#6366F1": "Indigo",
    "#6B7280": "Grey",
}
OWN_COLOR = "own"
# The icons that are offered: all of them are in the sprite (static/build.mjs).
ICONS = (
    "archive", "book-open", "briefcase", "bug", "building-2", "calendar", "chart-column", "clock", "cloud", "code",
    "cog", "database", "file-text", "flask-conical", "folder", "gauge", "globe", "graduation-cap", "handshake", "heart",
    "image", "keyboard", "lightbulb", "link", "lock", "megaphone", "palette", "rocket", "server", "shield", "star",
    "tag", "truck", "user-plus", "users", "wrench", "zap",
)  # fmt: skip


def _color(**options: Any) -> Text:
    pattern = validate.Regexp(
        rf"(?:{COLOR_PATTERN[1:-1]}|{OWN_COLOR})\Z", error=Message("must be # and six hex digits", "pattern")
    )
    return Text(validate=pattern, load_default=None, **options)


class VersionForm(FormSchema):
    """A category or tag as it was shown."""

    version = Whole(required=True)


class ConfirmedForm(FormSchema):
    """An act on it, in the version in which it was shown if that is known. Until it is ``confirmed``, people see what
    it would do."""

    version = Whole(load_default=None)
    confirmed = Flag(load_default=False)


class ColoredForm(FormSchema):
    """What has a colour: one of those offered, none, or one's own from beside them."""

    description = Text(most=DESCRIPTION_LENGTH, strip=True, load_default=None)
    color = _color()
    own_color = _color()

    @post_load
    def _choose(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        own = data.pop("own_color")
        color = own if data["color"] == OWN_COLOR else data["color"]
        # Browsers send two signs for the end of a line.
        description = data["description"] and data["description"].replace("\r\n", "\n")
        return {**data, "color": color, "description": description}


class NewCategoryForm(FormSchema):
    """A category to make, below another one or at the top."""

    name = Text(least=1, most=CATEGORY_NAME_LENGTH, strip=True, required=True)
    parent_id = Id(load_default=None)


class CategoryForm(ColoredForm, VersionForm):
    """A category, changed where it stands."""

    name = Text(least=1, most=CATEGORY_NAME_LENGTH, strip=True, required=True)
    # Programs may have given it one that isn't offered: that one stays.
    icon = Text(most=ICON_LENGTH, strip=True, load_default=None)


class MoveForm(ConfirmedForm):
    """Below which category; none: to the top."""

    parent_id = Id(load_default=None)


class CategoryMergeForm(ConfirmedForm):
    """Into which other category."""

    into = Id(required=True)


class NewTagForm(FormSchema):
    """A tag to make."""

    name = Text(least=1, most=TAG_NAME_LENGTH, strip=True, required=True)


class TagForm(ColoredForm, VersionForm):
    """A tag, changed."""

    name = Text(least=1, most=TAG_NAME_LENGTH, strip=True, required=True)


class TagMergeForm(ConfirmedForm):
    """Into which other tag, by its name: there may be thousands of them."""

    into = Text(least=1, most=TAG_NAME_LENGTH, strip=True, required=True)


class TagTableForm(FormSchema):
    """Which tags, in which order, and which page of them."""

    q = Text(most=TAG_NAME_LENGTH, strip=True, load_default="")
    sort = Token(("usage", "name"), load_default="usage")
    page = Whole(least=1, most=10**6, load_default=1)


def tags_text(names: Iterable[str]) -> str:
    """Names of tags as they are typed."""
    return ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' if _needs_quotes(name) else name for name in names)


def _needs_quotes(name: str) -> bool:
    return "," in name or name.startswith('"')


def tag_names(text: str) -> list[str]:
    """The names in a text, without those that differ from an earlier one by case only."""
    found: dict[str, str] = {}
    for match in NAME.finditer(text):
        name = _name(match)
        found.setdefault(name.casefold(), name)
    return [name for name in found.values() if name]


def _name(match: re.Match[str]) -> str:
    quoted = match["quoted"]
    return (match["plain"] if quoted is None else quoted.replace('""', '"')).strip()
