"""What turns a text into code, a command or any object has no place here."""

import ast
from collections.abc import Iterator

from app.config import REPOSITORY

CODE = {"eval", "exec", "compile", "__import__"}
# Of modules: what makes objects of bytes, what calls a shell, and templates from a text.
NAMES = {"pickle", "marshal", "shelve", "dill", "popen", "render_template_string", "from_string", "telnetlib"}
LOADERS = {"load", "load_all", "full_load", "unsafe_load"}


def found(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what) of every suspicious place."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CODE | NAMES:
                yield node.lineno, name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((node.lineno, each.name) for each in names if each.name in NAMES)
            case ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen" as name):
                yield node.lineno, f"os.{name}"
            case ast.Attribute(value=ast.Name(id="yaml"), attr=name) if name in LOADERS:
                yield node.lineno, f"yaml.{name}"
            case ast.Attribute(attr=name) if name in NAMES:
                yield node.lineno, name
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield node.lineno, "shell=True"


def test_nothing_turns_text_into_code_or_commands() -> None:
    places = [
        f"{path.relative_to(REPOSITORY)}:{line}: {what}"
        for path in sorted((REPOSITORY / "app").rglob("*.py"))
        for line, what in found(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert places == []


def test_it_would_be_found() -> None:
    code = (
        "import pickle\nfrom os import popen\nos.system('x')\nyaml.load(t)\nrun('x', shell=True)\neval(t)\n"
        "render_template_string(t)\nenvironment.from_string(t)\nre.compile(t)\nyaml.safe_load(t)\nrun(['x'])\n"
    )
    assert sorted(found(ast.parse(code))) == [
        (1, "pickle"), (2, "popen"), (3, "os.system"), (4, "yaml.load"), (5, "shell=True"), (6, "eval"),
        (7, "render_template_string"), (8, "from_string"),
    ]  # fmt: skip
