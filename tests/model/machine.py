"""Random programs of requests, imports and plain SQL; after each step the answers are the model's.

A program that fails is shrunk by hypothesis to its shortest form, which reads like a test: `state.create(...)`,
`state.update(insight=insight_0, ...)`.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from werkzeug.test import TestResponse

from tests.model import values
from tests.model.acts import Care
from tests.model.checks import Check, Json, equal, refused
from tests.model.model import Act, Refusal, Vocabulary, Word, folded
from tests.model.stack import Stack

CHECK_EVERY = 16
UNKNOWN_ACT = "never done"


def step(needs: str = "", **given: Any) -> Callable[[Callable[..., Any]], Any]:
    """A rule, after which the step is counted and everything looked at now and then; ``needs`` names what the model
    must have some of."""

    def decorate(act: Callable[..., Any]) -> Any:
        @wraps(act)
        def run(self: "WriteSide", **drawn: Any) -> Any:
            self.sound = False  # until it went well
            self.model.acts += 1
            self.done = act.__name__
            made = act(self, **drawn)
            self.stack.done[self.done] += 1
            self.count()
            self.sound = True
            return made

        return precondition(lambda self: not needs or getattr(self.model, needs))(rule(**given)(run))

    return decorate


def made_id(answer: TestResponse) -> int:
    equal("status", (answer.status_code, answer.text if answer.status_code != 201 else ""), (201, ""))
    return int(answer.get_json()["id"])


class WriteSide(RuleBasedStateMachine):
    """Insights, tags, categories and keys, through every edge that writes."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        stack.empty()
        self.stack = stack
        self.model = Care(self.learn)
        self.check = Check(self.model)
        self.acts: dict[str, str] = {UNKNOWN_ACT: "00000000-0000-7000-8000-000000000000"}
        self.keyed: list[tuple[str, Json, TestResponse]] = []
        self.steps = 0
        self.sound = True
        self.done = ""

    # How a step runs

    def send(self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None) -> Any:
        return self.stack.client.open(path, method=method, json=body, headers=headers or {})

    def post(self, path: str, body: Json, keyed: bool, headers: Mapping[str, str] | None = None) -> TestResponse:
        """With a key, if wanted: one that was refused is free to be used again."""
        key = {"Idempotency-Key": f"key {len(self.keyed)}"} if keyed else {}
        answer = self.send("POST", path, body, {**key, **(headers or {})})
        if keyed and answer.status_code < 300:
            self.keyed.append((path, body, answer))
        return answer

    def judge(self, answer: TestResponse, act: Callable[[], Any]) -> Any:
        """What the model made of the same request; None when it had to be refused, and was."""
        try:
            made = act()
        except Refusal as refusal:
            self.done += f" refused {refusal.status}"
            refused(answer, refusal)
            made = None
        else:
            assert answer.status_code < 300, f"refused: {answer.text}"
        return made

    def learn(self, kind: str, name: str) -> int:
        """The id of a word that somebody must have made just now."""
        known = {folded(word["name"]): word["id"] for word in self.send("GET", f"/{kind}?limit=1000").get_json()}
        assert folded(name) in known, f"no {kind} named {name!r} were made"
        return int(known[folded(name)])

    def with_version(self, stored: Any, how: str) -> tuple[dict[str, str], int | None]:
        """The header If-Match, and the version that it asks for."""
        version = stored.version if stored else 1
        match how:
            case "right":
                return {"If-Match": f'"{version}-x"'}, version
            case "stale":
                return {"If-Match": f'"{version - 1}-x"'}, version - 1
            case "foreign":
                return {"If-Match": '"x"'}, 0
            case "any":
                return {"If-Match": "*"}, None
        return {}, None

    def shown(self, answer: TestResponse) -> int:
        """Checks the insight that was answered, and its ETag."""
        seen = answer.get_json()
        self.check.insight(seen)
        assert answer.headers["ETag"].startswith(f'"{seen["version"]}-')
        return int(seen["id"])

    # What holds after each step, and after some

    def count(self) -> None:
        self.steps += 1
        if self.steps % CHECK_EVERY == 0:
            self.everything()
        if self.steps % CHECK_EVERY == CHECK_EVERY // 2:
            self.stack.fold_counts()  # at any time: nobody sees a difference

    def teardown(self) -> None:
        if self.sound:
            self.everything()
            equal("what breaks a promise", self.stack.broken(), {})

    def everything(self) -> None:
        """All that can be read is what the model holds."""
        self.check.page(self.listed("/insights"))
        self.check.trash(self.listed("/insights/trash"))
        for kind in ("tags", "categories"):
            self.check.words(kind, self.send("GET", f"/{kind}?limit=1000").get_json())
        self.check.tree(self.send("GET", "/categories/tree").get_json()["categories"])
        self.check.statistics(self.send("GET", "/statistics").get_json())
        self.check.histories(self.stack.revisions())
        self.check.receipts(self.listed("/receipts", "receipts"))
        equal("drift of the counts", self.stack.rows("SELECT * FROM counts_drift"), [])

    def listed(self, path: str, members: str = "insights") -> list[Json]:
        """All pages of a list."""
        found: list[Json] = []
        while True:
            page = self.send("GET", f"{path}?page_size=100&page={len(found) // 100 + 1}").get_json()
            found += page[members]
            if len(found) >= page["total"] or not page[members]:
                equal("total", page["total"], len(found))
                return found

    # Insights

    @initialize()
    def begin(self) -> None:
        """Something to change, as most runs may not make anything."""
        for name in ("Red", "Blue"):
            self.new_word(self.model.tags, {"name": name, "slug": name.lower()}, keyed=False)
        for name in ("Ops", "Data"):
            self.new_word(self.model.categories, {"name": name, "slug": name.lower()}, keyed=False)
        for title, tags in (("One", [1]), ("Two", [1, 2])):
            draft = {"title": title, "description": "Text", "author": "Ada", "status": "published"}
            self.new_insight({**draft, "tag_ids": tags, "category_id": 1}, keyed=False)

    @step(
        draft=values.draft,
        tag_ids=st.one_of(st.just(values.UNSAID), st.none(), st.lists(values.tag, max_size=3)),
        category=st.one_of(st.just(values.UNSAID), st.none(), values.category),
        keyed=st.booleans(),
    )
    def create(self, draft: Json, tag_ids: Any, category: Any, keyed: bool) -> None:
        self.new_insight(values.said(draft, tag_ids=tag_ids, category_id=category), keyed)

    def new_insight(self, body: Json, keyed: bool) -> None:
        answer = self.post("/insights", body, keyed)
        act = Act(values.stripped(body.get("message")))
        made = self.judge(answer, lambda: self.model.create(lambda: made_id(answer), body, act))
        if made:
            equal("location", answer.headers["Location"], f"/insights/{made.id}")
            self.shown(answer)

    @step(
        needs="insights",
        insight=values.insight,
        changes=values.changes,
        tag_ids=st.one_of(st.just(values.UNSAID), st.none(), st.lists(values.tag, max_size=3)),
        category=st.one_of(st.just(values.UNSAID), st.none(), values.category),
        if_match=values.if_match,
    )
    def update(self, insight: int, changes: Json, tag_ids: Any, category: Any, if_match: str) -> None:
        self.put(insight, values.said(changes, tag_ids=tag_ids, category_id=category), if_match)

    @step(
        needs="insights",
        insight=values.insight,
        field=st.sampled_from(("description", "content")),
        how=st.integers(0, 5),
        place=st.integers(0, 40),
    )
    def edit(self, insight: int, field: str, how: int, place: int) -> None:
        stored = self.model.insights.get(insight)
        text = (stored.state[field] if stored else None) or ""
        self.put(insight, {field: values.edited(text, how, place)}, "right")

    @step(needs="insights", insight=values.insight)
    def save_as_it_is(self, insight: int) -> None:
        """A form that is sent without a change."""
        if stored := self.model.insights.get(insight):
            self.put(insight, {**self.check.plain(stored.state), "tag_ids": sorted(stored.state["tags"])}, "right")

    def put(self, insight: int, body: Json, if_match: str) -> None:
        headers, expected = self.with_version(self.model.insights.get(insight), if_match)
        answer = self.send("PUT", f"/insights/{insight}", body, headers)
        act = Act(values.stripped(body.get("message")))
        if self.judge(answer, lambda: (self.model.update(insight, body, expected, act),)):
            self.shown(answer)

    @step(needs="insights", insight=values.insight, message=values.message, if_match=values.if_match)
    def delete(self, insight: int, message: str | None, if_match: str) -> None:
        headers, expected = self.with_version(self.model.insights.get(insight), if_match)
        query = "" if message is None else f"?message={message}"
        answer = self.send("DELETE", f"/insights/{insight}{query}", headers=headers)
        self.judge(answer, lambda: self.model.delete(insight, expected, Act(values.stripped(message))))

    @step(wrong=st.sampled_from(values.WRONG_INSIGHTS), insight=st.one_of(values.insight, st.none()))
    def wrong_insight(self, wrong: tuple[Json, dict[str, str]], insight: int | None) -> None:
        """Also where the rest is right, names new tags and would be stored."""
        good = {"title": "T", "description": "d", "author": "A", "tags": ["Never"], "category_name": "Never"}
        self.wrong("/insights", wrong, insight, good)

    def wrong(self, path: str, wrong: tuple[Json, dict[str, str]], key: int | None, good: Json) -> None:
        before = self.stack.fingerprint()
        fields, codes = wrong
        method, place = ("POST", path) if key is None else ("PUT", f"{path}/{key}")
        answer = self.send(method, place, {**good, **fields}, {"Idempotency-Key": "wrong"} if key is None else {})
        equal("status", answer.status_code, 422)
        named = {".".join(map(str, error["loc"])): error["code"] for error in answer.get_json()["errors"]}
        equal("wrong fields", named, codes)
        equal("what is stored", self.stack.fingerprint(), before)

    # Tags and categories

    @step(name=values.tag_name, word=values.word, keyed=st.booleans())
    def create_tag(self, name: str, word: Json, keyed: bool) -> None:
        self.new_word(self.model.tags, {"name": name, "slug": name.strip(), **word}, keyed)

    @step(
        name=values.category_name,
        word=values.word,
        parent=st.one_of(st.none(), values.category),
        keyed=st.booleans(),
    )
    def create_category(self, name: str, word: Json, parent: int | None, keyed: bool) -> None:
        values_ = {"name": name, "slug": name.strip(), **word, "parent_id": parent, "icon": "code"}
        self.new_word(self.model.categories, values_, keyed)

    def new_word(self, vocabulary: Vocabulary, body: Json, keyed: bool) -> None:
        answer = self.post(f"/{vocabulary.kind}", body, keyed)

        def act() -> Word:
            self.refuse_word(vocabulary, None, body)
            word = Word(made_id(answer), **{**self.placed(body), "name": body["name"].strip()})
            vocabulary.add(word)
            return word

        if made := self.judge(answer, act):
            equal("location", answer.headers["Location"], f"/{vocabulary.kind}/{made.id}")
            self.shown_word(vocabulary, answer)

    def placed(self, body: Json) -> Json:
        """Below the target of a parent that was merged away."""
        return {**body, "parent_id": self.model.standing(body["parent_id"])} if "parent_id" in body else body

    def refuse_word(self, vocabulary: Vocabulary, key: int | None, body: Json) -> None:
        """A name that is taken, a slug, a parent: any of them may be named."""
        fields: list[str] = []
        for refuse in (
            lambda: vocabulary.refuse_taken(body, key),
            lambda: self.model.refuse_parent(key, body),
        ):
            try:
                refuse()
            except Refusal as refusal:
                fields += refusal.fields
        if fields:
            raise Refusal(400, *fields)

    def shown_word(self, vocabulary: Vocabulary, answer: TestResponse) -> None:
        (self.check.tag if vocabulary.kind == "tags" else self.check.category)(answer.get_json())

    @step(tag=values.tag, name=st.one_of(st.none(), values.tag_name), word=values.word, if_match=values.if_match)
    def update_tag(self, tag: int, name: str | None, word: Json, if_match: str) -> None:
        self.put_word(self.model.tags, tag, {**({} if name is None else {"name": name}), **word}, if_match)

    @step(
        category=values.category,
        name=st.one_of(st.none(), values.category_name),
        word=values.word,
        if_match=values.if_match,
    )
    def update_category(self, category: int, name: str | None, word: Json, if_match: str) -> None:
        self.put_word(self.model.categories, category, {**({} if name is None else {"name": name}), **word}, if_match)

    @step(category=values.category, parent=st.one_of(st.none(), values.category), if_match=values.if_match)
    def put_below(self, category: int, parent: int | None, if_match: str) -> None:
        """Also below itself, or below what lies in it."""
        self.put_word(self.model.categories, category, {"parent_id": parent}, if_match)

    def put_word(self, vocabulary: Vocabulary, key: int, body: Json, if_match: str) -> None:
        headers, expected = self.with_version(vocabulary.words.get(key), if_match)
        answer = self.send("PUT", f"/{vocabulary.kind}/{key}", body, headers)

        def act() -> Word:
            word = vocabulary.get(key, expected)
            self.refuse_word(vocabulary, key, body)
            vocabulary.change(word, self.placed(body))
            return word

        if self.judge(answer, act):
            self.shown_word(vocabulary, answer)

    @step(tag=values.tag, if_match=values.if_match)
    def delete_tag(self, tag: int, if_match: str) -> None:
        headers, expected = self.with_version(self.model.tags.words.get(tag), if_match)
        answer = self.send("DELETE", f"/tags/{tag}", headers=headers)
        self.judge(answer, lambda: self.model.delete_tag(tag, expected))

    @step(category=values.category, if_match=values.if_match)
    def delete_category(self, category: int, if_match: str) -> None:
        headers, expected = self.with_version(self.model.categories.words.get(category), if_match)
        answer = self.send("DELETE", f"/categories/{category}", headers=headers)
        self.judge(answer, lambda: self.model.delete_category(category, expected))

    @step(wrong=st.sampled_from(values.WRONG_WORDS), tag=st.one_of(values.tag, st.none()))
    def wrong_tag(self, wrong: tuple[Json, dict[str, str]], tag: int | None) -> None:
        self.wrong("/tags", wrong, tag, {"name": "Never", "slug": "never"})

    # The same request again

    @precondition(lambda self: self.keyed)
    @step(which=st.integers(0, 9), other=st.booleans())
    def send_again(self, which: int, other: bool) -> None:
        """The first answer once more, and nothing happens; another request under the key is refused."""
        number = which % len(self.keyed)
        path, body, first = self.keyed[number]
        before = self.stack.fingerprint()
        text = "description" if path in ("/tags", "/categories") else "message"
        body = {**body, text: "Another"} if other else body
        again = self.send("POST", path, body, {"Idempotency-Key": f"key {number}"})
        if other:
            equal("refused", (again.status_code, again.get_json()["errors"][0]["code"]), (422, "key_reused"))
        else:
            equal("replayed", again.headers.get("Idempotency-Replayed"), "true")
            equal("the answer", (again.status_code, again.data), (first.status_code, first.data))
            for name in ("Location", "ETag", "Content-Type"):
                equal(name, again.headers.get(name), first.headers.get(name))
        equal("what is stored", self.stack.fingerprint(), before)
