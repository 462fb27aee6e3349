"""Take a stored row for a change, and see that it is the one that the caller read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import select

from app.core.db import OUT_OF_RANGE, refusing
from app.errors import Differing, NotFound, Stale
from app.extensions import db


class Versioned(Protocol):
    """A table with an ``id`` and a ``version``."""

    id: Any
    version: Any


Stored = TypeVar("Stored", bound=Versioned)


def lock(
    kind: type[Stored],
    key: int,
    expected_version: int | None,
    *,
    to_delete: bool = False,
    admit: Callable[[Stored], object] = lambda _: None,
    name: str | None = None,
    differs: Callable[[Stored], Sequence[Differing]] = lambda _: (),
) -> Stored:
    """The stored row, nobody else's to change until the transaction ends. A lock ``to_delete`` also keeps others from
    referring to it; a change must not, or two rows that refer to each other would wait for each other.

    Errors call it by its ``name``, else by its class's. Raises `NotFound`; what ``admit`` raises, which looks whether
    the caller may have the row; and `Stale` when the version is not the expected one, which is told only to those who
    were admitted, with what ``differs`` finds.
    """
    name = name or kind.__name__
    statement = select(kind).where(kind.id == key).with_for_update(key_share=not to_delete)
    with refusing({OUT_OF_RANGE: NotFound.of(name, key)}):
        stored = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if stored is None:
        raise NotFound.of(name, key)
    db.session.expunge(stored)
    admit(stored)
    if expected_version is not None and expected_version != stored.version:
        raise Stale.of(name, key, stored.version, differs(stored))
    return stored


def otherwise(wanted: Mapping[str, Any]) -> Callable[[object], list[Differing]]:
    """Which of the wanted values a stored row has otherwise, for `lock`."""
    return lambda stored: [
        Differing(name, getattr(stored, name), yours=value)
        for name, value in wanted.items()
        if getattr(stored, name) != value
    ]
