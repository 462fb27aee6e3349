"""A field and its values, as they stand in the text."""

import re

from app.search.language.cursor import JOINTS, Cursor
from app.search.language.fields import (
    FIELDS,
    WORDS_OF_SENTENCES,
    Given,
    Value,
    meant_field,
    operators_of,
    without_value,
)
from app.search.language.problems import Problems, Span
from app.search.language.tokens import CLOSE, OPEN, QUOTES, is_lettered
from app.search.language.tree import Operator

NAME = re.compile(r"([A-Za-z]+):")
# What may stand in parentheses behind a colon: names, quoted or not.
NAMES_IN_GROUP = re.compile(rf"[{QUOTES}][^{QUOTES}]*[{QUOTES}]?|[^\s{QUOTES},()]+")
PART, BEFORE_VALUE = ",", (":", ",", "<", ">", "=")


def read_given(cursor: Cursor, start: int, problems: Problems) -> tuple[bool, Given | None]:
    """Pass the field whose name is at ``start``: whether there is one (else the cursor stays) and what was given; None
    when that is wrong, which is noted."""
    named = NAME.match(cursor.text, start)
    name = named[1].lower() if named else ""
    if not named:
        return False, None
    if name not in FIELDS:
        return _mistyped(cursor, named, problems), None
    here, cursor.at = cursor.at, named.end()
    operator = _operator(cursor, name)
    values = _values(cursor)
    if not values and name in WORDS_OF_SENTENCES:
        cursor.at = here
        return False, None
    if not values:
        _refuse_blank(cursor, name, start, problems)
    elif cursor.text[values[0].span.start] == OPEN:
        _refuse_group(cursor, named, values[0], problems)
    else:
        return True, Given(name, operator, values, Span(start, cursor.at))
    return True, None


def _mistyped(cursor: Cursor, named: re.Match[str], problems: Problems) -> bool:
    """A name that is nearly a field's. With nothing behind its colon it is a word of a sentence."""
    meant, end = meant_field(named[1].lower()), cursor.end_of_chunk()
    if meant is None or end <= named.end():
        return False
    message = f"{named[1]} is no field; in quotes it is looked for as text"
    problems.add(message, "unknown_field", Span(*named.span(1)), meant)
    cursor.at = end
    return True


def _operator(cursor: Cursor, name: str) -> Operator | None:
    for operator in operators_of(name):
        if cursor.text.startswith(operator, cursor.at):
            cursor.at += len(operator)
            return operator
    return None


def _values(cursor: Cursor) -> tuple[Value, ...]:
    values = [_value(cursor)]
    while cursor.sign == PART:
        cursor.at += 1
        values.append(_value(cursor))
    return tuple(value for value in values if value.text.strip())


def _value(cursor: Cursor) -> Value:
    start = cursor.at
    if cursor.sign and cursor.sign in QUOTES:
        text = cursor.quoted()
    else:
        cursor.at = cursor.end_of_chunk(stop=PART)
        text = cursor.text[start : cursor.at]
    return Value(text, Span(start, cursor.at))


def _refuse_blank(cursor: Cursor, name: str, start: int, problems: Problems) -> None:
    end = cursor.at
    typed, suggestion = cursor.text[start:end], without_value(name)
    spaced = cursor.skip_spaces() and cursor.at > end and typed.endswith(BEFORE_VALUE)
    if spaced and cursor.joint() is None and (is_lettered(cursor.sign) or cursor.sign in QUOTES):
        problems.add(f"{name} must have its value right behind the colon", "required", Span(start, cursor.at), typed)
    else:
        problems.add(f"{name} needs a value behind the colon", "required", Span(start, end), suggestion)
    cursor.at = end


def _refuse_group(cursor: Cursor, named: re.Match[str], first: Value, problems: Problems) -> None:
    closing = cursor.text.find(CLOSE, first.span.start)
    cursor.at = closing + 1 if closing >= 0 else len(cursor.text)
    inside = cursor.text[first.span.start + 1 : cursor.at].rstrip(CLOSE)
    found = [name.strip(QUOTES).strip() for name in NAMES_IN_GROUP.findall(inside) if name not in JOINTS]
    names = PART.join(f'"{name}"' for name in dict.fromkeys(found) if name)
    suggestion = named[0] + names if names else without_value(named[1].lower())
    message = f"{named[1]} takes no parentheses; commas part alternatives"
    problems.add(message, "parentheses", Span(named.start(), cursor.at), suggestion)
