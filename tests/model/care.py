"""History, trash, merges, acts on many rows, and undoing them."""

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

    @step(insight=values.insight)
    def read_history(self, insight: int) -> None:
        """Every revision of one insight, and the state that it left."""
        stored = self.model.insights.get(insight)
        answer = self.send("GET", f"/insights/{insight}/revisions")
        if stored is None:
            equal("status", answer.status_code, 404)
            return
        self.check.revisions(stored, answer.get_json()["revisions"])
        for number in range(1, len(stored.history) + 1):
            seen = self.send("GET", f"/insights/{insight}/revisions/{number}").get_json()
            self.check.revision(stored, number, seen)

    @step(insight=values.trashed, message=values.message, if_match=values.if_match, keyed=st.booleans())
    def take_out_of_trash(self, insight: int, message: str | None, if_match: str, keyed: bool) -> None:
        headers, expected = self.with_version(self.model.trash.get(insight), if_match)
        answer = self.post(f"/insights/{insight}/restore", {"message": message}, keyed, headers)
        if self.judge(answer, lambda: self.model.restore(insight, expected, Act(values.stripped(message)))):
            self.shown(answer)

    @step(insight=values.trashed, if_match=values.if_match, everything=st.sampled_from((False, False, False, True)))
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

    @step(tag=values.tag, into=values.tag, message=values.message, if_match=values.if_match, preview=st.booleans())
    def merge_tags(self, tag: int, into: int, message: str | None, if_match: str, preview: bool) -> None:
        self.merge(self.model.tags, tag, into, message, if_match, preview)

    @step(
        category=values.category,
        into=values.category,
        message=values.message,
        if_match=values.if_match,
        preview=st.booleans(),
    )
    def merge_categories(self, category: int, into: int, message: str | None, if_match: str, preview: bool) -> None:
        self.merge(self.model.categories, category, into, message, if_match, preview)

    def merge(
        self, vocabulary: Vocabulary, key: int, into: int, message: str | None, if_match: str, preview: bool
    ) -> None:
        headers, expected = self.with_version(vocabulary.words.get(key), if_match)
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
        self.received(seen)

    @step(
        category=values.category,
        parent=st.one_of(st.none(), values.category),
        if_match=values.if_match,
        preview=st.booleans(),
    )
    def move(self, category: int, parent: int | None, if_match: str, preview: bool) -> None:
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
        self.received(seen)

    # Acts on many

    @step(
        what=st.one_of(
            st.sampled_from(({"action": "publish"}, {"action": "archive"}, {"action": "trash"})),
            st.fixed_dictionaries(
                {"action": st.sampled_from(("tag", "untag")), "tag_ids": st.lists(values.tag, max_size=2)}
            ),
        ),
        ids=st.lists(values.insight, max_size=4),
        message=values.message,
        preview=st.booleans(),
    )
    def change_these(self, what: Json, ids: list[int], message: str | None, preview: bool) -> None:
        self.change_many({**what, "ids": ids, "message": message, "preview": preview}, set(ids))

    def change_many(self, body: Json, wanted: set[int]) -> None:
        found = wanted & self.model.insights.keys()
        answer = self.post("/insights/bulk", body, False)
        receipt = None if body["preview"] else lambda: str(answer.get_json()["receipt_id"])
        told = self.judge(answer, lambda: self.model.bulk(body, found, receipt, values.stripped(body["message"])))
        if told is not None:
            equal("figures", {name: answer.get_json()[name] for name in told}, told)
            self.received(answer.get_json())

    def received(self, seen: Json) -> None:
        """Acts are told apart by their order: the ids of their receipts are other ones in each run."""
        if receipt := seen.get("receipt_id"):
            self.acts[f"act {len(self.acts)}"] = receipt

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
        preview=st.booleans(),
    )
    def change_what_fits(self, action: Json, wanted: Json, message: str | None, preview: bool) -> None:
        """Everything that a filter finds."""
        found = {each.id for each in self.model.insights.values() if fits(each, wanted)}
        self.change_many({**action, "filter": wanted, "message": message, "preview": preview}, found)

    @step(act=values.receipt, message=values.message, keyed=st.booleans())
    def undo(self, act: str, message: str | None, keyed: bool) -> None:
        """Also what was undone already, and what newer changes touched since."""
        receipt = self.acts[act]
        answer = self.post(f"/receipts/{receipt}/undo", {"message": message}, keyed)

        def undone() -> Any:
            if receipt not in self.model.receipts:
                raise Refusal(404)
            return self.model.undo(receipt, lambda: str(answer.get_json()["receipt_id"]), values.stripped(message))

        if told := self.judge(answer, undone):
            seen = answer.get_json()
            equal("reverted and left", (seen["reverted"], seen["left"]), told)
            self.received(seen)

    @step(fold=st.booleans())
    def look_at_receipts(self, fold: bool) -> None:
        """And, at any time, the upkeep of the counts: nobody sees a difference."""
        if fold:
            self.stack.rows("SELECT counts_fold()")
        seen = {each["id"]: each["undone_by"] is not None for each in self.receipts_listed()}
        equal("receipts", seen, {key: each.undone for key, each in self.model.receipts.items()})

    def receipts_listed(self) -> list[Json]:
        found: list[Json] = []
        while True:
            page = self.send("GET", f"/receipts?page_size=100&page={len(found) // 100 + 1}").get_json()
            found += page["receipts"]
            if len(found) >= page["total"] or not page["receipts"]:
                return found

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
