"""A filled database and a backup of it, made once; empty databases to restore it into."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from app.config import Settings
from tests.conftest import scratch_database
from tests.filled import copy_of, filled_database, invoke, keep_file

KEY = "the secret of the instance that was backed up"
OTHER_KEY = "the secret of another instance, no less long"
CONFIGURATION = "public_url: https://insights.example.org\n"

Run = Callable[..., Result]


def instance(settings: Settings, folder: Path, key: str) -> Settings:
    """The settings of an instance folder that holds its secret."""
    folder.mkdir()
    (folder / "secret_key").write_text(key)
    return settings.model_copy(update={"instance": folder, "secret_key": key})


@pytest.fixture(scope="session")
def filled(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An instance with something in every table, and a configuration."""
    with filled_database(settings) as database:
        made = instance(database, tmp_path_factory.mktemp("filled") / "i", KEY)
        (made.instance / "config.yaml").write_text(CONFIGURATION)
        keep_file(made)
        yield made


@pytest.fixture(scope="session")
def taken(filled: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    path = tmp_path_factory.mktemp("taken") / "insights.backup"
    with pytest.MonkeyPatch.context() as monkeypatch:
        result = invoke(monkeypatch, filled, "backup", path)
    assert (result.exit_code, result.stderr) == (0, "")
    return path


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A new instance, whose secret was just made."""
    with scratch_database(settings) as database:
        yield instance(database, tmp_path / "i", OTHER_KEY)


@pytest.fixture
def copy(filled: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another instance with the same database, attached file and secret."""
    with copy_of(filled) as database:
        made = instance(database, tmp_path / "copy", KEY)
        keep_file(made)
        yield made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return lambda settings, *arguments, **options: invoke(monkeypatch, settings, *arguments, **options)
