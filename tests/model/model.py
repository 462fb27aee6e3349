"""The promises of the write side in plain Python: what every request must do, or why it must be refused.

Written from the contract and the documentation, never from the code, and without a database: dictionaries, sets and
lists. Things get their ids and times from the answers (nobody could foretell them); everything else is foretold.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STATE = (
    "title", "description", "content", "source", "author", "category_id", "priority", "status", "visibility",
    "metadata", "external_key", "tags", "published_at",
)  # fmt: skip
NEW: dict[str, Any] = {
    "content": None, "source": None, "category_id": None, "priority": "medium", "status": "draft",
    "visibility": "INTERNAL", "metadata": {}, "external_key": None, "tags": frozenset(),
    "published_at": None,
}  # fmt: skip
WRITTEN = ("title", "description", "content", "source", "author", "priority", "metadata")
NOT_IN_CATEGORY = "Uncategorized"


class Refusal(Exception):
    """What the answer must be: its status, the field that it names (any of these), the current version of a 412.

    A request may be wrong in two ways, and nobody promises which is told: then there is an ``other``.
    """

    def __init__(self, status: int, *fields: str, version: int | None = None, other: "Refusal | None" = None) -> None:
        super().__init__(status, fields)
        self.status, self.fields, self.version, self.other = status, fields, version, other


def folded(name: str) -> str:
    """Two names are the same when they fold to the same text."""
    marks = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in marks if not unicodedata.combining(mark)).lower()


def slug_of(name: str, taken: Iterable[str]) -> str:
    """Lower case, everything but letters and digits to ``-``; numbered when somebody has it."""
    slug, taken = re.sub(r"[\W_]+", "-", folded(name)).strip("-"), set(taken)
    numbered = (f"{slug}-{number}" for number in range(2, 1000))
    return slug if slug not in taken else next(each for each in numbered if each not in taken)


def differs(before: Any, after: Any) -> bool:
    """To JSON 1 and 1.0 are the same number, but 1 and true are not the same."""
    return before != after or _told(before) != _told(after)


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _told(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_told(member) for member in value]
    return ("a truth value", value) if isinstance(value, bool) else value


@dataclass
class Moment:
    """A time that answers tell: any at first, the same ever after; a ``moved`` one is later than it was."""

    value: str | None = None
    moved: bool = False

    def seen(self, value: str) -> bool:
        fits = self.value is None or (value > self.value if self.moved else value == self.value)
        self.value, self.moved = value, False
        return fits


@dataclass
class Word:
    """A tag or a category."""

    id: int
    name: str
    slug: str
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    parent_id: int | None = None
    version: int = 1
    created_at: Moment = field(default_factory=Moment)
    updated_at: Moment = field(default_factory=Moment)


@dataclass(frozen=True)
class Revision:
    """One entry of a history: the fields that it touched, and the state that it led to."""

    verb: str
    version: int
    fields: frozenset[str]
    state: Mapping[str, Any]
    message: str | None = None
    actor: str = "local"
    receipt: str | None = None


@dataclass
class Insight:
    id: int
    state: dict[str, Any]
    version: int = 1
    public_id: str | None = None
    created_at: Moment = field(default_factory=Moment)
    updated_at: Moment = field(default_factory=Moment)
    history: list[Revision] = field(default_factory=list)
    thrown: int = 0  # of all acts that threw something away, which one this was

    def note(self, verb: str, fields: Iterable[str], message: str | None, actor: str, receipt: str | None) -> None:
        self.history.append(Revision(verb, self.version, frozenset(fields), dict(self.state), message, actor, receipt))


@dataclass
class Act:
    """Who does something, why, and as a part of what."""

    message: str | None = None
    actor: str = "local"
    receipt: str | None = None
    verb: str = "update"

    @property
    def signed(self) -> tuple[str | None, str, str | None]:
        return self.message, self.actor, self.receipt


@dataclass
class Vocabulary:
    """Tags or categories: names are unique however they are spelt, merged names lead to what they were merged into."""

    kind: str
    learn: Callable[[str, str], int]
    words: dict[int, Word] = field(default_factory=dict)
    aliases: dict[int, tuple[int, str]] = field(default_factory=dict)  # the former id -> the target's id, the name

    def named(self, name: str) -> int | None:
        wanted = folded(name.strip())
        for key, word in self.words.items():
            if folded(word.name) == wanted:
                return key
        return next((target for target, alias in self.aliases.values() if folded(alias) == wanted), None)

    def now(self, key: int | None) -> int | None:
        """The word for an id, also for the former id of a merged one."""
        if key in self.words:
            return key
        return self.aliases[key][0] if key in self.aliases else None

    def called(self, key: int) -> str | None:
        """By what name history tells it; one that was deleted has none."""
        if key in self.words:
            return self.words[key].name
        return self.aliases[key][1] if key in self.aliases else None

    def resolve(self, names: Iterable[str]) -> list[int]:
        """The id for each name; missing ones are made, in the spelling given first."""
        return [self._resolved(name.strip()) for name in names]

    def _resolved(self, name: str) -> int:
        found = self.named(name)
        if found is None:
            found = self.learn(self.kind, name)
            self.add(Word(found, name, slug_of(name, (word.slug for word in self.words.values()))))
        return found

    def add(self, word: Word) -> None:
        assert word.id not in self.words, f"the id {word.id} was given out twice"
        self.words[word.id] = word

    def refuse_taken(self, values: Mapping[str, Any], own: int | None = None) -> None:
        others = [word for key, word in self.words.items() if key != own]
        fields = []
        if "name" in values:
            wanted = folded(values["name"].strip())
            aliases = [alias for target, alias in self.aliases.values() if target != own]
            if wanted in {folded(name) for name in [*aliases, *(word.name for word in others)]}:
                fields.append("name")
        if values.get("slug") in {word.slug for word in others}:
            fields.append("slug")
        if fields:
            raise Refusal(400, *fields)

    def get(self, key: int, expected: int | None) -> Word:
        if key not in self.words:
            raise Refusal(404)
        refuse_stale(self.words[key].version, expected)
        return self.words[key]

    def change(self, word: Word, values: Mapping[str, Any]) -> None:
        """A version more, unless nothing differs."""
        new = {name: value.strip() if name == "name" else value for name, value in values.items()}
        if "name" in new:  # an alias of its own: the two names change places
            for former, (target, alias) in self.aliases.items():
                if target == word.id and folded(alias) == folded(new["name"]):
                    self.aliases[former] = (target, word.name)
        if any(getattr(word, name) != value for name, value in new.items()):
            for name, value in new.items():
                setattr(word, name, value)
            word.version += 1
            word.updated_at.moved = True


def stale_or_none(version: int, expected: int | None) -> Refusal | None:
    return None if expected in (None, version) else Refusal(412, version=version)


def refuse_stale(version: int, expected: int | None) -> None:
    if stale := stale_or_none(version, expected):
        raise stale


class Model:
    """What is stored, as the promises have it."""

    def __init__(self, learn: Callable[[str, str], int]) -> None:
        self.insights: dict[int, Insight] = {}
        self.trash: dict[int, Insight] = {}
        self.acts = 0
        self.tags = Vocabulary("tags", learn)
        self.categories = Vocabulary("categories", learn)

    # Insights

    def create(self, insight_id: Callable[[], int], draft: Mapping[str, Any], act: Act) -> Insight:
        """A new insight; whether it may be is looked at first, and only then is the id asked for."""
        self._refuse_references(None, draft)
        state = {**NEW, **self._given(draft)}
        insight = Insight(insight_id(), state)
        assert insight.id not in self.insights | self.trash, f"the id {insight.id} was given out twice"
        if state["status"] == "published":
            state["published_at"] = Moment()
        self.insights[insight.id] = insight
        insight.note("create", (), *act.signed)
        return insight

    def update(self, insight_id: int, changes: Mapping[str, Any], expected: int | None, act: Act) -> bool:
        """Whether anything was changed."""
        insight = self.get(insight_id, expected)
        self._refuse_references(insight_id, changes)
        return self.change(insight, self._given(changes), act)

    def change(self, insight: Insight, new: Mapping[str, Any], act: Act, *, always: bool = False) -> bool:
        """New values; whatever differs makes one version and one revision."""
        fields = {name for name, value in new.items() if differs(insight.state[name], value)}
        if not fields and not always:
            return False
        insight.state.update(new)
        if insight.state["status"] == "published" and insight.state["published_at"] is None:
            insight.state["published_at"] = Moment()
            fields |= {"published_at"}
        insight.version += 1
        insight.updated_at.moved = True
        insight.note(act.verb, fields, *act.signed)
        return True

    def retag(self, insight: Insight, tags: frozenset[int], act: Act) -> None:
        """A change of links alone, past the commands: history has it, but it is no new version."""
        if tags != insight.state["tags"]:
            insight.state["tags"] = tags
            insight.note("update", {"tags"}, *act.signed)

    def get(self, insight_id: int, expected: int | None = None) -> Insight:
        if insight_id not in self.insights:
            raise Refusal(404)
        refuse_stale(self.insights[insight_id].version, expected)
        return self.insights[insight_id]

    def delete(self, insight_id: int, expected: int | None, act: Act) -> None:
        """Into the trash; the last one lies on top."""
        insight = self.get(insight_id, expected)
        self.trash[insight_id] = self.insights.pop(insight_id)
        insight.thrown = self.acts
        insight.note("trash", (), *act.signed)

    def restore(self, insight_id: int, expected: int | None, act: Act) -> Insight:
        """As it was, but for what is gone: merged tags and categories are what they were merged into."""
        insight = self.get_trashed(insight_id, expected)
        taken = {each.state["external_key"] for each in self.insights.values()} - {None}
        if insight.state["external_key"] in taken:
            raise Refusal(400)
        self.insights[insight_id] = self.trash.pop(insight_id)
        found = self.still_there(insight.state)
        lost = {name for name, value in found.items() if value != insight.state[name]}
        insight.state.update(found)
        insight.version += 1
        insight.updated_at.moved = True
        insight.note("restore", lost, *act.signed)
        return insight

    def get_trashed(self, insight_id: int, expected: int | None = None) -> Insight:
        if insight_id not in self.trash:
            raise Refusal(404)
        refuse_stale(self.trash[insight_id].version, expected)
        return self.trash[insight_id]

    def purge(self, insight_id: int, expected: int | None) -> None:
        self.get_trashed(insight_id, expected)
        del self.trash[insight_id]

    def revert(self, insight_id: int, number: int, expected: int | None, message: str | None) -> bool:
        """What people wrote becomes what it was; status, visibility, key and publication are decisions of today."""
        insight = self.get(insight_id, expected)
        if not 1 <= number <= len(insight.history):
            raise Refusal(404)
        state = insight.history[number - 1].state
        written = {name: state[name] for name in WRITTEN} | self.still_there(state)
        return self.change(insight, written, Act(message or f"Back to revision {number}", verb="revert"))

    def still_there(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Tags and category of an earlier state, those that are left."""
        tags = {self.tags.now(key) for key in state["tags"]}
        return {"category_id": self.categories.now(state["category_id"]), "tags": frozenset(tags - {None})}

    def _given(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The state that a request asks for: ids win over names, and names that nobody knows are made."""
        state = {name: given[name] for name in STATE if name in given and name != "tags"}
        for name in ("title", "author", "source", "external_key"):
            if state.get(name) is not None:
                state[name] = state[name].strip()
        if given.get("category_name") is not None and given.get("category_id") is None:
            [state["category_id"]] = self.categories.resolve([given["category_name"]])
        elif given.get("category_id") is not None:
            state["category_id"] = self.categories.now(given["category_id"])
        if given.get("tag_ids") is not None:
            state["tags"] = frozenset(map(self.tags.now, given["tag_ids"])) - {None}
        elif given.get("tags") is not None:
            state["tags"] = frozenset(self.tags.resolve(given["tags"]))
        return state

    def _refuse_references(self, own: int | None, given: Mapping[str, Any]) -> None:
        fields = []
        if given.get("category_id") is not None and self.categories.now(given["category_id"]) is None:
            fields.append("category_id")
        taken = {each.state["external_key"] for key, each in self.insights.items() if key != own} - {None}
        if (given.get("external_key") or "").strip() in taken:
            fields.append("external_key")
        if fields:
            raise Refusal(400, *fields)

    # Tags and categories

    def delete_tag(self, tag_id: int, expected: int | None) -> None:
        """The insights that carried it stay; that they lost it is history, but no new version."""
        word = self.tags.get(tag_id, expected)
        del self.tags.words[tag_id]
        self._forget_aliases(self.tags, tag_id)
        for insight in self.insights.values():
            self.retag(insight, insight.state["tags"] - {tag_id}, Act(f"Tag deleted: {word.name}"))

    def delete_category(self, category_id: int, expected: int | None) -> None:
        self.categories.get(category_id, expected)
        children = any(word.parent_id == category_id for word in self.categories.words.values())
        if children or any(each.state["category_id"] == category_id for each in self.insights.values()):
            raise Refusal(400)
        del self.categories.words[category_id]
        self._forget_aliases(self.categories, category_id)

    def _forget_aliases(self, vocabulary: Vocabulary, key: int) -> None:
        vocabulary.aliases = {former: to for former, to in vocabulary.aliases.items() if to[0] != key}

    def standing(self, parent: int | None) -> int | None:
        """The parent, or what it was merged into."""
        return None if parent is None else self.categories.now(parent) or parent

    def refuse_parent(self, category_id: int | None, values: Mapping[str, Any]) -> None:
        """A parent must be there, and not lie below."""
        parent = self.standing(values.get("parent_id"))
        if parent is None:
            return
        if parent not in self.categories.words or parent in self.below(category_id):
            raise Refusal(400, "parent_id")

    def below(self, category_id: int | None) -> set[int]:
        """The category and all that lies in it."""
        found: set[int] = set() if category_id is None else {category_id}
        while more := {key for key, word in self.categories.words.items() if word.parent_id in found} - found:
            found |= more
        return found
