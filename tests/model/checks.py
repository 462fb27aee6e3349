"""Answers against the model: every field, every count, every order."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.model.acts import Care
from tests.model.model import NOT_IN_CATEGORY, STATE, Insight, Moment, Refusal, Word, differs, folded

Json = dict[str, Any]
TAG = ("id", "name", "slug", "description", "color", "version")
PLAIN = tuple(name for name in STATE if name not in ("tags", "published_at"))
CATEGORY = (*TAG, "parent_id", "icon")


def equal(what: str, seen: Any, expected: Any) -> None:
    """Named, so that a failure tells what it is about before it shows two long values."""
    assert seen == expected, f"{what}: answered {seen!r}, the model says {expected!r}"


def met(what: str, moment: Moment, value: str) -> None:
    before, moved = moment.value, moment.moved
    assert moment.seen(value), f"{what} is {value}, was {before} and {'must be later' if moved else 'must not change'}"


def refused(answer: Any, refusal: Refusal) -> None:
    """A problem of the foretold status, which names one of the foretold fields, or the current version."""
    problem = answer.get_json()
    if refusal.other and answer.status_code == refusal.other.status:
        refusal = refusal.other
    equal("status", (answer.status_code, answer.content_type), (refusal.status, "application/problem+json"))
    if refusal.fields:
        named = {error["loc"][1] for error in problem["errors"]}
        assert named, "names no field"
        assert named <= set(refusal.fields), f"names {named}, not {refusal.fields}"
    if refusal.version is not None:
        equal("the current version", problem["current_version"], refusal.version)


class Check:
    """Compares answers with one model; learns times from them."""

    def __init__(self, model: Care) -> None:
        self.model = model

    def tag(self, seen: Json) -> None:
        word = self.model.tags.words[seen["id"]]
        usage = sum(word.id in insight.state["tags"] for insight in self.model.insights.values())
        expected = {name: getattr(word, name) for name in TAG} | {
            "usage_count": usage,
            "created_at": seen["created_at"],
        }
        equal(f"tag {word.id}", seen, expected)
        met(f"created_at of tag {word.id}", word.created_at, seen["created_at"])

    def category(self, seen: Json) -> None:
        word = self.model.categories.words[seen["id"]]
        times = {name: seen[name] for name in ("created_at", "updated_at")}
        expected = {name: getattr(word, name) for name in CATEGORY} | {"insight_count": self.within({word.id})} | times
        equal(f"category {word.id}", seen, expected)
        for name, value in times.items():
            met(f"{name} of category {word.id}", getattr(word, name), value)

    def within(self, categories: set[int]) -> int:
        return sum(insight.state["category_id"] in categories for insight in self.model.insights.values())

    def insight(self, seen: Json) -> None:
        insight = self.model.insights[seen["id"]]
        place = f"insight {insight.id}"
        equal(place, {name: seen[name] for name in PLAIN}, self.plain(insight.state))
        equal(f"version of {place}", seen["version"], insight.version)
        insight.public_id = insight.public_id or seen["public_id"]
        equal(f"public id of {place}", seen["public_id"], insight.public_id)
        self.times(insight, seen)
        equal(f"tags of {place}", [tag["id"] for tag in seen["tags"]], self.tags_by_name(insight.state["tags"]))
        for tag in seen["tags"]:
            self.tag(tag)
        equal(f"category of {place}", (seen["category"] or {}).get("id"), insight.state["category_id"])
        if seen["category"]:
            self.category(seen["category"])

    def times(self, insight: Insight, seen: Json) -> None:
        met(f"created_at of insight {insight.id}", insight.created_at, seen["created_at"])
        met(f"updated_at of insight {insight.id}", insight.updated_at, seen["updated_at"])
        self.published(f"published_at of insight {insight.id}", insight.state, seen)

    @staticmethod
    def published(what: str, state: Mapping[str, Any], seen: Json) -> None:
        equal(f"whether there is a {what}", seen["published_at"] is not None, state["published_at"] is not None)
        if state["published_at"] is not None:
            met(what, state["published_at"], seen["published_at"])

    @staticmethod
    def plain(state: Mapping[str, Any]) -> Json:
        return {name: state[name] for name in PLAIN}

    def tags_by_name(self, ids: Iterable[int]) -> list[int]:
        return sorted(ids, key=lambda key: folded(self.model.tags.words[key].name))

    def page(self, seen: Iterable[Json], wanted: Callable[[Insight], bool] = lambda _: True) -> None:
        """All the insights that are wanted, newest first."""
        seen = list(seen)
        for insight in seen:
            self.insight(insight)
        equal("the list", [insight["id"] for insight in seen], self.newest_first(wanted))

    def newest_first(self, wanted: Callable[[Insight], bool] = lambda _: True) -> list[int]:
        chosen = [insight for insight in self.model.insights.values() if wanted(insight)]
        return [each.id for each in sorted(chosen, key=lambda each: (each.created_at.value, each.id), reverse=True)]

    def words(self, kind: str, seen: list[Json]) -> None:
        one, words = (self.tag, self.model.tags) if kind == "tags" else (self.category, self.model.categories)
        equal(kind, [word["id"] for word in seen], by_name(words.words.values()))
        for word in seen:
            one(word)

    def tree(self, seen: list[Json], parent: int | None = None) -> None:
        """Children by name; a subtree counts what lies in it."""
        children = [word for word in self.model.categories.words.values() if word.parent_id == parent]
        equal(f"children of {parent}", [node["id"] for node in seen], by_name(children))
        for node in seen:
            nested, counted = node.pop("children"), node.pop("subtree_count")
            self.category(node)
            equal(f"insights below {node['id']}", counted, self.within(self.model.below(node["id"])))
            self.tree(nested, node["id"])

    def statistics(self, seen: Json) -> None:
        states = [insight.state for insight in self.model.insights.values()]
        equal("total", seen["total_insights"], len(states))
        for name in ("status", "priority", "visibility"):
            equal(f"insights by {name}", seen[f"insights_by_{name}"], Counter(state[name] for state in states))
        by_category = {word.name: self.within({key}) for key, word in self.model.categories.words.items()}
        without = {NOT_IN_CATEGORY: number} if (number := self.within({None})) else {}
        equal("insights by category", seen["insights_by_category"], by_category | without)
        totals = {"total_tags": len(self.model.tags.words), "total_categories": len(by_category)}
        equal("totals", {name: seen[name] for name in totals}, totals)
        for insight in seen["recent_insights"]:
            self.insight(insight)
        equal("recent", [insight["id"] for insight in seen["recent_insights"]], self.newest_first()[:5])

    def histories(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Every revision that is stored: of what is there and of what lies in the trash, and of nothing else."""
        seen: dict[int, list[tuple[Any, ...]]] = {}
        for row in rows:
            told = (row["number"], row["verb"], row["version"], set(row["fields"]), row["message"], row["actor_kind"])
            seen.setdefault(row["insight_id"], []).append((*told, row["receipt_id"]))
        everything = self.model.insights | self.model.trash
        equal("insights with a history", set(seen), set(everything))
        for key, revisions in seen.items():
            equal(f"history of {key}", revisions, self.history(everything[key]))

    @staticmethod
    def history(insight: Insight) -> list[tuple[Any, ...]]:
        return [
            (number, each.verb, each.version, set(each.fields), each.message, each.actor, each.receipt)
            for number, each in enumerate(insight.history, 1)
        ]

    def revisions(self, insight: Insight, seen: list[Json]) -> None:
        """The history as the API lists it."""
        listed = [
            (
                *(each[name] for name in ("number", "verb", "version")),
                stored_names(each["fields"]),
                *(each["message"], each["actor"]["kind"], each["receipt_id"]),
            )
            for each in seen
        ]
        equal(f"revisions of {insight.id}", listed, self.history(insight))

    def revision(self, insight: Insight, number: int, seen: Json) -> None:
        """The state that a revision left, worked out again, and what it changed."""
        place, state = f"revision {number} of {insight.id}", insight.history[number - 1].state
        self.earlier(place, state, seen["insight"])
        changed = stored_names(each["field"] for each in seen["changes"])
        before = insight.history[number - 2].state if number > 1 else state
        differing = {name for name in STATE if name != "published_at" and differs(before[name], state[name])}
        equal(f"changes of {place}", changed - {"published_at"}, differing)
        for each in seen["changes"]:
            if each["field"] in PLAIN:
                name = each["field"]
                equal(f"{name} in {place}", (each["before"], each["after"]), (before[name], state[name]))

    def earlier(self, place: str, state: Mapping[str, Any], seen: Json) -> None:
        equal(place, {name: seen[name] for name in PLAIN}, self.plain(state))
        self.published(f"published_at of {place}", state, seen)
        tags = [{"id": key, "name": self.model.tags.called(key)} for key in sorted(state["tags"])]
        equal(f"tags of {place}", seen["tags"], tags)
        key = state["category_id"]
        category = None if key is None else {"id": key, "name": self.model.categories.called(key)}
        equal(f"category of {place}", seen["category"], category)

    def trash(self, seen: list[Json]) -> None:
        """What was thrown away last comes first; its tags and category are those that there still are."""
        expected = sorted(self.model.trash.values(), key=lambda each: (each.thrown, each.id), reverse=True)
        equal("the trash", [each["id"] for each in seen], [each.id for each in expected])
        for insight, each in zip(expected, seen, strict=True):
            place = f"insight {insight.id} in the trash"
            equal(place, {name: each[name] for name in PLAIN}, self.plain(insight.state))
            equal(f"version of {place}", (each["version"], each["public_id"]), (insight.version, insight.public_id))
            self.times(insight, each)
            tags = self.tags_by_name(insight.state["tags"] & self.model.tags.words.keys())
            equal(f"tags of {place}", [tag["id"] for tag in each["tags"]], tags)

    def receipts(self, seen: list[Json]) -> None:
        known = {key: each.undone or bool(each.went_back) for key, each in self.model.receipts.items()}
        equal("receipts", {each["id"]: each["undone_by"] is not None for each in seen}, known)


def stored_names(fields: Iterable[str]) -> set[str]:
    """Of the fields that a history names: categories are told with their names."""
    return {"category_id" if name == "category" else name for name in fields}


def by_name(words: Iterable[Word]) -> list[int]:
    return [word.id for word in sorted(words, key=lambda word: folded(word.name))]
