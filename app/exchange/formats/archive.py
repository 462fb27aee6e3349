"""A zip of Markdown files, unpacked so that nothing in it can reach beyond its folder or fill the disk."""

import shutil
import zlib
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from app.core.sizes import readable_size
from app.errors import Invalid

MOST_FILES = 20_000
MOST_BYTES = 512 * 2**20
CHUNK = 2**20


def unpack_markdown(archive: Path, folder: Path) -> None:
    """Its ``*.md`` files, below the folder as they lie in it. Raises `Invalid`."""
    try:
        with ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_wanted(member)]
            _refuse_too_much(members)
            for member in members:
                _copy(opened, member, folder)
    except FileExistsError as error:
        raise Invalid(f"The zip file has two files of one name: {Path(error.filename).relative_to(folder)}.") from error
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, LZMAError, zlib.error) as error:
        raise Invalid("The zip file is damaged, its files are encrypted, or their names are too long.") from error


def _is_wanted(member: ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not member.is_dir() and path.suffix.lower() == ".md" and not hidden and not path.is_absolute()


def _refuse_too_much(members: list[ZipInfo]) -> None:
    if not members:
        raise Invalid("The zip file holds no .md file.")
    if len(members) > MOST_FILES:
        raise Invalid(f"The zip file holds more than {MOST_FILES:,} files.")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise Invalid(f"The files in the zip file have more than {readable_size(MOST_BYTES)} together.")


def _copy(archive: ZipFile, member: ZipInfo, folder: Path) -> None:
    """No more bytes than the archive's directory says: `zipfile` stops there."""
    target = folder.joinpath(*PurePosixPath(member.filename).parts).with_suffix(".md")
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("xb") as file:
        shutil.copyfileobj(packed, file, CHUNK)
