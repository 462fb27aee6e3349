"""A folder of Markdown files with YAML front matter, one insight each."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from app.core.names import slugify
from app.exchange.formats.front_matter import FrontMatter, FrontMatterError, as_yaml, parse
from app.exchange.output import replacing
from app.exchange.records import CANONICAL, Insights, Place, Problem, Record, Unreadable

FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
# Windows takes these for devices, whatever follows a dot.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
# Bytes, which is what file systems count; most end at 255.
LONGEST_NAME = 150
# YAML wants the key of a one-line mapping within this many characters.
LONGEST_KEY = 1000
# A string of JSON; the group is there when it is a key.
STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?')


class MarkdownReader:
    """Every ``*.md`` below a folder (or one file), in the order of the paths; ``total`` counts files."""

    def __init__(self, path: Path) -> None:
        self._root = path if path.is_dir() else path.parent
        self._paths = sorted(path.rglob("*.md")) if path.is_dir() else [path]
        self.total = len(self._paths)

    def __iter__(self) -> Iterator[Record]:
        for position, path in enumerate(self._paths, 1):
            name = path.relative_to(self._root).as_posix()
            try:
                yield _record(path, name, position)
            except Unreadable as error:
                yield Record(Place(name, error.problem.place.line), position, problem=error.problem)


def _record(path: Path, name: str, position: int) -> Record:
    front, body = _split(_text(path, name), name)
    front_matter = _front_matter(front, name)
    content = body.rstrip()
    given = {"content": _without_blank_lines(content) if content else None}
    # The lines count from the file's first, where the opening `---` stands.
    lines = {field: line + 1 for field, line in front_matter.lines.items()}
    return Record(
        Place(name, 1),
        position,
        values={**given, **front_matter.texts},
        typed={**given, **front_matter.typed},
        lines={"content": front.count("\n") + 3, **lines},
        key=f"file:{name}",
    )


def _text(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise _unreadable(name, 1, f"can't be read: {error.strerror}", "unreadable") from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable(name, line, f"is not UTF-8 (byte 0x{raw[error.start]:02x})", "encoding") from error


def _split(text: str, name: str) -> tuple[str, str]:
    """The front matter and what follows it."""
    first, newline, rest = text.partition("\n")
    if first.rstrip() != "---" or not newline:
        raise _unreadable(name, 1, "has no front matter: the first line must be ---", "no_front_matter")
    end = FENCE.search(rest)
    if end is None:
        raise _unreadable(name, 1, "has front matter without an end: a line --- must follow it", "no_front_matter")
    return rest[: end.start()], rest[end.end() + 1 :]


def _front_matter(front: str, name: str) -> FrontMatter:
    try:
        return parse(front)
    except FrontMatterError as error:
        raise _unreadable(name, error.line + 1, error.message, "yaml", error.field) from error


def _without_blank_lines(content: str) -> str:
    """Without those at the beginning; the first line keeps its indentation."""
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", content)


def _unreadable(name: str, line: int, message: str, code: str, field: str | None = None) -> Unreadable:
    return Unreadable(Problem(Place(name, line), message, code, field))


def write_markdown(insights: Insights, folder: Path) -> int:
    """One file for each insight, named after its external key, else after its title; returns their number."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for exported in insights:
        insight = json.loads(exported.body)
        name = next(name for name in file_names(insight) if name not in taken)
        taken.add(name)
        with replacing(folder / name) as file:
            file.write(_document(insight, exported.metadata))
    return len(taken)


def file_names(insight: Mapping[str, Any]) -> Iterator[str]:
    """Names for its file, the best first, without end.

    All are lower case: ``A.md`` and ``a.md`` are one file on some systems.
    """
    key, public_id = insight["external_key"], insight["public_id"]
    if key is not None and SAFE_NAME.fullmatch(key) and not RESERVED.fullmatch(key):
        yield f"{key}.md"
    ending = f"-{public_id}.md"
    slug = slugify(insight["title"], 60).encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore")
    yield slug.rstrip("-") + ending
    yield f"{public_id}.md"
    for number in count(2):
        yield f"{public_id}-{number}.md"


def _document(insight: dict[str, object], metadata: str) -> str:
    content = insight["content"]
    in_body = content is None or (isinstance(content, str) and _survives(content))
    lines = [
        f"{field}: {_metadata(metadata) if field == 'metadata' else _flow(insight[field])}\n"
        for field in CANONICAL
        if field != "content" or not in_body
    ]
    body = f"\n{content}\n" if in_body and content is not None else ""
    return f"---\n{''.join(lines)}---\n{body}"


def _survives(content: str) -> bool:
    """Whether reading a file gives the same content back; any other is written into the front matter."""
    return "\r" not in content and content == _without_blank_lines(content.rstrip())


def _flow(value: object) -> str:
    return as_yaml(json.dumps(value, ensure_ascii=False))


def _metadata(text: str) -> str:
    """Postgres' JSON as it stands: no number changes. As JSON inside text when a key is too long for YAML."""
    too_long = any(string[1] and len(string[0]) > LONGEST_KEY for string in STRING.finditer(text))
    return _flow(text) if too_long else as_yaml(text)
