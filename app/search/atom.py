"""An Atom feed (RFC 4287) of insights."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from app.core.clock import iso_utc

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
GENERATOR = "Insights"
LONGEST_SUMMARY = 2_000
# What no XML 1.0 document can hold, not even escaped.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One insight. ``categories`` are its category and its tags; ``address`` is that of its page."""

    public_id: UUID
    title: str
    summary: str
    author: str
    published: datetime
    updated: datetime
    categories: Sequence[str]
    address: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What the entries are of. ``address`` is the feed's own, without any secret; ``page`` shows the same to people."""

    id: UUID
    title: str
    subtitle: str
    updated: datetime
    address: str
    page: str


def atom(feed: Feed, entries: Iterable[Entry]) -> bytes:
    """The document. The same feed and entries make the same bytes."""
    entries = list(entries)
    root = ET.Element("feed", xmlns=NAMESPACE)
    _add(root, "id", feed.id.urn)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", iso_utc(max([feed.updated, *(entry.updated for entry in entries)])))
    _add(root, "generator", GENERATOR)
    _add(root, "link", rel="self", type=MEDIA_TYPE, href=feed.address)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in entries:
        _add_entry(root, entry)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(root: ET.Element, entry: Entry) -> None:
    element = _add(root, "entry")
    _add(element, "id", entry.public_id.urn)
    _add(element, "title", entry.title)
    _add(element, "published", iso_utc(entry.published))
    _add(element, "updated", iso_utc(entry.updated))
    _add(_add(element, "author"), "name", entry.author)
    _add(element, "link", rel="alternate", type="text/html", href=entry.address)
    for category in entry.categories:
        _add(element, "category", term=category)
    _add(element, "summary", _shortened(entry.summary), type="text")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """ElementTree escapes markup; characters that XML doesn't know are replaced here."""
    element = ET.SubElement(parent, name, {key: _printable(value) for key, value in attributes.items()})
    element.text = None if text is None else _printable(text)
    return element


def _printable(text: str) -> str:
    return UNPRINTABLE.sub(REPLACEMENT, text)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else f"{text[:LONGEST_SUMMARY]}…"
