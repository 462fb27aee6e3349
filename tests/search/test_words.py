"""What the words of a query are in the index, and what stands in for those that nobody wrote."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask

from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.search.language.parser import parse
from app.search.language.tree import Not, Phrase, Query, Sequence, Word
from app.search.queries.corrections import distance
from app.search.queries.words import Stem, Term, Understood, understand

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VIEWER = Audience.of([ROLES[Role.VIEWER]], reader=1)
ROWS = [
    ("Retries exhausted the connections", "One storm", "use budgets", "PUBLIC"),
    ("Performance of queries", "Running slowly at night", None, "PUBLIC"),
    ("Café opening hours", "résumé of the meeting", None, "INTERNAL"),
    ("The merger with Zanzibar", "A secret acquisition", "connectors", "RESTRICTED"),
    ("Connected pools", "A well-known kubernetes problem", "kubernetes it's C:\\temp", "PUBLIC"),
]
INSERT = """
INSERT INTO insights (title, description, content, visibility, author, status)
VALUES (%s, %s, %s, %s, 'Ada', 'published')"""


@pytest.fixture
def library(app: Flask, owner_connection: psycopg.Connection) -> None:
    owner_connection.cursor().executemany(INSERT, ROWS)


def understood(text: str, audience: Audience = EVERYTHING) -> Understood:
    return understand(audience, parse(text, NOW))


def term(text: str, audience: Audience = EVERYTHING) -> Term:
    [term] = understood(text, audience).terms.values()
    return term


def stems(text: str, audience: Audience = EVERYTHING) -> list[str]:
    return [stem.text for stem in term(text, audience).stems]


def others(text: str, audience: Audience = EVERYTHING) -> list[str]:
    return [stem.text for stem in term(text, audience).others]


def correction(text: str, audience: Audience = EVERYTHING) -> str | None:
    return understood(text, audience).corrected


def test_a_word_is_its_stem_counted_in_the_index(library: None) -> None:
    assert term("CONNECTION ") == Term("connection", (Stem("connect", (2,)),))
    assert term("résumé ") == Term("resume", (Stem("resum", (1,)),))
    known = understood("connection ")
    assert (known.documents, known.average_length) == (5, 8.2)


def test_counts_of_upkeep_are_used_where_there_are_some(library: None, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('connect', '{7,3,1}')")
        connection.execute("INSERT INTO search_statistics VALUES (true, 6, 80.5, 0)")
    known = understood("connections storms ")
    assert [term.stems[0].documents for term in known.terms.values()] == [(7, 3, 1), (1,)]
    assert (known.documents, known.average_length) == (7, 80.5)


@pytest.mark.parametrize(
    ("documents", "counted"), [(4, False), (5, True), (6, True), (7, False), (20_000, False), (20_001, True)]
)
def test_counts_of_quite_another_number_of_documents_are_not_used(
    library: None, owner_url: str, documents: int, counted: bool
) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('connect', '{3,3,1}')")
        connection.execute("INSERT INTO search_statistics VALUES (true, %s, 80.5, 0)", (documents,))
    known = understood("connections ")
    assert (known.counted, known.average_length == 80.5) == (counted, counted)
    assert known.terms[Word("connections", 0)].stems[0].documents == ((3, 3, 1) if counted else (2,))
    assert known.documents == (max(documents, 3) if counted else 5)


@pytest.mark.parametrize("documents", ["{29}", "{50}", "{50,40,30}", "{9000,3000}", "{9000,3000,2001,31,2}"])
def test_whether_a_word_is_seen_does_not_follow_from_how_frequent_it_is(
    library: None, owner_url: str, documents: str
) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('zanzibar', %(n)s), ('storm', %(n)s)", {"n": documents})
        connection.execute("INSERT INTO search_statistics VALUES (true, 30000, 80.5, 0)")
    counted = tuple(map(int, documents.strip("{}").split(",")))
    assert [term(word).stems[0].documents for word in ("zanzibar ", "storm ")] == [counted, counted]
    assert [term(word, VIEWER).stems[0].documents for word in ("zanzibar ", "storm ")] == [(0,), counted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("well-known ", ["well", "known"]),
        ("state-of-the-art ", ["state", "art"]),
        ("e-mails ", ["e", "mail"]),
        ("my-site.org/faq-list ", ["my-site.org/faq-list", "my-site.org", "/faq-list"]),
        ("x-1 ", ["x", "-1"]),
        ("2-3 ", ["2", "-3"]),
    ],
)
def test_all_parts_of_a_hyphenated_word_are_wanted(library: None, text: str, wanted: list[str]) -> None:
    assert stems(text) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [("the connection of ", ["connection"]), ("the ", []), ("-", []), ("", []), ("a & b <-> ", ["b"])],
)
def test_stop_words_and_signs_are_no_terms(library: None, text: str, words: list[str]) -> None:
    assert [term.word for term in understood(text).terms.values()] == words


def test_the_last_word_may_be_a_beginning(library: None) -> None:
    assert others("kub") == ["kubernet"]
    assert others("c") == []
    assert others("con") == ["connect", "connector"]
    assert others("connect") == ["connector"]
    assert others("con", VIEWER) == ["connect"]
    assert others("con ") == ["connect", "connector"]  # nobody wrote it: a part
    assert (term("con").others_weight, term("con ").others_weight) == (0.5, 1.0)


def test_a_beginning_is_looked_for_as_it_was_typed(library: None) -> None:
    assert others("con_") == others("con%") == others("con")
    assert understood("con_x").corrected is None


def test_an_unknown_word_is_looked_for_as_a_part(library: None) -> None:
    known = understood("formanc ")
    assert (known.infix, known.corrected, known.as_it_stands) == (True, None, False)
    assert term("formanc ") == Term("formanc", (Stem("formanc", (0,)),), (Stem("perform", (1,)),), 1.0)


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("kuberentes ", "kubernetes "),
        ("kubernets ", None),  # the same stem
        ("kubernete ", None),
        ("Kuberneets storm", "kubernetes storm"),
        ("the  kubxrnetes  (storm OR nihgt)", "the  kubernetes  (storm OR night)"),
        ("strom", "storm"),
        ("sto", None),
        ("xtorx", None),
        ("kub3rnetes", None),
        ('"kuberentes"', None),
        ("-kuberentes storm", None),
        ("kuxxrnxtes", None),
        ("resmue", "resume"),
        ("wel-known", None),
    ],
)
def test_a_mistyped_word_is_corrected(library: None, text: str, corrected: str | None) -> None:
    assert correction(text) == corrected


def test_a_corrected_word_takes_the_place_of_the_typed_one(library: None) -> None:
    known = understood("strom kubernetes")
    assert known.query.text == "storm kubernetes"
    assert known.query.root == Sequence((Word("storm", 0), Word("kubernetes", 6, prefix=True)))
    assert [(word.text, term.stems[0].text) for word, term in known.terms.items()] == [
        ("storm", "storm"),
        ("kubernetes", "kubernet"),
    ]


def test_of_several_nearest_words_the_most_frequent_is_meant(app: Flask, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        texts = [("The blank", ""), ("A flank", "the flank"), ("One flank", ""), ("Planks", "")]
        connection.cursor().executemany(INSERT, [(title, text, None, "PUBLIC") for title, text in texts])
    assert correction("xlank ") == "flank "
    assert correction("xlanks ") == "planks "


@pytest.mark.parametrize(
    ("text", "everybody", "viewer"),
    [
        ("zanzibra", "zanzibar", None),
        ("connectrs ", "connectors ", "connected "),
        ("acquisitoin merger", "acquisition merger", None),
    ],
)
def test_nobody_learns_a_word_that_is_not_seen(library: None, text: str, everybody: str, viewer: str | None) -> None:
    assert (correction(text), correction(text, VIEWER)) == (everybody, viewer)


def test_nobody_learns_a_form_that_is_not_seen(library: None, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute(INSERT, ("Retrying", "It says more", None, "RESTRICTED"))
    assert stems("retrying ", VIEWER) == stems("retries ", VIEWER)
    assert (correction("retryng "), correction("retryng ", VIEWER)) == ("retrying ", None)


def test_what_is_not_seen_is_as_good_as_unwritten(library: None) -> None:
    assert (term("zanzibar ", VIEWER), others("anziba", VIEWER), others("zan", VIEWER)) == (
        Term("zanzibar", (Stem("zanzibar", (0,)),)),
        [],
        [],
    )
    assert term("zanzibar ").stems == (Stem("zanzibar", (1,)),)
    known = understood("anziba ", VIEWER)
    assert (known.infix, known.corrected, known.as_it_stands) == (False, None, True)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("!", True),
        ("the of", True),
        ("the storm", False),
        ("qqqqqqq wwwwwww", True),
        ("qqqqqqq storm", False),
        ("qqqqqqq tag:x", True),
        ("qqqqqqq OR tag:x", False),
        ("the OR tag:x", False),
        ("qqqqqqq OR -storm", False),
        ("tag:x", False),
        ("-storm", False),
        ('"to be"', True),
        ('"qqqqqqq storm"', True),
        ('"one storm"', False),
        ("", False),
        ("sort:title", False),
    ],
)
def test_a_text_of_no_known_word_is_looked_for_as_it_stands(library: None, text: str, stands: bool) -> None:
    assert understood(text).as_it_stands == stands


def test_words_behind_a_not_are_taken_as_they_are(library: None) -> None:
    node = Not(Word("kuberentes", 1, prefix=True))
    known = understand(EVERYTHING, Query("-kuberentes", node))
    assert (known.terms, known.corrected) == ({node.node: Term("kuberentes", (Stem("kuberent", (0,)),))}, None)


def test_phrases_have_stems(library: None) -> None:
    known = understood('"One storm" "to be" "?!"').phrases
    assert {phrase.text: [stem.text for stem in stems] for phrase, stems in known.items()} == {
        "One storm": ["one", "storm"],
        "to be": [],
    }
    assert all(isinstance(phrase, Phrase) for phrase in known)


def test_known_words_take_one_round_trip(library: None, statements: Callable[[], list[str]]) -> None:
    understood("connections storm kubernetes ")
    assert len(statements()) == 1
    understood("tag:x -status:draft")
    assert len(statements()) == 1
    understood("connections stor")
    assert len(statements()) == 3
    understood("connections strom ")
    assert len(statements()) == 8


def test_a_text_of_strange_words_is_answered_with_few_statements(
    library: None, statements: Callable[[], list[str]]
) -> None:
    understood(" ".join(f"xqzw{chr(97 + n % 26) * (n // 26 + 1)}" for n in range(99)))
    assert len(statements()) <= 4


@pytest.mark.parametrize("text", ["'", "\\", "it's", "C:\\temp ", "'\\' | !& x", "%s %(x)s :words {x}", "x" * 4999])
def test_signs_of_sql_and_of_tsqueries_are_just_signs(library: None, text: str) -> None:
    assert understood(text).query.text == text


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("storm", "storm", 0),
        ("storm", "strom", 1),
        ("storm", "stor", 1),
        ("storm", "storms", 1),
        ("storm", "stoxm", 1),
        ("storm", "tsrom", 2),
        ("storm", "st", 3),
        ("", "ab", 2),
        ("ca", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_distances(first: str, second: str, edits: int) -> None:
    assert (distance(first, second, 9), distance(second, first, 9)) == (edits, edits)
    assert distance(first, second, edits) == edits
    assert edits == 0 or distance(first, second, edits - 1) == edits
