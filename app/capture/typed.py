"""What the fields of the capture form hold: texts, by the names of the form. From an insight to them, and what they
say that the insight doesn't."""

from collections.abc import Mapping
from typing import Any

from app.capture.models import FIELDS
from app.taxonomy.forms import tag_names, tags_text

Texts = Mapping[str, str]

# The fields with more than one line.
LONG = ("description", "content")
# No part of an insight: why it is changed.
REASON = "message"


def texts_of(insight: Mapping[str, Any]) -> dict[str, str]:
    """A stored insight (`InsightAnswer`) as the form shows it, and as a browser sends it when nobody touches it."""
    tags = tags_text(tag["name"] for tag in insight["tags"])
    stored = {name: insight.get(name) for name in FIELDS} | {"tags": tags, REASON: None}
    return as_shown({name: "" if value is None else str(value) for name, value in stored.items()})


def as_shown(texts: Texts) -> dict[str, str]:
    """What a form makes of texts: lines end with a line feed, and a field of one line has one."""
    return {name: _shown(name, text) for name, text in texts.items()}


def _shown(name: str, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if name in LONG else lines.replace("\n", "")


def same(name: str, one: str, other: str) -> bool:
    """Whether two texts of a field say the same. The order of tags says nothing."""
    if name == "tags":
        return {tag.casefold() for tag in tag_names(one)} == {tag.casefold() for tag in tag_names(other)}
    return one == other


def differing(texts: Texts, shown: Texts) -> dict[str, str]:
    """Those of the ``texts`` that say something else than what was ``shown``. What nobody touched is left out, so that
    what a form can't show (a line break in a title) stays as it is stored."""
    return {name: text for name, text in as_shown(texts).items() if not same(name, text, shown.get(name, ""))}
