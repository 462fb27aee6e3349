import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import port
from app.embedded.port import claim_port, listening
from app.errors import Unavailable

IN_USE = r"Port \d+ on {} is in use by another program: choose another with --port \(make: PORT=\)\."


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(port, "PATIENCE", 0.0)
    return tmp_path


@pytest.fixture
def free() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.9", 0))
        yield int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_claimed_port_is_in_use_until_it_is_let_go(host: str, free: int) -> None:
    with claim_port("127.0.0.1", free), pytest.raises(Unavailable, match=IN_USE.format(host)):
        claim_port(host, free)
    claim_port("localhost", free).close()


def test_all_addresses_leave_none(free: int) -> None:
    with claim_port("127.0.0.1", free), claim_port("127.0.0.2", free):
        pass
    with socket.socket() as probe:
        probe.bind(("", 0))
        everywhere = probe.getsockname()[1]
    with claim_port("0.0.0.0", everywhere), pytest.raises(Unavailable, match=IN_USE.format("127.0.0.1")):
        claim_port("127.0.0.1", everywhere)


def test_a_bound_port_is_in_use(free: int) -> None:
    with pytest.raises(Unavailable, match=IN_USE.format("127.0.0.9")):
        claim_port("127.0.0.9", free)


def test_a_file_that_is_not_ours_is_no_claim(free: int, temporary_folder: Path) -> None:
    (temporary_folder / f"insights-port-{free}-127.0.0.1.lock").symlink_to(temporary_folder / "elsewhere")
    with claim_port("127.0.0.1", free), claim_port("127.0.0.1", free):
        assert not (temporary_folder / "elsewhere").exists()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_name_becomes_an_address(host: str) -> None:
    assert listening(host, 8000) == (socket.AF_INET, "127.0.0.1")


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(Unavailable, match=r"Port 8000 on nowhere\.invalid can't be used"):
        claim_port("nowhere.invalid", 8000)
