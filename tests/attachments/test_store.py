"""The object store: bytes under their checksum, in a folder or elsewhere."""

from hashlib import sha256
from pathlib import Path

import pytest

from app.attachments.store import ObjectMissing, Objects
from app.config import Settings
from app.errors import Unavailable
from tests.attachments.files import PNG, TEXT

AWAY = "The store of attached files can't be reached just now."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "objects"


@pytest.fixture
def store(folder: Path) -> Objects:
    return Objects(Settings(object_store_url=folder.as_uri()))


def whole(store: Objects, digest: bytes, size: int) -> bytes:
    return b"".join(store.part(digest, 0, size))


def test_what_is_kept_comes_back(store: Objects, folder: Path) -> None:
    digest = store.keep(PNG)
    assert digest == sha256(PNG).digest()
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / digest.hex()[:2] / digest.hex()]
    assert (store.size(digest), whole(store, digest, len(PNG))) == (len(PNG), PNG)
    assert b"".join(store.part(digest, 1, 4)) == b"PNG"


def test_large_ones_come_in_pieces(store: Objects) -> None:
    content = bytes(range(256)) * 4096
    digest = store.keep(content)
    pieces = list(store.part(digest, 0, len(content)))
    assert len(pieces) > 1
    assert b"".join(pieces) == content


def test_what_is_there_is_not_written_again(store: Objects, folder: Path) -> None:
    digest = store.keep(TEXT)
    path = folder / digest.hex()[:2] / digest.hex()
    first = path.stat().st_mtime_ns
    store.keep(TEXT)
    assert path.stat().st_mtime_ns == first
    path.write_bytes(b"cut off")
    store.keep(TEXT)
    assert path.read_bytes() == TEXT


def test_what_is_not_there(store: Objects) -> None:
    digest = sha256(b"never kept").digest()
    assert store.size(digest) is None
    with pytest.raises(ObjectMissing, match=digest.hex()):
        store.part(digest, 0, 1)
    store.drop(digest)
    assert list(store.kept()) == []


def test_everything_is_listed(store: Objects, folder: Path) -> None:
    digests = {store.keep(b"%d" % number) for number in range(20)}
    (folder / "of-somebody-else").write_text("x")
    listed = [each for some in store.kept() for each in some]
    assert {each.digest for each in listed} == digests | {None}
    assert {each.size for each in listed} == {1, 2}
    for digest in digests:
        store.drop(digest)
    assert [each.digest for some in store.kept() for each in some] == [None]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    blocked = Objects(Settings(object_store_url=(tmp_path / "file" / "objects").as_uri()))
    with pytest.raises(Unavailable, match=AWAY):
        blocked.keep(PNG)
    with pytest.raises(Unavailable, match=AWAY):
        list(blocked.kept())


def test_a_bucket_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "here",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    bucket = Objects(Settings(object_store_url="s3://files/production"))
    with pytest.raises(Unavailable, match=AWAY):
        bucket.keep(PNG)
    with pytest.raises(Unavailable, match=AWAY):
        bucket.part(sha256(PNG).digest(), 0, 4)
