"""A zip of Markdown files: what is taken out of it, and what it can't do."""

import zipfile
from pathlib import Path

import pytest

from app.errors import Invalid
from app.exchange.formats import archive
from app.exchange.formats.archive import unpack_markdown


def packed(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def unpacked(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_markdown_files_lie_as_they_lay(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    members = {"a.md": b"one", "notes/B.MD": b"two", "picture.png": b"x", ".git/c.md": b"x", "__MACOSX/._a.md": b"x"}
    unpack_markdown(packed(tmp_path, members), target)
    assert unpacked(target) == ["a.md", "notes/B.md"]
    assert (target / "notes" / "B.md").read_bytes() == b"two"


def test_nothing_lands_elsewhere(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    target.mkdir(parents=True)
    unpack_markdown(
        packed(tmp_path, {"../up.md": b"x", "a/../../up.md": b"x", "/root.md": b"x", "ok.md": b"x"}), target
    )
    assert unpacked(tmp_path) == ["deep/out/ok.md", "in.zip"]


@pytest.mark.parametrize(("name", "most"), [("MOST_FILES", 2), ("MOST_BYTES", 1_000_000)])
def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(archive, name, most)
    path = packed(tmp_path, {f"{n}.md": b"0" * 400_000 for n in range(3)})
    assert path.stat().st_size < 10_000
    with pytest.raises(Invalid, match=r"2 files|976.5 KiB together"):
        unpack_markdown(path, tmp_path / "out")
    assert unpacked(tmp_path) == ["in.zip"]


def test_a_name_that_is_a_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"two files of one name: a\.md"):
        unpack_markdown(packed(tmp_path, {"a.md": b"x", "a.md/b.md": b"x"}), tmp_path / "out")


def test_two_files_of_one_name(tmp_path: Path) -> None:
    """The second one would take the place of the first without a word."""
    with pytest.raises(Invalid, match=r"two files of one name: notes/a\.md"):
        unpack_markdown(packed(tmp_path, {"notes/a.md": b"x", "notes/a.MD": b"y"}), tmp_path / "out")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bytes_that_are_damaged(tmp_path: Path, method: int) -> None:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", method) as opened:
        opened.writestr("a.md", bytes(range(256)) * 40)
    raw = bytearray(path.read_bytes())
    raw[50:120] = b"\xff" * 70
    path.write_bytes(raw)
    with pytest.raises(Invalid, match="damaged"):
        unpack_markdown(path, tmp_path / "out")
