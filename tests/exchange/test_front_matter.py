import pytest

from app.exchange.formats.front_matter import FrontMatterError, as_yaml, parse


@pytest.mark.parametrize(
    ("written", "text", "typed"),
    [
        ("no", "no", "no"),
        ("on", "on", "on"),
        ("0123", "0123", "0123"),
        ("0x1F", "0x1F", "0x1F"),
        ("1_000", "1_000", "1_000"),
        ("12:30:45", "12:30:45", "12:30:45"),
        ("2024-03-01", "2024-03-01", "2024-03-01"),
        ("2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z"),
        ("12", "12", 12),
        ("-1.50", "-1.50", -1.5),
        ("1e3", "1e3", 1000.0),
        ("true", "true", True),
        ("False", "False", False),
        ("null", None, None),
        ("~", None, None),
        ("", None, None),
        ('"null"', "null", "null"),
        ("'12'", "12", "12"),
        ("|-\n  a\n  b", "a\nb", "a\nb"),
        ("[no, 1, {a: 2}]", ["no", "1", {"a": 2}], ["no", 1, {"a": 2}]),
        ("<<", "<<", "<<"),
        ("=", "=", "="),
    ],
)
def test_text_stays_what_it_was(written: str, text: object, typed: object):
    read = parse(f"first: 1\nfield: {written}\n")

    assert read.texts["field"] == text
    assert read.typed["field"] == typed
    assert type(read.typed["field"]) is type(typed)
    assert read.lines == {"first": 1, "field": 2}


def test_nothing_is_no_fields():
    assert parse("").typed == {}
    assert parse("# a comment\n").typed == {}


@pytest.mark.parametrize(
    ("front", "line", "message", "field"),
    [
        ("a: 1\nb: [1, 2\n", 3, "is not valid YAML: did not find expected ',' or ']'", None),
        ("a: 1\nb: c: d\n", 2, "is not valid YAML: mapping values are not allowed in this context", None),
        ("a: 1\nb: 2\na: 3\n", 3, "is given twice", "a"),
        ("a: {b: 1, b: 2}\n", 1, "has the key 'b' twice", None),
        ("- a\n- b\n", 1, "must be a mapping of fields", None),
        ("just text\n", 1, "must be a mapping of fields", None),
        ("[1]: 2\n", 1, "has a key that is not text", None),
        ("a: &x 1\nb: *x\n", 2, "uses the alias *x: write the value out", None),
        ("a: 1\nb: \x00\n", 2, "holds the control character U+0000", None),
        (f"a: {'[' * 100_000}{']' * 100_000}\n", 1, "is nested deeper than 32 levels", None),
    ],
)
def test_what_is_wrong_is_told_with_its_line(front: str, line: int, message: str, field: str | None):
    with pytest.raises(FrontMatterError) as raised:
        parse(front)

    assert (raised.value.line, raised.value.message, raised.value.field) == (line, message, field)


def test_json_becomes_yaml_that_reads_the_same():
    assert as_yaml('"a\x7f\x85\u2028\ufeffé🚑"') == '"a\\u007f\\u0085\\u2028\\ufeffé🚑"'
    assert parse('field: "a\\u007f\\u0085\\u2028\\ufeffé🚑"').typed == {"field": "a\x7f\x85\u2028\ufeffé🚑"}
