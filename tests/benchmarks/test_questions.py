"""What the search benchmark asks, and what it asks PostgreSQL for the same."""

from benchmarks.bare import parameters, statements
from benchmarks.data import SHORT, Writer
from benchmarks.offers import offers
from benchmarks.questions import BUDGET_MISTYPED, Words, kinds
from benchmarks.search import Measured, offer_row, over_budget, row

WRITER = Writer(lengths=SHORT)
TITLES = ["alpha beta gamma", "delta epsilon"]


def by_name(samples=2):
    return {kind.name: kind for kind in kinds(WRITER, TITLES, samples)}


def test_the_same_questions_are_asked_each_time():
    assert by_name() == by_name()


def test_a_mistyped_word_is_one_edit_from_a_known_one():
    words = Words(WRITER)
    for question in (words.mistyped() for _ in range(50)):
        assert question.meant in words.known
        assert question.text not in words.known
        assert abs(len(question.text) - len(question.meant)) <= 1


def test_words_of_one_question_differ():
    words = Words(WRITER)
    assert all(len(set(words.very_common(5).split())) == 5 for _ in range(500))
    assert all(len(set(words.near(0.07, 0.07, 0.3).split())) == 3 for _ in range(500))


def test_a_question_is_sent_with_its_filters_and_page():
    tagged = by_name()["common word with a tag"].questions[0]
    assert tagged.body == {"query": tagged.text, "page": 1, "tag_ids": [250]}
    deep = by_name()["common word, page 50"].questions[0]
    assert deep.body == {"query": deep.text, "page": 50}
    assert parameters(deep)["offset"] == 980


def test_a_phrase_is_bare_postgres_phrase_and_one_pattern():
    phrase = by_name()["phrase"].questions[1]
    assert phrase.text == '"delta epsilon"'
    assert "phraseto_tsquery" in statements(phrase)["@@"]
    assert parameters(phrase)["parts"] == ["%delta epsilon%"]


def test_bare_statements_hold_the_filters():
    asked = by_name()["three words, published"].questions[0]
    assert all("i.status = %(status)s" in statement for statement in statements(asked).values())
    assert parameters(asked)["parts"] == [f"%{word}%" for word in asked.text.split()]


def test_a_beginning_is_asked_for_as_one():
    begun = by_name()["beginning of a word"].questions[0]
    assert len(begun.text) == 4
    assert "':*'" in statements(begun)["ts_rank"]


def test_the_report_tells_medians_and_ratios_and_what_took_too_long():
    mistyped = by_name()["mistyped word"]
    bare = {"@@": [1.0, 2.0, 3.0], "ts_rank": [4.0], "ILIKE": [10_000.0]}
    ratios = {"@@": [5.0, 6.0, 7.0], "ts_rank": [2.5], "ILIKE": [0.002]}
    measured = Measured(mistyped, [10.0, 20.0, 250.0], [7, 8, 9], bare, ratios)
    assert row(measured) == "| mistyped word | 8 | 20.0 | 250.0 | 2.0 (6) | 4.0 (2.5) | >10000.0 (0.002) |"
    slow = list(over_budget(mistyped.name, measured.answers, mistyped.budget))
    assert slow == ["Over its 200 ms: mistyped word, p95 250 ms"]
    assert mistyped.budget == BUDGET_MISTYPED


def test_what_was_not_compared_is_left_open():
    measured = Measured(by_name()["phrase"], [10.0], [1])
    assert row(measured) == "| phrase | 1 | 10.0 | 10.0 | - | - | - |"
    assert list(over_budget("phrase", [10.0], 10.0)) == []


def test_offers_are_asked_for_with_stored_titles():
    offered = {offer.name: offer for offer in offers(TITLES, 1)}
    assert offered["suggest, 5 letters"].paths == ["/search/suggest?q=alpha", "/search/suggest?q=delta"]
    assert offered["suggest, second word"].paths == ["/search/suggest?q=alpha%20bet", "/search/suggest?q=delta%20eps"]
    assert offered["related"].paths == ["/insights/1/related"] * 2
    assert offered["similar"].paths[1] == "/insights/similar?title=delta%20epsilon"
    assert {offer.budget for name, offer in offered.items() if name.startswith("suggest")} == {15}
    assert offer_row(offered["similar"], [1.0, 2.0, 4.0]) == "| similar | | 2.0 | 4.0 | | | |"
