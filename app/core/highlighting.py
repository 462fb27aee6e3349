"""Code with its words marked by what they are, for the pages: classes only, the colours are in the style sheet."""

from collections.abc import Iterable, Iterator
from functools import cache
from time import thread_time
from typing import Any

from pygments import format as formatted
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

# What people paste; Mermaid and others stay as they are written.
LANGUAGES = frozenset(
    {
        "bash", "c", "console", "cpp", "csharp", "css", "diff", "docker", "dockerfile", "go", "graphql",
        "groovy", "hcl", "html", "http", "ini", "java", "javascript", "js", "json", "jsx", "kotlin", "lua",
        "make", "makefile", "nginx", "objc", "perl", "php", "powershell", "properties", "ps1", "py", "python",
        "rb", "ruby", "rust", "scala", "sh", "shell", "sql", "swift", "terraform", "toml", "ts", "tsx",
        "typescript", "xml", "yaml", "yml", "zsh",
    }
)  # fmt: skip
PREFIX = "hl-"
# Between two looks at the clock a lexer reads no more than this, however slow it was made.
LONGEST = 8_000


class _TooSlowError(Exception):
    """The time was over before the code was."""


def highlighted(code: str, language: str, end: float) -> str | None:
    """The code as HTML, its text escaped; None to leave it plain, as when the thread's clock reaches ``end`` before."""
    name = language.lower()
    if name not in LANGUAGES or len(code) > LONGEST:
        return None
    try:
        return str(formatted(_until(end, _lexer(name).get_tokens(code)), _formatter()))
    except _TooSlowError:
        return None


def _until(end: float, tokens: Iterable[Any]) -> Iterator[Any]:
    for token in tokens:
        if thread_time() > end:
            raise _TooSlowError
        yield token


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True, classprefix=PREFIX)
