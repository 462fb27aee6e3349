"""What each field takes."""

from datetime import UTC, datetime

import pytest

from app.search.language.parser import parse
from app.search.language.tree import Condition, Not, Sequence, Word

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("tag:incident", Condition("tag", ("incident",))),
        ("tags:incident", Condition("tag", ("incident",))),
        ("Tag:Incident", Condition("tag", ("Incident",))),
        ('tag:"on call"', Condition("tag", ("on call",))),
        ('tag:a,"b c",d', Condition("tag", ("a", "b c", "d"))),
        ("tag:a,,a,", Condition("tag", ("a",))),
        ("tag:“on call”", Condition("tag", ("on call",))),
        ('tag:" x ', Condition("tag", ("x",))),
        ("tag:c++", Condition("tag", ("c++",))),
        ("tag:=x", Condition("tag", ("x",), exact=True)),
        ("tag:a:b", Condition("tag", ("a:b",))),
        ("tag:f(x)", Condition("tag", ("f(x)",))),
        ('tag:"(x)"', Condition("tag", ("(x)",))),
        ("category:Operations", Condition("category", ("Operations",))),
        ("category:=Operations", Condition("category", ("Operations",), exact=True)),
        ('category:="Site reliability"', Condition("category", ("Site reliability",), exact=True)),
        ("author:ada", Condition("author", ("ada",))),
        ('author:="Ada Lovelace"', Condition("author", ("Ada Lovelace",), exact=True)),
        ('author:"Ada Lovelace",grace', Condition("author", ("Ada Lovelace", "grace"))),
        ("source:https://example.org/a", Condition("source", ("https://example.org/a",))),
        ("status:draft", Condition("status", ("draft",))),
        ("status:draft,Published", Condition("status", ("draft", "published"))),
        ("priority:high", Condition("priority", ("high",))),
        ("priority:low,critical", Condition("priority", ("low", "critical"))),
        ("priority:>=high", Condition("priority", ("high",), ">=")),
        ("priority:>high", Condition("priority", ("high",), ">")),
        ("priority:<high", Condition("priority", ("high",), "<")),
        ("priority:<=high", Condition("priority", ("high",), "<=")),
        ("priority:=high", Condition("priority", ("high",))),
        ('priority:>="HIGH"', Condition("priority", ("high",), ">=")),
        ("visibility:internal", Condition("visibility", ("INTERNAL",))),
        ("visibility:PUBLIC,restricted", Condition("visibility", ("PUBLIC", "RESTRICTED"))),
        ("visibility:anonymised", Condition("visibility", ("ANONYMISED",))),
        ("has:content", Condition("has", ("content",))),
        ("has:source", Condition("has", ("source",))),
        ("has:category", Condition("has", ("category",))),
        ("has:tag", Condition("has", ("tags",))),
        ("has:tags,tag,content", Condition("has", ("tags", "content"))),
        ("is:uncategorised", Condition("is", ("uncategorised",))),
        ("is:uncategorized", Condition("is", ("uncategorised",))),
        ("is:untagged", Condition("is", ("untagged",))),
        ("is:draft", Condition("is", ("draft",))),
        ("is:published", Condition("is", ("published",))),
        ("is:archived", Condition("is", ("archived",))),
        ("is:mine", Condition("is", ("mine",))),
    ],
)
def test_a_field(text: str, condition: Condition) -> None:
    assert parse(text, NOW).root == condition
    assert parse(f"-{text}", NOW).root == Not(condition)
    beside = parse(f"({text}) x" if '" ' not in text else f'{text}" x', NOW).root
    assert isinstance(beside, Sequence)
    assert beside.nodes[0] == condition
    assert isinstance(beside.nodes[1], Word)


@pytest.mark.parametrize(
    ("typed", "sort"),
    [
        ("relevance", "relevance"),
        ("newest", "-created_at"),
        ("oldest", "created_at"),
        ("created", "created_at"),
        ("-created", "-created_at"),
        ("updated", "updated_at"),
        ("-updated", "-updated_at"),
        ("published", "published_at"),
        ("-published", "-published_at"),
        ("title", "title"),
        ("-title", "-title"),
        ("Newest", "-created_at"),
        ('"title"', "title"),
    ],
)
def test_an_order(typed: str, sort: str) -> None:
    query = parse(f"a sort:{typed} b", NOW)
    assert (query.sort, query.root) == (sort, Sequence((Word("a", 0), Word("b", len(query.text) - 1, prefix=True))))


def test_the_last_order_holds_wherever_it_stands() -> None:
    assert parse("sort:title (a OR sort:newest b)", NOW).sort == "-created_at"


def test_there_is_no_order_unless_one_is_named() -> None:
    assert parse("a tag:sort", NOW).sort is None
