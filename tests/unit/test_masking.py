"""No address leaves in full, and what a person needs to recognise one stays."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sync.masking
from sync.masking import mask, mask_all

LOCAL = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="._+-'%"), min_size=3)
ADDRESSES = st.builds("{}@{}.com".format, LOCAL, st.text("abcdefgh-", min_size=1, max_size=20))


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(sync.masking) == (0, 3)


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("anna.lee@gmail.con", "an***@gmail.con"),
        ("a@b.de", "a***@b.de"),
        ("@b.de", "***@b.de"),
        ("", "***"),
        ("not an address", "no***"),
        ("ann@x@y.de", "an***@y.de"),
        ('"ann b"@example.com', '"a***@example.com'),
        ("\x1b]ann@example.com", "?]***@example.com"),
        ("\u202eann@exa\u200bmple.com", "?a***@exa?mple.com"),
        ("ann@" + "d" * 100, "an***@" + "d" * 60),
    ],
)
def test_one_address_keeps_two_characters_and_the_domain(email: str, masked: str) -> None:
    assert mask(email) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no address here", "no address here"),
        ("ann@example.com", "an***@example.com"),
        ("<ann@example.com>, (bob@example.com); x", "<an***@example.com>, (bo***@example.com); x"),
        ('{"email":"ann@example.com","n":1}', '{"email":"an***@example.com","n":1}'),
        ("values ('o''brien@example.com')", "values ('o''br***@example.com')"),
        ("Email:ann@example.com, refused", "Email:an***@example.com, refused"),
        ("two\nlines: ann@example.com\n", "two\nlines: an***@example.com\n"),
        ('of "ann b"@example.com', 'of "a***@example.com'),
        ("ann(work)@example.com", "an***@example.com"),
        ("ann@[192.0.2.1]", "an***@[192.0.2.1]"),
        ("Run `dbt build --select @hubspot_audience`.", "Run `dbt build --select @hubspot_audience`."),
        ("the list 'Sale @ home'", "the list 'Sale @ home'"),
    ],
)
def test_in_a_text_everything_that_looks_like_an_address_is_masked(text: str, masked: str) -> None:
    assert mask_all(text) == masked


@given(st.lists(ADDRESSES, min_size=1, max_size=4), st.sampled_from([" ", ", ", "\n", " <", '","', "; "]))
def test_no_address_survives_in_any_company(emails: list[str], between: str) -> None:
    text = mask_all(f"refused: {between.join(emails)} (status 400)")
    for email in emails:
        assert email not in text
    assert text.startswith("refused: ")
    assert text.endswith(" (status 400)")


@given(st.text())
def test_what_is_shown_of_an_address_can_do_no_harm_on_a_terminal(email: str) -> None:
    assert mask(email).isprintable()
