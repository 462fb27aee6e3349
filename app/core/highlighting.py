"""Code with its words marked by what they are, for the pages: classes only, the colours are in the style sheet."""

from functools import cache

from pygments import highlight
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
# A lexer reads some hundred thousand characters a second, of hostile text this many in two.
LONGEST = 8_000


def highlighted(code: str, language: str) -> str | None:
    """The code as HTML, its text escaped; None to leave it plain."""
    name = language.lower()
    if name not in LANGUAGES or len(code) > LONGEST:
        return None
    return str(highlight(code, _lexer(name), _formatter()))


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True, classprefix=PREFIX)
