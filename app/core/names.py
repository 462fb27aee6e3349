"""From a name to the word that stands for it in an address."""

import re
import unicodedata
from collections.abc import Iterator

NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def slugify(name: str, most: int) -> str:
    """Lower case, accents dropped, the rest to ``-``; never empty: a name of signs only is spelt by its code points."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    slug = NOT_ALPHANUMERIC.sub("-", plain.lower()).strip("-")[:most].strip("-")
    return slug or "-".join(f"{ord(sign):x}" for sign in name)[:most].strip("-")


def slug_candidates(name: str, most: int) -> Iterator[str]:
    """The slug of a name and then, for names that differ only by signs (C, C++), numbered ones."""
    slug = slugify(name, most)
    yield slug
    number = 2
    while True:
        ending = f"-{number}"
        yield slug[: most - len(ending)] + ending
        number += 1
