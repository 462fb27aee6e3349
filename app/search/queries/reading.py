"""What parts of a query's tree are about."""

from collections.abc import Iterator

from app.search.language.tree import Condition, Either, Every, Node, Not, Phrase, Sequence, Word


def all_text(node: Node | None) -> Iterator[Word | Phrase]:
    """Words and phrases, those behind a NOT, too."""
    match node:
        case Word() | Phrase():
            yield node
        case Not(part):
            yield from all_text(part)
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            for part in nodes:
                yield from all_text(part)


def is_text(node: Node) -> bool:
    """Whether it is made of wanted words and phrases alone."""
    match node:
        case Condition() | Not():
            return False
        case Every(nodes) | Sequence(nodes) | Either(nodes):
            return all(is_text(part) for part in nodes)
    return True


def parts_that_hold(node: Node | None) -> Iterator[Node]:
    """The parts that all hold together, groups of such opened. Of words one may be enough all the same."""
    match node:
        case None:
            return
        case Every(nodes) | Sequence(nodes):
            for part in nodes:
                yield from parts_that_hold(part)
        case _:
            yield node
