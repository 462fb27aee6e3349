"""How words, phrases, groups and joints make a tree."""

from datetime import UTC, datetime

import pytest

from app.search.language.parser import parse
from app.search.language.tree import Condition, Either, Every, Node, Not, Phrase, Query, Sequence, Word, wanted_text

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)


def in_short(node: Node | None) -> str:
    """The tree in brackets: a sequence in [], what AND joins in {}, what OR joins in <>; a prefix ends in ``*``."""
    match node:
        case None:
            return ""
        case Word(text, _, prefix):
            return text + "*" * prefix
        case Phrase(text):
            return f'"{text}"'
        case Condition(field, values, operator, exact):
            return f"{field}{'=' * exact}{operator}{','.join(map(str, values))}"
        case Not(inner):
            return f"-{in_short(inner)}"
        case Sequence(nodes):
            return f"[{' '.join(map(in_short, nodes))}]"
        case Every(nodes):
            return f"{{{' '.join(map(in_short, nodes))}}}"
        case Either(nodes):
            return f"<{' '.join(map(in_short, nodes))}>"


def meaning(text: str) -> str:
    return in_short(parse(text, NOW).root)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", ""),
        ("  \t\n ", ""),
        ("cache", "cache*"),
        ("cache ", "cache"),
        ("slow cache", "[slow cache*]"),
        ("How to deploy?", "[How to deploy]"),
        ("(cache)", "cache"),
        ("cache, queue; lock", "[cache queue lock*]"),
        ("naïve café", "[naïve café*]"),
        ("cafe\u0301", "cafe\u0301*"),
        ("日本 語", "[日本 語*]"),
        ("don't re-use x_y", "[don't re-use x_y*]"),
        ("C++ and C# in .NET", "[C and C in NET*]"),
        ("a\x01b", "[a b*]"),
    ],
)
def test_words(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("https://a.b/c?d=1", "https://a.b/c?d=1*"),
        ("at 12:30", "[at 12:30*]"),
        (r"C:\temp\x", r"C:\temp\x*"),
        ("std::map<int>", "std::map<int"),
        ("main() f(x) y", "[main f(x y*]"),
        ("title:x port:8080 tga:x", "[title:x port:8080 tga:x*]"),
        ("the question is: why", "[the question is why*]"),
        ("it has: nothing", "[it has nothing*]"),
        ("in short: yes", "[in short yes*]"),
        ("--force -> x", "[force x*]"),
        ("a - b -- c", "[a b c*]"),
        ('12" screen', "[12 screen*]"),
        (":) smile ) ( here", "[smile here*]"),
        ("100 %", "100"),
        ("+must", "must*"),
        ("and or not And", "[and or not And*]"),
    ],
)
def test_what_only_looks_like_the_language_is_text(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('"on call"', '"on call"'),
        ('say "on call" now', '[say "on call" now*]'),
        ("“on call” „zu Hause“", '["on call" "zu Hause"]'),
        ('“a "quoted" word”', '"a "quoted" word"'),
        ('"the “real” one"', '"the “real” one"'),
        ('"never closed', '"never closed"'),
        ('(a "never closed)', '[a "never closed)"]'),
        ('"" "  " x', "x*"),
        ('x ""', "x"),
        ('a"b', 'a"b*'),
        ('"a"b', '["a" b*]'),
        (',"a b"', '"a b"'),
    ],
)
def test_phrases(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a OR b", "<a b*>"),
        ("a b OR c d", "<[a b] [c d*]>"),
        ("a OR b OR c", "<a b c*>"),
        ("a AND b", "{a b*}"),
        ("a AND b AND c", "{a b c*}"),
        ("a b AND c d", "[a {b c} d*]"),
        ("a AND b OR c AND d e", "<{a b} [{c d} e*]>"),
        ("a (b OR c) d", "[a <b c> d*]"),
        ("(a b) c", "[[a b] c*]"),
        ("((a b))", "[a b]"),
        ("(a OR b) AND (c OR d)", "{<a b> <c d>}"),
        ("a(b OR c", "<a(b c*>"),
        ("a AND(b) OR(c)", "<{a b} c>"),
        ("(a (b OR c", "[a <b c*>]"),
        ("a) b", "[a b*]"),
        ("() (()) a", "a*"),
        ('tag:x OR "a b"', '<tag=x "a b">'),
    ],
)
def test_joints_and_groups(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-a b", "[-a b*]"),
        ("NOT a b", "[-a b*]"),
        ("a NOT b", "[a -b*]"),
        ("a AND NOT b", "{a -b*}"),
        ('-"a b"', '-"a b"'),
        ("-(a OR b) c", "[-<a b> c*]"),
        ("NOT (a b)", "-[a b]"),
        ("-tag:x -status:draft", "[-tag=x -status=draft]"),
        ("NOT NOT a", "a*"),
        ("NOT -a", "a*"),
        ("NOT NOT NOT a", "-a*"),
        ("a-b", "a-b*"),
        ("a -b OR -c", "<[a -b] -c*>"),
    ],
)
def test_negation(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("OR", "OR*"),
        ("OR a", "[OR a*]"),
        ("a OR", "[a OR*]"),
        ("AND a", "[AND a*]"),
        ("a AND", "[a AND*]"),
        ("a NOT", "[a NOT*]"),
        ("(a OR) b", "[[a OR] b*]"),
        ("a OR OR b", "<a [OR b*]>"),
        ("a, OR, b", "[a OR b*]"),
        ("-OR a", "[-OR a*]"),
        ("sort:title OR a", "a*"),
        ("a OR sort:title", "a"),
        ("NOT sort:title a", "a*"),
    ],
)
def test_a_joint_that_joins_nothing_is_a_word(text: str, tree: str) -> None:
    assert meaning(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("???", "???"),
        ("++ --", "[++ --]"),
        ('"++"', '"++"'),
        ("tag:x ++", "[tag=x ++]"),
        ("++ a", "a*"),
        ("++ -a", "-a*"),
        ("a OR ++", "a"),
    ],
)
def test_signs_alone_are_looked_for_when_there_is_no_other_text(text: str, tree: str) -> None:
    assert meaning(text) == tree


def test_positions() -> None:
    query = parse(' "on call" (Deploy, OR -x) y', NOW)
    deploy, negated = Word("Deploy", 12), Not(Word("x", 24))
    assert query.root == Sequence((Phrase("on call", 1), Either((deploy, negated)), Word("y", 27, prefix=True)))
    assert query.text == ' "on call" (Deploy, OR -x) y'


def test_wanted_text_leaves_out_what_is_negated() -> None:
    query = parse('a (b OR "c d") -e NOT (f g) tag:h i', NOW)
    assert [part.text for part in wanted_text(query.root)] == ["a", "b", "c d", "i"]


def test_nothing_is_asked_for() -> None:
    assert parse("", NOW) == Query("", None)
    assert parse("sort:title", NOW) == Query("sort:title", None, "title")


@pytest.mark.parametrize("text", ["(" * 20 + "a" + ")" * 20, "a " * 300, "tag:" + ",".join(map(str, range(300)))])
def test_the_limits_themselves_are_allowed(text: str) -> None:
    assert parse(text, NOW).root is not None


def test_the_longest_text() -> None:
    assert parse("x" * 5000, NOW).root == Word("x" * 5000, 0, prefix=True)
