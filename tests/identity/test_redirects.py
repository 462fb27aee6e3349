"""Where a browser may be sent on to: pages of ours."""

import pytest

from app.identity.redirects import local_path


@pytest.mark.parametrize(
    "text",
    ["/", "/library", "/library?page=2&q=a%20b#x", "/a/b", "/ä", "/?next=//x", "/x:y"],
)
def test_paths_of_ours(text: str) -> None:
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None, "", "library", " /library", "?x", "#x", "https://evil.example", "javascript:alert(1)",
        "//evil.example", "/\\evil.example", "\\\\evil", "/a\\b", "/\u2028",
        "/\t/evil.example", "/\n/evil.example", "/\x00",
        "/" + "x" * 2000,
    ],
)  # fmt: skip
def test_paths_that_could_lead_elsewhere(text: str | None) -> None:
    assert local_path(text) == "/"
