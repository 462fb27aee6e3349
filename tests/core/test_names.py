"""From a name to a slug."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.names import slug_candidates, slugify


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Lesson Learned", "lesson-learned"),
        ("  Site -- Reliability!  ", "site-reliability"),
        ("Café Été", "cafe-ete"),
        ("snake_case", "snake-case"),
        ("ＦＵＬＬ width", "full-width"),
        ("日本", "日本"),
        ("C++", "c"),
        ("!", "21"),
        ("+-", "2b-2d"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert slugify(name, 50) == slug


def test_a_cut_slug_does_not_end_in_a_dash() -> None:
    assert slugify("abcd efgh", 5) == "abcd"


def test_candidates_are_numbered_within_the_length() -> None:
    assert list(islice(slug_candidates("abcdef", 6), 4)) == ["abcdef", "abcd-2", "abcd-3", "abcd-4"]


@given(st.text(min_size=1, max_size=60).filter(str.strip), st.integers(8, 50))
def test_any_name_has_a_slug(name: str, most: int) -> None:
    slug = slugify(name, most)
    assert 0 < len(slug) <= most
    assert slug == slug.strip("-")
