"""Operations are tried in a real browser: completed, checked, run, kept there and nowhere else."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Live
from tests.browser.test_weight import Weight

Device = Callable[..., Page]
READER = "ada@graphql.example.org"
SHELF = """
INSERT INTO insights (title, description, content, author, status)
SELECT 'Insight ' || n, 'What we saw.', 'All of it.', 'Ada', 'published' FROM generate_series(1, 12) n"""
QUERY = "query of_one($title: String!) { insights(where: {title: {_eq: $title}}) { id title } }"
MOST_BYTES = 160_000


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    live.person(READER, "Ada", "viewer")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SHELF)
    return live


@pytest.fixture
def page(shelf: Live, device: Device) -> Page:
    return opened(shelf.let_in(device(), READER))


def opened(page: Page, address: str = "/graphql") -> Page:
    """With the schema there."""
    page.goto(address)
    expect(page.get_by_role("heading", name="type query_root")).to_be_visible()
    return page


def editor(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


def write(page: Page, name: str, text: str) -> None:
    """In place of what stands there, letter by letter where an editor might complete it."""
    editor(page, name).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def state(page: Page) -> Locator:
    return page.locator("[data-state]")


def test_an_operation_is_written_and_run_with_variables(page: Page) -> None:
    write(page, "Query", "{ insights(limit: 3, order_by: {id: asc}) { ti")
    page.keyboard.press("Control+Space")
    page.get_by_role("option", name="title: String!").click()
    page.keyboard.type(" } }")
    page.keyboard.press("Control+Enter")
    expect(state(page)).to_contain_text("Answered in")
    expect(editor(page, "Answer")).to_contain_text('"title": "Insight 1"')
    expect(page.locator("[data-figures]")).to_contain_text("cost 3")

    write(page, "Query", QUERY)
    write(page, "Variables", '{"title": }')
    page.keyboard.press("Control+Enter")
    expect(state(page)).to_contain_text("Variables: It is no JSON")
    write(page, "Variables", '{"title": "Insight 7"}')
    page.keyboard.press("Control+Enter")
    expect(editor(page, "Answer")).to_contain_text('"id": 7')


def test_what_is_wrong_is_shown_where_it_is(page: Page) -> None:
    write(page, "Query", "query {\n  insights(where: {titl: {_eq: draft}}) { id }\n}")
    expect(page.locator(".cm-lintRange-error")).to_have_text(["titl"])
    page.get_by_role("button", name="Run").click()
    expect(state(page)).to_have_text("Refused: one error")
    page.get_by_role("button", name="$.selectionSet.insights.args.where.titl").click()
    page.keyboard.type("title")
    expect(editor(page, "Query")).to_contain_text("where: {title: {_eq: draft}}")
    expect(page.locator(".cm-lintRange-error")).to_have_text(["draft"])
    write(page, "Query", "query {\n  insights {\n    id ]\n  }\n}")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="$.query").click()
    assert page.evaluate("getSelection().toString()") == "]"


def test_it_survives_a_reload_and_a_link_brings_it(page: Page, shelf: Live, device: Device) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    write(page, "Query", QUERY)
    write(page, "Variables", '{"title": "Insight 2"}')
    opened(page)
    expect(editor(page, "Query")).to_have_text(QUERY)
    expect(editor(page, "Variables")).to_have_text('{"title": "Insight 2"}')
    page.get_by_role("button", name="Copy as curl").click()
    expect(state(page)).to_have_text("The command is copied.")
    command = page.evaluate("navigator.clipboard.readText()")
    assert """-d '{"query":"query of_one($title""" in command
    assert '"variables":{"title":"Insight 2"}' in command
    page.get_by_role("button", name="Copy a link").click()
    expect(state(page)).to_have_text("The link is copied.")
    other = shelf.let_in(device(), READER)
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    other.on("request", note)
    opened(other, page.evaluate("navigator.clipboard.readText()"))
    expect(editor(other, "Query")).to_have_text(QUERY)
    assert other.evaluate("location.hash") == ""
    assert not [request for request in asked if "of_one" in request.url + (request.post_data or "")]


