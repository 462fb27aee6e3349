"""Acts on many rows, in plain Python: bulk changes, merges, moves, and the undoing of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.model.model import Act, Insight, Model, Refusal, Vocabulary, Word, slug_of, stale_or_none

MERGES = {"tags": "tags", "categories": "category_id"}  # the field of an insight that a merge touches

STATUS = {"publish": "published", "archive": "archived"}


@dataclass
class Receipt:
    """One act: which insights it changed, what it undid, and what undoing it needs beside their histories."""

    action: str
    touched: list[int] = field(default_factory=list)
    undoes: "Receipt | None" = None
    undone: bool = False
    went_back: set[int] = field(default_factory=set)
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """What was done in the beginning, before it was undone and done again."""
        return self.undoes.first if self.undoes else self.action


class Care(Model):
    """The model with its acts on many rows."""

    def __init__(self, learn: Callable[[str, str], int]) -> None:
        super().__init__(learn)
        self.receipts: dict[str, Receipt] = {}

    # Bulk

    def given_to_many(self, body: Mapping[str, Any], *, preview: bool) -> Callable[[Insight], dict[str, Any] | None]:
        """What an act makes of an insight: new values, or None when it goes into the trash."""
        match body["action"]:
            case "tag" | "untag":
                tags = self._tags_named(body, preview=preview)
                if body["action"] == "untag":
                    return lambda insight: {"tags": insight.state["tags"] - tags}
                return lambda insight: {"tags": insight.state["tags"] | tags}
            case "recategorise":
                category = self._category_named(body, preview=preview)
                return lambda _: {"category_id": category}
            case "set_priority":
                return lambda _: {"priority": body["priority"]}
            case "publish" | "archive":
                return lambda _: {"status": STATUS[body["action"]]}
        return lambda _: None

    def _tags_named(self, body: Mapping[str, Any], *, preview: bool) -> frozenset[int]:
        if "tag_ids" in body:
            found = [self.tags.now(key) for key in body["tag_ids"]]
            if None in found:
                raise Refusal(400, "tag_ids")
            return frozenset(found)
        known = {name: self.tags.named(name) for name in body["tags"]}
        if body["action"] == "untag" and None in known.values():
            raise Refusal(400, "tags")
        if preview:  # a name that nobody knows is a tag that nobody carries
            return frozenset(-1 if key is None else key for key in known.values())
        return frozenset(self.tags.resolve(body["tags"]))

    def _category_named(self, body: Mapping[str, Any], *, preview: bool) -> int | None:
        if "category_name" in body:
            known = self.categories.named(body["category_name"])
            return (known or -1) if preview else self.categories.resolve([body["category_name"]])[0]
        if body["category_id"] is not None and self.categories.now(body["category_id"]) is None:
            raise Refusal(400, "category_id")
        return self.categories.now(body["category_id"])

    def bulk(
        self, body: Mapping[str, Any], found: Iterable[int], receipt_id: Callable[[], str] | None, message: str | None
    ) -> dict[str, Any]:
        """Figures; without a receipt's id only what they would be. What changes nothing makes nothing."""
        new = self.given_to_many(body, preview=True)
        insights = [self.insights[key] for key in sorted(found)]
        changing = [
            each for each in insights if (to := new(each)) is None or any(each.state[k] != v for k, v in to.items())
        ]
        missing = sorted(set(body.get("ids", ())) - self.insights.keys())
        if receipt_id is not None and changing:
            new = self.given_to_many(body, preview=False)
            name = receipt_id()
            self.receipts[name] = Receipt(body["action"], [each.id for each in changing])
            for each in changing:
                self._apply(each, new(each), Act(message, receipt=name))
        return {
            "matched": len(insights),
            "would_change" if receipt_id is None else "changed": len(changing),
            "unchanged": len(insights) - len(changing),
            "skipped": [{"id": key, "reason": "not found"} for key in missing],
        }

    def _apply(self, insight: Insight, new: dict[str, Any] | None, act: Act) -> None:
        if new is None:
            self.delete(insight.id, None, act)
        else:
            self.change(insight, new, act)

    # Merges and moves

    def refuse_merge(self, vocabulary: Vocabulary, key: int, into: int, expected: int | None) -> None:
        if key == into:
            raise Refusal(400, "into")
        stale = stale_or_none(vocabulary.get(key, None).version, expected)
        if into not in vocabulary.words or (vocabulary is self.categories and into in self.below(key)):
            raise Refusal(400, "into", other=stale)
        if stale:
            raise stale

    def touched_by_merge(self, vocabulary: Vocabulary, key: int) -> list[Insight]:
        if vocabulary is self.tags:
            return [each for each in self.insights.values() if key in each.state["tags"]]
        return [each for each in self.insights.values() if each.state["category_id"] == key]

    def merge(self, vocabulary: Vocabulary, key: int, into: int, receipt_id: str, message: str | None) -> None:
        """Insights and children get the target; the name, and those that led to it, lead there from now on."""
        touched = self.touched_by_merge(vocabulary, key)
        for insight in touched:
            new = (
                {"category_id": into}
                if vocabulary is self.categories
                else {"tags": insight.state["tags"] - {key} | {into}}
            )
            self.change(insight, new, Act(message, receipt=receipt_id))
        children = [word.id for word in vocabulary.words.values() if word.parent_id == key]
        for child in children:
            vocabulary.change(vocabulary.words[child], {"parent_id": into})
        own = [former for former, (target, _) in vocabulary.aliases.items() if target == key]
        for former in own:
            vocabulary.aliases[former] = (into, vocabulary.aliases[former][1])
        word = vocabulary.words.pop(key)
        vocabulary.aliases[key] = (into, word.name)
        kept = {"word": word, "into": into, "aliases": own, "children": children}
        self.receipts[receipt_id] = Receipt(vocabulary.kind, [each.id for each in touched], kept=kept)

    def move(self, category_id: int, parent: int | None, expected: int | None) -> Callable[[str], None]:
        word = self.categories.get(category_id, expected)
        parent = self.standing(parent)
        self.refuse_parent(category_id, {"parent_id": parent})
        kept = {"id": category_id, "before": word.parent_id, "after": parent}

        def done(receipt_id: str) -> None:
            self.categories.change(word, {"parent_id": parent})
            self.receipts[receipt_id] = Receipt("move", kept=kept)

        return done

    # Undoing

    def undo(self, receipt_id: str, undoing_id: Callable[[], str], message: str | None) -> tuple[int, list[int]]:
        """How many insights (or categories) went back, and which insights were left."""
        receipt = self.receipts[receipt_id]
        if receipt.undone or (receipt.undoes and receipt.first in (*MERGES, "move")):
            raise Refusal(400)
        if receipt.action == "move":
            return self._unmoved(receipt, undoing_id()), []
        if receipt.action in MERGES:
            self._refuse_unmerge(receipt)
            self._unmerge(receipt)
        undoing = Receipt("undo", undoes=receipt)
        name = undoing_id()
        self.receipts[name] = undoing
        act = Act(message, receipt=name, verb="revert")
        to_do = sorted(set(receipt.touched) - receipt.went_back)
        undoing.touched = [key for key in to_do if self._set_back(receipt_id, key, act)]
        if not undoing.touched and receipt.action not in MERGES:
            del self.receipts[name]
        receipt.went_back |= set(undoing.touched)
        receipt.undone = receipt.action in MERGES or receipt.went_back == set(receipt.touched)
        return len(undoing.touched), sorted(set(to_do) - set(undoing.touched))

    def _set_back(self, receipt_id: str, key: int, act: Act) -> bool:
        """Whether the insight is there, nothing newer touched it and what it had is not deleted: then it goes back."""
        receipt = self.receipts[receipt_id]
        insight = self.insights.get(key) or self.trash.get(key)
        if insight is None:
            return False
        at = next(place for place, each in enumerate(insight.history) if each.receipt == receipt_id)
        did, only = insight.history[at], MERGES.get(receipt.action)
        newer = [each for each in insight.history[at + 1 :] if only is None or only in each.fields]
        if not self._all_undone(newer) or (key in self.trash) != (did.verb == "trash"):
            return False
        try:
            return self._back(insight, at, only, act)
        except Refusal:  # its external key is another's now
            return False

    def _back(self, insight: Insight, at: int, only: str | None, act: Act) -> bool:
        did, before = insight.history[at], insight.history[at - 1].state
        if did.verb == "trash":
            self.restore(insight.id, None, act)
        elif did.verb == "restore":
            self.delete(insight.id, None, act)
        else:
            fields = did.fields if only is None else did.fields & {only}
            found = self.still_there(before)
            gone = (
                fields & {"category_id"} and before["category_id"] is not None and found["category_id"] is None
            ) or (fields & {"tags"} and None in map(self.tags.now, before["tags"]))
            if gone:
                return False
            self.change(insight, {name: {**before, **found}[name] for name in fields}, act, always=True)
        return True

    def _all_undone(self, newer: list[Any]) -> bool:
        """Whether all that came after is gone again: what an undoing undid and the undoing itself go in pairs."""
        left: list[Receipt | None] = []
        for revision in newer:
            receipt = self.receipts[revision.receipt] if revision.receipt else None
            if receipt and left and left[-1] is receipt.undoes:
                left.pop()
            else:
                left.append(receipt)
        return not left

    def _refuse_unmerge(self, receipt: Receipt) -> None:
        vocabulary, word, kept = self._vocabulary(receipt), receipt.kept["word"], receipt.kept
        now = vocabulary.aliases.get(word.id)
        others = Vocabulary(vocabulary.kind, vocabulary.learn, vocabulary.words, dict(vocabulary.aliases))
        others.aliases.pop(word.id, None)
        if (now and now[0] != kept["into"]) or others.named(word.name) is not None:
            raise Refusal(400)
        above = self._above(vocabulary.now(word.parent_id))
        if any(child in above for child in self._given_back(receipt)):
            raise Refusal(400)

    def _above(self, key: int | None) -> set[int]:
        found: set[int] = set()
        while key is not None:
            found.add(key)
            key = self.categories.words[key].parent_id
        return found

    def _vocabulary(self, receipt: Receipt) -> Vocabulary:
        return self.tags if receipt.action == "tags" else self.categories

    def _given_back(self, receipt: Receipt) -> list[int]:
        words, kept = self._vocabulary(receipt).words, receipt.kept
        return [key for key in kept["children"] if key in words and words[key].parent_id == kept["into"]]

    def _unmerge(self, receipt: Receipt) -> None:
        """The word is back under its id, in a new version, with those of its aliases and children that are still the
        target's."""
        vocabulary, kept = self._vocabulary(receipt), receipt.kept
        word: Word = kept["word"]
        vocabulary.aliases.pop(word.id, None)
        for former in kept["aliases"]:
            if former in vocabulary.aliases and vocabulary.aliases[former][0] == kept["into"]:
                vocabulary.aliases[former] = (word.id, vocabulary.aliases[former][1])
        taken = {each.slug for each in vocabulary.words.values()}
        word.slug = slug_of(word.name, taken) if word.slug in taken else word.slug
        word.parent_id = vocabulary.now(word.parent_id)
        word.version += 1
        children = self._given_back(receipt)
        vocabulary.add(word)
        for child in children:
            vocabulary.change(vocabulary.words[child], {"parent_id": word.id})

    def _unmoved(self, receipt: Receipt, name: str) -> int:
        kept = receipt.kept
        if kept["id"] not in self.categories.words:
            raise Refusal(400)
        word, before = self.categories.words[kept["id"]], self.standing(kept["before"])
        if word.parent_id != self.standing(kept["after"]):
            raise Refusal(400)
        self.refuse_parent(kept["id"], {"parent_id": before})
        self.categories.change(word, {"parent_id": before})
        self.receipts[name] = Receipt("undo", undoes=receipt)
        receipt.undone = True
        return len(self.below(kept["id"]))
