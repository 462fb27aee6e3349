"""Values that are known when an operation runs, as they stand in one that is compiled: by reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Ref:
    """A value inside the variables: its name, then keys and positions."""

    path: tuple[str | int, ...]

    def value(self, variables: Mapping[str, Any]) -> Any:
        found: Any = variables
        for part in self.path:
            found = found[part]
        return found


def known(value: Any, variables: Mapping[str, Any]) -> Any:
    """A constant itself, or what a reference stands for."""
    return value.value(variables) if isinstance(value, Ref) else value


class _Absent:
    """A variable that has no value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def given(value: object) -> bool:
    """Whether an argument has a value; an explicit null, too, means that it has none."""
    return value is not None and value is not ABSENT
