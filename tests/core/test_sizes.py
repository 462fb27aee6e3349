"""How large something is, in the words of people."""

import pytest

from app.core.sizes import readable_size


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (2000, "1.9 KiB"),
        (2**20 - 1, "1023.9 KiB"),
        (4 * 2**20, "4 MiB"),
        (1_500_000, "1.4 MiB"),
        (512 * 2**20, "512 MiB"),
        (2**30, "1 GiB"),
    ],
)
def test_a_size_is_never_told_larger_than_it_is(size: int, words: str) -> None:
    assert readable_size(size) == words
