"""What the rules are given: few values, so that they collide, and small draws, so that a run may be long."""

from collections.abc import Callable, Collection
from typing import Any

from hypothesis import strategies as st

TEXTS = (
    "Short.",
    "Grüße 🙂 𝄞 e\u0301\n",
    "".join(f"Line {number} of a longer text\n" for number in range(5)),
    "word " * 21,
    "a\nb\n" * 26,
    "",
)
TAGS = ("Red", "red", " RÉD ", "Blue", "Blüe", "\uff22lue", "Green", "Teal", "C", "C++", "Black", "Élan", "White")
CATEGORIES = ("Ops", " öps", "Data", "People", "PEOPLE", "Team & Co", "Legal", "Sales", "Home")
METADATA: tuple[dict[str, Any], ...] = (
    {}, {"a": 1}, {"a": 1.0}, {"a": True}, {"a": [1, {"b": None}]}, {"ü": "text", "n": 1e5},
)  # fmt: skip
STATUSES = ("draft", "published", "archived")
PRIORITIES = ("low", "medium", "high", "critical")
VISIBILITIES = ("PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED")
AUTHORS = ("Ada", "Bob", "ada lovelace")


@st.composite
def _one_of_them(draw: Any, living: Callable[[Any], Collection[int]], all_of_them: Callable[[Any], int]) -> int:
    """The id of one that is there, now and then of one that was or never will be. Bundles would keep the dead."""
    machine = draw(st.runner())
    there = sorted(living(machine.model))
    if there and draw(st.integers(0, 11)) < 11:
        return int(draw(st.sampled_from(there)))
    return int(draw(st.integers(1, all_of_them(machine.model) + 1)))


insight = _one_of_them(lambda model: model.insights, lambda model: max([0, *model.insights, *model.trash]))
trashed = _one_of_them(lambda model: model.trash, lambda model: max([0, *model.insights, *model.trash]))
tag = _one_of_them(lambda model: model.tags.words, lambda model: max([0, *model.tags.words, *model.tags.aliases]))
category = _one_of_them(
    lambda model: model.categories.words, lambda model: max([0, *model.categories.words, *model.categories.aliases])
)
seldom = st.sampled_from((False, False, False, True))
act = st.runner().flatmap(lambda machine: st.sampled_from(sorted(machine.acts)))
# What follows an act on many at once: otherwise few programs would come to it.
then = st.sampled_from(
    ((), ("undo",), ("title", "undo"), ("undo", "undo"), ("tags", "undo"), ("move", "undo"), ("trash", "undo"),
     ("publish", "undo", "undo first"), ("undo", "title", "undo"), ("undo", "undo", "undo"))
)  # fmt: skip

status = st.sampled_from(STATUSES)
priority = st.sampled_from(PRIORITIES)
tag_name = st.sampled_from(TAGS)
category_name = st.sampled_from(CATEGORIES)
plain_tag = st.sampled_from(("Red", "Blue", "Green", "Teal"))
plain_category = st.sampled_from(("Ops", "Data", "People"))
message = st.sampled_from((None, "Why not", "  Because. "))
if_match = st.sampled_from(("none", "right", "right", "none", "any", "right", "stale", "foreign"))
external_key = st.sampled_from((None, "k1", "k2", " k3 "))
color = st.sampled_from((None, "#3B82F6", "#000000"))
texts = st.sampled_from(TEXTS)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(("Alpha", "Beta", " Gamma\t", "Δ title 🙂")),
    "description": texts,
    "author": st.sampled_from(AUTHORS),
    "content": st.one_of(texts, st.none()),
    "source": st.sampled_from((None, "API", " wiki ")),
    "priority": priority,
    "status": status,
    "visibility": st.sampled_from(VISIBILITIES),
    "metadata": st.sampled_from(METADATA),
    "external_key": external_key,
    "message": message,
}
REQUIRED = ("title", "description", "author")
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "category_name": category_name,
    "tags": st.lists(tag_name, max_size=3),
}
OPTIONAL = {name: strategy for name, strategy in PLAIN.items() if name not in REQUIRED}
draft = st.fixed_dictionaries({name: PLAIN[name] for name in REQUIRED}, optional=OPTIONAL | BY_NAME)
changes = st.fixed_dictionaries({}, optional=PLAIN | BY_NAME)
word = st.fixed_dictionaries(
    {},
    optional={
        "slug": st.sampled_from(("red", "x", "y", "ops")),
        "description": st.sampled_from((None, "What")),
        "color": color,
    },
)


def edited(text: str, how: int, place: int) -> str:
    """A small edit of a text, as people make them: a line more, a line less, lines swapped, a word, a cut."""
    lines = text.split("\n")
    at = place % len(lines)
    match how:
        case 0:
            lines.insert(at, f"New line {place}")
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[-1] = lines[-1], lines[at]
        case 3:
            lines[at] = f"{lines[at][: place % 7]}ä{lines[at][place % 7 :]}"
        case 4:
            lines = lines[at:] + lines[:at]
        case _:
            lines = [*lines, *lines[: at + 1]]
    return "\n".join(lines)[:3000]


action_by_name = st.one_of(
    st.fixed_dictionaries(
        {"action": st.sampled_from(("tag", "untag")), "tags": st.lists(tag_name, min_size=1, max_size=2)}
    ),
    st.fixed_dictionaries({"action": st.just("recategorise"), "category_name": category_name}),
    st.just({"action": "recategorise", "category_id": None}),
    st.fixed_dictionaries({"action": st.just("set_priority"), "priority": priority}),
    st.sampled_from(({"action": "publish"}, {"action": "archive"}, {"action": "trash"})),
)


class Unsaid:
    """Not in the request at all: not even null."""

    def __repr__(self) -> str:
        return "UNSAID"


UNSAID = Unsaid()


def said(given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**given, **{name: value for name, value in more.items() if value is not UNSAID}}


def stripped(text: str | None) -> str | None:
    return None if text is None else text.strip()


# Requests that are wrong in themselves: the body, and the codes of its wrong fields.
WRONG_INSIGHTS: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
    ({"title": "  "}, {"body.title": "too_short"}),
    ({"title": None}, {"body.title": "null"}),
    ({"title": "x" * 501, "author": 5}, {"body.title": "too_long", "body.author": "type"}),
    ({"priority": "urgent", "status": "gone"}, {"body.priority": "unknown_token", "body.status": "unknown_token"}),
    ({"description": "a\x00b"}, {"body.description": "nul_character"}),
    ({"metadata": []}, {"body.metadata": "type"}),
    ({"tag_ids": ["1"]}, {"body.tag_ids.0": "type"}),
    ({"tags": [""]}, {"body.tags.0": "too_short"}),
    ({"version": 1}, {"body.version": "unknown_field"}),
    ({"created_at": "2020-01-01"}, {"body.created_at": "unknown_field"}),
    ({"message": "x" * 501}, {"body.message": "too_long"}),
)
WRONG_WORDS: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
    ({"name": ""}, {"body.name": "too_short"}),
    ({"slug": None}, {"body.slug": "null"}),
    ({"color": "red"}, {"body.color": "pattern"}),
    ({"usage_count": 5}, {"body.usage_count": "unknown_field"}),
)
