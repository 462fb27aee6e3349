"""History, trash, merges, acts on many rows, and undoing them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.model import values
from tests.model.checks import Json, equal
from tests.model.machine import step
from tests.model.model import Act, Insight, Refusal, Vocabulary
from tests.model.past import EveryEdge


class WholeWriteSide(EveryEdge):
    """Everything that writes."""

    # History and trash

    @step(
        needs="insights",
        insight=values.insight,
        number=st.integers(0, 12),
        message=values.message,
        if_match=values.if_match,
        keyed=st.booleans(),
    )
    def go_back(self, insight: int, number: int, message: str | None, if_match: str, keyed: bool) -> None:
        headers, expected = self.with_version(self.model.insights.get(insight), if_match)
        answer = self.post(f"/insights/{insight}/revisions/{number}/restore", {"message": message}, keyed, headers)
        text = values.stripped(message)
        if self.judge(answer, lambda: (self.model.revert(insight, number, expected, text),)):
            self.shown(answer)

    @step(needs="insights", insight=values.insight, first=st.integers(1, 9))
    def read_history(self, insight: int, first: int) -> None:
        """All revisions of one insight, and of some of them the states that they left."""
        stored = self.model.insights.get(insight)
        answer = self.send("GET", f"/insights/{insight}/revisions")
        if stored is None:
            equal("status", answer.status_code, 404)
            return
        self.check.revisions(stored, answer.get_json()["revisions"])
        for number in range(1, len(stored.history) + 1)[first - 1 :][:3]:
            seen = self.send("GET", f"/insights/{insight}/revisions/{number}").get_json()
            self.check.revision(stored, number, seen)

    @step(needs="trash", insight=values.trashed, message=values.message, if_match=values.if_match, keyed=st.booleans())
    def take_out_of_trash(self, insight: int, message: str | None, if_match: str, keyed: bool) -> None:
        headers, expected = self.with_version(self.model.trash.get(insight), if_match)
        answer = self.post(f"/insights/{insight}/restore", {"message": message}, keyed, headers)
        if self.judge(answer, lambda: self.model.restore(insight, expected, Act(values.stripped(message)))):
            self.shown(answer)

    @step(
        needs="trash",
        insight=values.trashed,
        if_match=values.if_match,
        everything=st.sampled_from((False, False, False, True)),
    )
    def purge(self, insight: int, if_match: str, everything: bool) -> None:
        if everything:
            answer = self.send("DELETE", "/insights/trash")
            equal("purged", (answer.status_code, answer.get_json()), (200, {"purged": len(self.model.trash)}))
            self.model.trash.clear()
            return
        headers, expected = self.with_version(self.model.trash.get(insight), if_match)
        answer = self.send("DELETE", f"/insights/trash/{insight}", headers=headers)
        self.judge(answer, lambda: self.model.purge(insight, expected))

    # Merges and moves

    @step(tag=values.tag, into=values.tag, if_match=values.if_match, preview=values.seldom, then=values.then)
    def merge_tags(self, tag: int, into: int, if_match: str, preview: bool, then: Sequence[str]) -> None:
        self.merge(self.model.tags, tag, into, if_match, preview, then)

    @step(
        category=values.category,
        into=values.category,
        if_match=values.if_match,
        preview=values.seldom,
        then=values.then,
    )
    def merge_categories(self, category: int, into: int, if_match: str, preview: bool, then: Sequence[str]) -> None:
        self.merge(self.model.categories, category, into, if_match, preview, then)

    def merge(
        self, vocabulary: Vocabulary, key: int, into: int, if_match: str, preview: bool, then: Sequence[str]
    ) -> None:
        headers, expected = self.with_version(vocabulary.words.get(key), if_match)
        message = f" Merged into {into} "
        body = {"into": into, "message": message, "preview": preview}
        before = self.stack.fingerprint() if preview else {}
        answer = self.post(f"/{vocabulary.kind}/{key}/merge", body, False, headers)

        def act() -> Json:
            self.model.refuse_merge(vocabulary, key, into, expected)
            touched = self.model.touched_by_merge(vocabulary, key)
            names = [vocabulary.words[key].name]
            told: Json = {"insights": len(touched)}
            if vocabulary is self.model.tags:
                told["both"] = sum(into in insight.state["tags"] for insight in touched)
            else:
                told["categories"] = sum(word.parent_id == key for word in vocabulary.words.values())
            told["aliases"] = sorted(names + [name for to, name in vocabulary.aliases.values() if to == key])
            if not preview:
                self.model.merge(vocabulary, key, into, answer.get_json()["receipt_id"], values.stripped(message))
            return told

        if (told := self.judge(answer, act)) is None:
            return
        seen = answer.get_json()
        equal("figures", {**{name: seen[name] for name in told}, "aliases": sorted(seen["aliases"])}, told)
        (self.check.tag if vocabulary is self.model.tags else self.check.category)(seen["into"])
        if preview:
            equal("what is stored", self.stack.fingerprint(), before)
        self.received(seen, then)

    @step(
        category=values.category,
        parent=st.one_of(st.none(), values.category),
        if_match=values.if_match,
        preview=values.seldom,
        then=values.then,
    )
    def move(self, category: int, parent: int | None, if_match: str, preview: bool, then: Sequence[str]) -> None:
        headers, expected = self.with_version(self.model.categories.words.get(category), if_match)
        answer = self.post(f"/categories/{category}/move", {"parent_id": parent, "preview": preview}, False, headers)
        done = self.judge(answer, lambda: self.model.move(category, parent, expected))
        if done is None:
            return
        seen, below = answer.get_json(), self.model.below(category)
        equal("figures", (seen["insights"], seen["categories"]), (self.check.within(below), len(below)))
        if not preview:
            done(seen["receipt_id"])
        self.check.category(seen["category"])
        self.received(seen, then)

    # Acts on many

    @step(
        what=st.one_of(
            st.sampled_from(({"action": "publish"}, {"action": "archive"}, {"action": "trash"})),
            st.fixed_dictionaries(
                {"action": st.sampled_from(("tag", "untag")), "tag_ids": st.lists(values.tag, min_size=1, max_size=2)}
            ),
        ),
        ids=st.lists(values.insight, min_size=1, max_size=4),
        message=values.message,
        preview=values.seldom,
        then=values.then,
    )
    def change_these(self, what: Json, ids: list[int], message: str | None, preview: bool, then: Sequence[str]) -> None:
        self.change_many({**what, "ids": ids, "message": message, "preview": preview}, set(ids), then)

    def change_many(self, body: Json, wanted: set[int], then: Sequence[str] = ()) -> None:
        found = wanted & self.model.insights.keys()
        answer = self.post("/insights/bulk", body, False)
        receipt = None if body["preview"] else lambda: str(answer.get_json()["receipt_id"])
        told = self.judge(answer, lambda: self.model.bulk(body, found, receipt, values.stripped(body["message"])))
        if told is not None:
            equal("figures", {name: answer.get_json()[name] for name in told}, told)
            self.received(answer.get_json(), then)

    def received(self, seen: Json, then: Sequence[str] = ()) -> None:
        """Acts are told apart by their order: the ids of their receipts are other ones in each run."""
        if receipt := seen.get("receipt_id"):
            self.acts[f"act {len(self.acts)}"] = receipt
            touched = self.model.receipts[receipt].touched
            for what in then:
                self.afterwards(what, touched, receipt)
                self.stack.done[f"then {what}"] += 1

    def afterwards(self, what: str, touched: Sequence[int], first: str) -> None:
        """Something newer, to one of the insights that an act touched; or the undoing of the last act, or the first."""
        insight, last = max(touched, default=1), [*self.acts.values()][-1]
        match what:
            case "undo" | "undo first":
                self.undo_act(last if what == "undo" else first, None, keyed=False)
            case "title":
                self.put(insight, {"title": f"Title {len(self.acts)}"}, "none")
            case "tags":
                self.put(insight, {"tag_ids": []}, "none")
            case "move":
                self.put(insight, {"category_name": "People"}, "none")
            case "trash":
                answer = self.send("DELETE", f"/insights/{insight}")
                self.judge(answer, lambda: self.model.delete(insight, None, Act()))
            case "publish":
                self.change_many({"action": what, "ids": [insight], "message": None, "preview": False}, {insight})

    @step(
        action=values.action_by_name,
        wanted=st.fixed_dictionaries(
            {},
            optional={
                "status": values.status,
                "priority": values.priority,
                "author": st.sampled_from(("ada", "Bob", "%")),
            },
        ),
        message=values.message,
        preview=values.seldom,
        then=values.then,
    )
    def change_what_fits(
        self, action: Json, wanted: Json, message: str | None, preview: bool, then: Sequence[str]
    ) -> None:
        """Everything that a filter finds."""
        found = {each.id for each in self.model.insights.values() if fits(each, wanted)}
        self.change_many({**action, "filter": wanted, "message": message, "preview": preview}, found, then)

    @step(needs="receipts", act=values.act, message=values.message, keyed=st.booleans())
    def undo(self, act: str, message: str | None, keyed: bool) -> None:
        """Also what was undone already, and what newer changes touched since."""
        self.undo_act(self.acts[act], message, keyed)

    def undo_act(self, receipt: str, message: str | None, keyed: bool) -> None:
        answer = self.post(f"/receipts/{receipt}/undo", {"message": message}, keyed)

        def undone() -> Any:
            if receipt not in self.model.receipts:
                raise Refusal(404)
            return self.model.undo(receipt, lambda: str(answer.get_json()["receipt_id"]), values.stripped(message))

        if told := self.judge(answer, undone):
            seen = answer.get_json()
            equal("reverted and left", (seen["reverted"], [each["id"] for each in seen["left"]]), told)
            self.received(seen)

    # Reading by filters

    @step(
        wanted=st.fixed_dictionaries(
            {},
            optional={
                "status": values.status,
                "priority": values.priority,
                "author": st.sampled_from(("ADA", "bob", "_")),
                "category_id": values.category,
                "tag_ids": st.lists(values.tag, min_size=1, max_size=2),
            },
        )
    )
    def search(self, wanted: Json) -> None:
        """Totals come from counts, pages from rows: both are the model's."""
        answer = self.send("POST", "/insights/search", {**wanted, "page_size": 100}).get_json()
        equal("total", answer["total"], len(answer["insights"]))
        self.check.page(answer["insights"], lambda insight: fits(insight, wanted))


def fits(insight: Insight, wanted: Json) -> bool:
    state = insight.state
    same = all(state[name] == wanted[name] for name in ("status", "priority", "category_id") if name in wanted)
    author = wanted.get("author", "").lower() in state["author"].lower()
    return same and author and set(wanted.get("tag_ids", ())) <= state["tags"]
