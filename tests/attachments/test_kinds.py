"""What a file is, what it is called, and how a text shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attachments.kinds import markdown, media_type, name_in_address, plain_name
from app.core.markdown import render
from tests.attachments.files import PNG


@pytest.mark.parametrize(
    ("given", "name", "ending"),
    [
        ("Plan.PDF", "Plan.PDF", "plan.pdf"),
        ("C:\\Users\\ada\\Plan.pdf", "Plan.pdf", "plan.pdf"),
        ("/etc/passwd", "passwd", "passwd"),
        ("evil\u202egnp.exe", "evilgnp.exe", "evilgnp.exe"),
        ("a\r\nSet-Cookie: a=b.png", "aSet-Cookie: a=b.png", "aset-cookie-a-b.png"),
        ("archive.tar.gz", "archive.tar.gz", "archive-tar.gz"),
        ("  two   words .txt ", "two words .txt", "two-words.txt"),
        ("..", "file", "file"),
        ("", "file", "file"),
        (".png", "png", "png"),
        ("x" * 300 + ".png", "x" * 251 + ".png", "x" * 80 + ".png"),
        ("x." + "y" * 300, "y" * 255, "y" * 80),
    ],
)
def test_names(given: str, name: str, ending: str) -> None:
    assert plain_name(given) == name
    assert name_in_address(name) == ending


@given(st.text())
def test_any_name_can_be_stored_and_linked_to(given: str) -> None:
    name = plain_name(given)
    assert 1 <= len(name) <= 255
    assert name.isprintable()
    assert not set(name_in_address(name)) & set('/\\?#%"<> ')
    assert name_in_address(name)


@given(st.text(alphabet=st.sampled_from("ab.[]()!\\*_`<>&\"' ~|#:/"), min_size=1))
def test_a_name_breaks_out_of_no_link(given: str) -> None:
    name = plain_name(given)
    html = render(markdown(name, "image/png", "/attachments/1/x.png")).html
    assert html.count("<img ") == 1
    assert 'src="/attachments/1/x.png"' in html
    assert "<a " not in html


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("a [1].png", "image/png", "![a \\[1\\].png](/a)"),
        ("a*b_c.svg", "image/svg+xml", "[a\\*b\\_c.svg](/a)"),
    ],
)
def test_markdown(name: str, kind: str, text: str) -> None:
    assert markdown(name, kind, "/a") == text


@given(st.binary(max_size=64))
def test_any_bytes_have_a_type(content: bytes) -> None:
    assert "/" in media_type(content)
    assert media_type(PNG + content) == "image/png"