def test_history_examples_and_the_schema(page: Page) -> None:
    write(page, "Query", "{ tags { name } }")
    page.keyboard.press("Control+Enter")
    expect(state(page)).to_contain_text("Answered")
    page.get_by_role("tab", name="Schema").click()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="tags_most_used").click()
    expect(editor(page, "Query")).to_contain_text("query tags_most_used")
    expect(editor(page, "Variables")).to_have_text("")
    page.get_by_role("button", name="One insight with everything around it.").click()
    expect(editor(page, "Variables")).to_have_text('{  "id": 1}')
    page.keyboard.press("Control+Enter")
    expect(editor(page, "Answer")).to_contain_text('"title": "Insight 1"')
    page.get_by_role("tab", name="History").click()
    page.get_by_role("button", name="{ tags { name } }").click()
    expect(editor(page, "Query")).to_have_text("{ tags { name } }")
    page.get_by_role("button", name="Clear the history").click()
    expect(page.get_by_text("What you run is listed here")).to_be_visible()
    page.get_by_role("tab", name="Schema").click()
    page.get_by_role("searchbox", name="Search the schema").fill("usage_c")
    page.get_by_role("button", name="tags", exact=True).first.click()
    expect(page.get_by_role("heading", name="type tags")).to_be_visible()
    page.get_by_role("button", name="query_root").click()
    expect(page.get_by_role("heading", name="type query_root")).to_be_visible()


@pytest.fixture
def refusing(page: Page) -> Iterator[Callable[..., None]]:
    """Lets the next operations meet an answer of something else."""

    def refuse(**answer: Any) -> None:
        def act(route: Route) -> None:
            if route.request.method != "POST":
                route.fallback()
            elif answer:
                route.fulfill(**answer)
            else:
                route.abort()

        page.unroute_all()
        page.route("**/graphql", act)

    yield refuse
    page.unroute_all()


def test_why_there_is_no_answer(page: Page, refusing: Callable[..., None]) -> None:
    def told(words: str, **answer: Any) -> None:
        refusing(**answer)
        page.get_by_role("button", name="Run").click()
        expect(state(page)).to_have_text(words)
        expect(editor(page, "Query")).to_contain_text("query newest")

    told("No connection: the server can't be reached. What you typed is kept in this browser.")
    told("Too many requests: try again in 7 seconds.", status=429, headers={"Retry-After": "7"}, json={"errors": []})
    told("The server has a problem (status 502).", status=502, body="<h1>Bad gateway</h1>")

    # The session has ended.
    page.unroute_all()
    page.context.clear_cookies()
    page.get_by_role("button", name="Run").click()
    expect(state(page)).to_have_text("You are signed out. What you typed is kept in this browser.")
    assert page.get_by_role("link", name="Sign in in another tab").get_attribute("href") == "/sign-in?next=/graphql"


def test_it_is_for_everybody(page: Page, check: Callable[[Page], None]) -> None:
    write(page, "Query", "{ insights(where: {titl: {}}) { id } }")
    page.keyboard.press("Control+Enter")
    expect(state(page)).to_have_text("Refused: one error")
    check(page)
    for tab in ("Examples", "History"):
        page.get_by_role("tab", name=tab).click()
        check(page)


def test_what_it_weighs(shelf: Live, device: Device) -> None:
    page = shelf.let_in(device(), READER)
    weight = Weight(page)
    page.goto("/graphql", wait_until="networkidle")
    scripts = {name: size for name, size in weight.sizes.items() if name.endswith(".js")}
    assert {name.partition("-")[0] for name in scripts} == {"app", "graphql"}
    assert sum(scripts.values()) <= MOST_BYTES, scripts


def test_without_scripts(shelf: Live, device: Device) -> None:
    page = shelf.let_in(device(java_script_enabled=False), READER)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        page.goto("/graphql")
        expect(page.get_by_text("This page needs JavaScript. Programs don't")).to_be_visible()
        expect(page.get_by_role("button", name="Run")).to_be_hidden()
