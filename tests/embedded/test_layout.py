import os
import tempfile
from pathlib import Path

import pytest

from app.embedded.layout import Layout
from app.errors import Unavailable


def test_sockets_are_in_the_instance() -> None:
    assert Layout(Path("/srv/insights")).valkey_socket == Path("/srv/insights/run/valkey.sock")
    assert Layout(Path("/srv/insights")).postgres_sockets == Path("/srv/insights/run/postgres")


@pytest.mark.parametrize("name", ["x" * 120, "a,b", 'a"b'])
def test_sockets_that_could_not_be_addressed_are_elsewhere(name: str) -> None:
    layout = Layout(Path("/srv") / name)
    assert layout.sockets.parent == Path(tempfile.gettempdir())
    assert layout.sockets.name.startswith("insights-")
    assert len(os.fsencode(layout.postgres_sockets / ".s.PGSQL.5432")) <= 107


def test_the_longest_addressable_path_is_used() -> None:
    room = 107 - len("/run/postgres/.s.PGSQL.5432")
    assert Layout(Path("/" + "x" * (room - 1))).sockets.name == "run"
    assert Layout(Path("/" + "x" * room)).sockets.name != "run"


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "i").write_text("")
    with pytest.raises(Unavailable, match=f"The instance folder {tmp_path}/i can't be used: File exists."):
        Layout(tmp_path / "i").make()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_a_folder_that_somebody_else_put_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 65534, 65534)
    with pytest.raises(Unavailable, match=f"{tmp_path}/run belongs to somebody else"):
        Layout(tmp_path).make()
