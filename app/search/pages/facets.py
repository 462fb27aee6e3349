"""What the results of a search are like: each value is a link that narrows the search to it, or lifts that again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.core.http.pages import page_url, readable_month
from app.search.pages.typed import Typed


class Value(NamedTuple):
    """One value of a facet in ``words``; ``on``: it is in force, and its ``url`` lifts it."""

    words: str
    number: int
    url: str
    on: bool


class Facet(NamedTuple):
    """A facet with its values, most frequent first, months newest first."""

    label: str
    values: Sequence[Value]


def facets_of(found: Mapping[str, Any], filters: Mapping[str, Any], typed: Typed) -> list[Facet]:
    """Those of an answer (`FacetsAnswer`) that have values, on the page with these filters."""
    facets = (
        Facet("Status", [_token("status", each, filters, typed) for each in found["status"]]),
        Facet("Priority", [_token("priority", each, filters, typed) for each in found["priority"]]),
        Facet("Category", [_category(each, filters, typed) for each in found["category"]]),
        Facet("Tags", list(_tags(found["tags"], filters, typed))),
        Facet("Author", [_author(each, filters, typed) for each in found["author"]]),
        Facet("Month", [_month(each, typed) for each in found["month"]]),
    )
    return [facet for facet in facets if facet.values]


def _of_text(written: str, words: str, count: int, typed: Typed) -> Value:
    """One that stands as a condition in the text, or would."""
    return Value(words, count, page_url(page=None, q=typed.toggled(written)), typed.has(written))


def _of_address(written: str, words: str, count: int, typed: Typed, *, on: bool, **changes: object) -> Value:
    """One that is a parameter of the address; where the text has its condition, that is lifted."""
    if typed.has(written):
        return _of_text(written, words, count, typed)
    return Value(words, count, page_url(page=None, **changes), on)


def _token(name: str, each: Mapping[str, Any], filters: Mapping[str, Any], typed: Typed) -> Value:
    token = each["value"]
    on = token == filters[name]
    changes = {name: None if on else token}
    return _of_address(typed.written(name, token), token.capitalize(), each["count"], typed, on=on, **changes)


def _category(each: Mapping[str, Any], filters: Mapping[str, Any], typed: Typed) -> Value:
    if each["id"] is None:
        return _of_text(typed.written("is", "uncategorised"), "No category", each["count"], typed)
    on = each["id"] == filters["category_id"]
    written, left = typed.written("category", each["name"]), None if on else each["id"]
    return _of_address(written, each["name"], each["count"], typed, on=on, category_id=left)


def _tags(values: Sequence[Mapping[str, Any]], filters: Mapping[str, Any], typed: Typed) -> Iterator[Value]:
    given = [str(tag_id) for tag_id in filters["tag_ids"] or ()]
    for each in values:
        tag_id, written = str(each["id"]), typed.written("tag", each["name"])
        on = tag_id in given
        left = [other for other in given if other != tag_id] if on else [*given, tag_id]
        yield _of_address(written, each["name"], each["count"], typed, on=on, tag_ids=left)


def _author(each: Mapping[str, Any], filters: Mapping[str, Any], typed: Typed) -> Value:
    """By the whole name: a part of it would find others too. A part that is in force is lifted where it stands."""
    name = each["value"]
    part = typed.written("author", name)
    written = part if typed.has(part) else typed.written("author", name, exact=True)
    if name == filters["author"] and not typed.has(written):
        return Value(name, each["count"], page_url(page=None, author=None), on=True)
    return _of_text(written, name, each["count"], typed)


def _month(each: Mapping[str, Any], typed: Typed) -> Value:
    return _of_text(typed.written("created", each["value"]), readable_month(each["value"]), each["count"], typed)
