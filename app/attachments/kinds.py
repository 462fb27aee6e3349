"""What a file is, found by looking at its bytes: neither its name nor its sender is believed."""

import re
import unicodedata

import filetype

from app.attachments.models import NAME_LENGTH
from app.core.names import slugify

UNKNOWN = "application/octet-stream"
# What pages show; browsers can be trusted to run nothing of it. SVG is none of these: it may hold scripts.
IMAGES = frozenset({"image/png", "image/apng", "image/jpeg", "image/gif", "image/webp", "image/avif"})
WITHOUT_NAME = "file"
SLUG_LENGTH = 80
ENDING_LENGTH = 10
BACKSLASHED = r"\\\1"
OF_MARKDOWN = re.compile(r"([\\`*_\[\]<>&!])")


def media_type(content: bytes) -> str:
    """The type of a file, `UNKNOWN` of one that has no signature (text, HTML, SVG)."""
    kind = filetype.guess(content)
    return str(kind.mime) if kind else UNKNOWN


def is_shown(kind: str) -> bool:
    """Whether pages show a file of this type; any other is offered to be saved."""
    return kind in IMAGES


def plain_name(given: str) -> str:
    """A file's name without folders and invisible signs, its ending kept; never empty."""
    last = re.split(r"[/\\]", given)[-1]
    visible = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C"))
    stem, dot, ending = " ".join(visible.split()).strip(" .").rpartition(".")
    most = max(NAME_LENGTH - len(dot + ending), 0)
    return (stem[:most] + dot + ending).strip(" .")[:NAME_LENGTH] or WITHOUT_NAME


def name_in_address(name: str) -> str:
    """The name as the address of a file ends with it: ``pump-room.png``."""
    stem, _, ending = name.rpartition(".")
    if not stem:
        return slugify(name, SLUG_LENGTH)
    return f"{slugify(stem, SLUG_LENGTH)}.{slugify(ending, ENDING_LENGTH)}"


def markdown(name: str, kind: str, address: str) -> str:
    """What shows an image, or a link to a file, in a text."""
    link = f"[{OF_MARKDOWN.sub(BACKSLASHED, name)}]({address})"
    return f"!{link}" if is_shown(kind) else link
