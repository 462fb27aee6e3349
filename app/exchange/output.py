"""Where an export goes, and what people may see of it."""

import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

# Controls, line separators, marks that turn the direction of text, and halves of surrogate pairs.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Text from a file as one line that any terminal can show: what would act on it is spelt out."""
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


@contextmanager
def output(path: Path) -> Iterator[TextIO]:
    """Standard output for ``-``, else `replacing`; line ends are written as they are."""
    if str(path) == "-":
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as file:
            yield file
    else:
        with replacing(path) as file:
            yield file


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file that takes its place, and the place of an older one, when it is complete; a failure leaves no trace.

    A pipe or a device is written to as it is. Raises `OSError`, naming the path.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
        else:
            with _beside(path.resolve()) as file:
                yield file
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _beside(path: Path) -> Iterator[TextIO]:
    """On the same file system, so that it can take the place in one step."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            yield file
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
