"""A tree as text again, so that what is read back can be compared."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.search.language.cursor import JOINTS
from app.search.language.dates import FIRST, LAST
from app.search.language.tree import Condition, Either, Every, Node, Not, Period, Phrase, Query, Sequence, Word

EITHER, SEQUENCE, EVERY, FACTOR = range(4)


def printed(query: Query, now: datetime) -> str:
    """A text with this tree; ``now`` is at midnight, as whole days have to be."""
    text = f"sort:{query.sort.removesuffix('_at')} " if query.sort else ""
    if query.root is None:
        return text
    text += _node(query.root, EITHER, now)
    last = list(leaves(query.root))[-1]
    # A word that ends the text is a prefix: so groups stay open behind one, and a space follows any other.
    return text.rstrip(" )") if isinstance(last, Word) and last.prefix else text + " "


def leaves(node: Node) -> list[Word | Phrase | Condition]:
    match node:
        case Not(inner):
            return leaves(inner)
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            return [leaf for inner in nodes for leaf in leaves(inner)]
        case _:
            return [node]


def unplaced(node: Node | None) -> Node | None:
    """The same without positions."""
    match node:
        case Not(inner):
            return Not(unplaced(inner))
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            return type(node)(tuple(unplaced(inner) for inner in nodes))
        case Word() | Phrase():
            return replace(node, start=0)
        case _:
            return node


def _node(node: Node, level: int, now: datetime) -> str:
    match node:
        case Word(text, _, prefix):
            return f"{text}." if text in JOINTS and not prefix else text
        case Phrase(text):
            return _quoted(text)
        case Condition():
            return _condition(node, now)
        case Not(inner):
            return f"NOT {_node(inner, FACTOR, now)}"
        case Every(nodes):
            return _joined(" AND ", nodes, EVERY, level, now)
        case Sequence(nodes):
            return _joined(" ", nodes, SEQUENCE, level, now)
        case Either(nodes):
            return _joined(" OR ", nodes, EITHER, level, now)


def _joined(joint: str, nodes: tuple[Node, ...], own: int, level: int, now: datetime) -> str:
    text = joint.join(_node(node, own + 1, now) for node in nodes)
    return f"({text} )" if own < level else text  # the space ends a word with an open parenthesis in it


def _condition(condition: Condition, now: datetime) -> str:
    written = "" if condition.operator == "=" and not condition.exact else condition.operator
    return f"{condition.field}:{written}{','.join(_value(value, now) for value in condition.values)}"


def _value(value: str | Period, now: datetime) -> str:
    if isinstance(value, Period):
        return _period(value, now)
    return value if '"' in value and set(value) & set("“”") else _quoted(value)


def _quoted(text: str) -> str:
    return f"“{text}”" if '"' in text else f'"{text}"'


def _period(period: Period, now: datetime) -> str:
    if period.since == LAST:
        return ">9999"
    if period.until == FIRST:
        return "<0001"
    if _is_midnight(period.since) and _is_midnight(period.until):
        return f"{_day(period.since)}..{_day(period.until, 1)}"
    if period.since:
        return f"<{(now - period.since) // timedelta(hours=1)}h"
    assert period.until
    return f">{(now - period.until) // timedelta(hours=1)}h"


def _is_midnight(moment: datetime | None) -> bool:
    return moment in (None, LAST) or (moment.hour, moment.minute, moment.second) == (0, 0, 0)


def _day(moment: datetime | None, before: int = 0) -> str:
    if moment is None:
        return ""
    return "9999" if moment == LAST else (moment - timedelta(days=before)).date().isoformat()
