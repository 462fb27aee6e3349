from app.exchange.records import Place
from app.exchange.repeats import Met


def test_a_key_is_met_where_another_row_had_it_first():
    met = Met()
    places = [Place("a.md", 1), Place("b.md", 2**33), Place("b.md", 2**33)]

    assert [met.before(key, number, places[number]) for number, key in enumerate(["k", "\ud800", "l"])] == [None] * 3
    assert met.before("\ud800", 1, places[1]) is None
    assert met.before("\ud800", 2, places[2]) == places[1]
    assert [met.before(key, 3, Place("c.md", 1)) for key in ("k", "l", "m")] == [places[0], places[2], None]
