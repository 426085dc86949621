"""The strict verdict: codes, clean-up, wire form, suggestions, and what must hold for any input."""

from __future__ import annotations

import inspect
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync import domains
from sync.emails import OUTER, REASONS, clean, judge, judge_rows, ruleset, tld_date
from sync.suggestions import candidates
from tests.data import make_labelled_addresses
from tests.data.labelled import labelled_addresses
from tests.data.strategies import addresses

CODES = [
    ("missing", None),
    ("missing", 5),
    ("missing", b"jo@example.com"),
    ("missing", ["jo@example.com"]),
    ("missing", ""),
    ("missing", " \t\u3000\ufeff"),
    ("missing", "mailto:"),
    ("missing", "< >"),
    ("too_long", "a" * 243 + "@example.com"),
    ("too_long", " " * 4097),
    ("quote", '"jo"@example.com'),
    ("quote", 'jo@exam"ple.com'),
    ("display_name", "Jo <jo@example.com>"),
    ("display_name", "<jo@example.com"),
    ("white_space", "jo @example.com"),
    ("white_space", "jo@exa\vmple.com"),
    ("no_at", "jo.example.com"),
    ("no_at", "jo＠example.com"),
    ("several_at", "jo@jo@example.com"),
    ("local_dots", "@example.com"),
    ("local_dots", ".jo@example.com"),
    ("local_dots", "jo.@example.com"),
    ("local_dots", "j..o@example.com"),
    ("no_dot", "jo@"),
    ("no_dot", "jo@localhost"),
    ("no_dot", "jo@com"),
    ("control_character", "jo\x00@example.com"),
    ("control_character", "\x1bjo@example.com"),
    ("control_character", "jo@exa\x85mple.com"),
    ("non_ascii_local", "jösé@example.com"),
    ("non_ascii_local", "\ud800@example.com"),
    ("local_too_long", "a" * 65 + "@example.com"),
    ("domain_literal", "jo@[127.0.0.1]"),
    ("local_syntax", "jo(lee)@example.com"),
    ("local_syntax", "jo,lee@example.com"),
    ("tld", "jo@example.con"),
    ("tld", "jo@example.arpa"),
    ("tld", "jo@example.test"),
    ("tld", "jo@127.0.0.1"),
    ("tld", "jo@example.xn--zckzah"),
    ("domain_too_long", "jo@" + "a" * 64 + ".com"),
    ("domain_too_long", "jo@" + "ü" * 60 + ".com"),
    ("domain_syntax", "jo@exam_ple.com"),
    ("domain_syntax", "jo@-example.com"),
    ("domain_syntax", "jo@example.com."),
    ("domain_syntax", "jo@ab--cd.com"),
    ("domain_syntax", "jo@☃.com"),
    ("domain_syntax", "jo@\udfff.com"),
]


@pytest.mark.parametrize(("code", "email"), CODES)
def test_code(code: str, email: object) -> None:
    """Each fault has its code, and the first that fits is given."""
    verdict = judge(email)
    assert (verdict.verdict, verdict.code, verdict.wire_email) == ("rejected", code, None)
    assert verdict.detail


def test_every_code_is_reached() -> None:
    """No code is there for nothing, and none is missing from the reasons."""
    assert {code for code, _ in CODES} == set(REASONS)


def test_labelled_addresses() -> None:
    """Verdict, code and wire form are those of the labelled set, for every one of its addresses."""
    rows = labelled_addresses()
    assert len(rows) >= 1500
    verdicts = [judge(row.address) for row in rows]
    given = [(row.address, row.verdict, row.code, row.wire_email) for row in rows]
    assert [(each.email, each.verdict, each.code, each.wire_email) for each in verdicts] == given


def test_labelled_addresses_are_up_to_date() -> None:
    """The committed file is what its script writes, and every row names its source."""
    made = [
        (row.address, row.code or None, row.wire or None, row.source)
        for row in make_labelled_addresses.rows()
    ]
    assert [(row.address, row.code, row.wire_email, row.source) for row in labelled_addresses()] == made
    assert all(row.source for row in labelled_addresses())


@pytest.mark.parametrize("first", range(len(REASONS)))
def test_order_of_codes(first: int) -> None:
    """An address with several faults gets the code that stands first in the reasons."""
    faults = {
        "quote": ('"', ""),
        "display_name": (">", ""),
        "white_space": ("a b", ""),
        "several_at": ("", "a@"),
        "local_dots": ("..", ""),
        "control_character": ("\x01", ""),
        "non_ascii_local": ("é", ""),
        "local_too_long": ("x" * 65, ""),
        "domain_literal": ("", "["),
        "local_syntax": ("(", ""),
        "domain_too_long": ("", "a" * 64 + "."),
        "domain_syntax": ("", "_."),
    }
    present = [code for code in list(REASONS)[first:] if code in faults]
    if present:
        local = "".join(faults[code][0] for code in reversed(present))
        domain = "".join(sorted((faults[code][1] for code in present), key=lambda part: part != "["))
        assert judge(f"a{local}b@{domain}example.com").code == present[0]


def test_reason_codes_page() -> None:
    """The page has every code with its sentence, in order, and each example gets its code."""
    page = (Path(__file__).parents[2] / "docs" / "reason-codes.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:5]]
        for line in page.splitlines()
        if line.startswith("| `")
    ]
    assert {code.strip("`"): meaning for code, meaning, _, _ in rows} == dict(REASONS)
    assert [code.strip("`") for code, *_ in rows] == list(REASONS)
    for code, _, shown, advice in rows:
        text = shown.strip("`").translate({ord("␠"): " ", ord("␀"): "\x00"})
        text = re.sub(r"(.)\{(\d+)\}", lambda found: found.group(1) * int(found.group(2)), text)
        assert judge(text).code == code.strip("`")
        assert advice


@pytest.mark.parametrize(
    ("email", "wire"),
    [
        ("Jo.Lee+News@Example.COM", "jo.lee+news@example.com"),
        ("  jo@example.com\r\n", "jo@example.com"),
        ("\u200b\ufeffjo@example.com\u00a0", "jo@example.com"),
        ("MailTo: jo@example.com", "jo@example.com"),
        ("mailto:<jo@example.com>", "jo@example.com"),
        ("<mailto:jo@example.com>", "jo@example.com"),
        ("< jo@example.com >", "jo@example.com"),
        ("'jo@example.com", "'jo@example.com"),
        ("!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"),
        ("Jo@Müller.example.рф", "jo@xn--mller-kva.example.xn--p1ai"),
        ("jo@example。com", "jo@example.com"),
        ("jo@ｅｘａｍｐｌｅ.com", "jo@example.com"),
        ("postMASTER@example.com", "postmaster@example.com"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
        ("jo@" + "a" * 63 + ".com", "jo@" + "a" * 63 + ".com"),
    ],
)
def test_wire_form(email: str, wire: str) -> None:
    """The wire form is ASCII, lower case, with A-labels; only the clean-up is ever repaired."""
    assert judge(email).wire_email == wire


@pytest.mark.parametrize(
    ("email", "suggestion"),
    [
        ("jo@gmial.com", "jo@gmail.com"),
        ("Jo@Yahooo.Com", "jo@yahoo.com"),
        ("jo@hotmial.co.uk", "jo@hotmail.co.uk"),
        ("jo@gmail.con", "jo@gmail.com"),
        ("jo@gmial.con", "jo@gmail.com"),
        ("jo@gmailcom", "jo@gmail.com"),
        ("jo@example.con", "jo@example.com"),
        ("jo@example.ent", "jo@example.net"),
        ("jo@example.xx", None),
        ("jo@example.nett", "jo@example.net"),
        ("Jo Lee <jo@example.com>", "jo@example.com"),
        ("jo@example.com.", "jo@example.com"),
        ("jo@example.com,", "jo@example.com"),
        ("jo@example.com;", "jo@example.com"),
        ("“jo@example.com”", "jo@example.com"),
        ("jo’lee@example.com", "jo'lee@example.com"),
        ("jo–lee@example.com", "jo-lee@example.com"),
        ("ｊｏ@example.com", "jo@example.com"),
        ("jo＠example.com", "jo@example.com"),
        ("j\u200bo@example.com", "jo@example.com"),
        ('"jo@example.com"', "jo@example.com"),
        ("'jo@example.com'", "jo@example.com"),
        ("jösé@example.com", None),
        ("jo@example.com ann@example.com", None),
        ("jo@mail.com", None),
        ("jo@hotmail.se", None),
        ("jo@gmail.com", None),
    ],
)
def test_suggestion(email: str, suggestion: str | None) -> None:
    """A suggestion is made where a person would see one, and never applied."""
    verdict = judge(email)
    assert verdict.suggestion == suggestion
    assert verdict.wire_email in (None, clean(email).lower())


@pytest.mark.parametrize("provider", domains.PROVIDERS)
def test_providers_are_no_slips(provider: str) -> None:
    """A large provider is valid and not corrected to another one."""
    verdict = judge(f"jo@{provider}")
    assert (verdict.wire_email, verdict.suggestion) == (f"jo@{provider}", None)


@settings(max_examples=400)
@given(st.one_of(addresses(), st.text(), st.text(st.characters())))
@example("mailto:" * 3 + "jo@example.com")
@example("<" * 5 + "jo@example.com" + ">" * 5)
def test_holds_for_any_text(text: str) -> None:
    """Nothing raises; a verdict is complete; the wire form is a fixed point; a suggestion would be accepted."""
    verdict = judge(text)
    assert verdict.email == text
    if verdict.wire_email is None:
        assert verdict.verdict == "rejected"
        assert verdict.code in REASONS
        assert verdict.detail
        verdict.detail.encode()
    else:
        assert (verdict.verdict, verdict.code, verdict.detail) == ("accepted", None, None)
        assert verdict.wire_email.isascii()
        assert verdict.wire_email == verdict.wire_email.lower()
        again = judge(verdict.wire_email)
        assert (again.wire_email, again.suggestion) == (verdict.wire_email, verdict.suggestion)
    if verdict.suggestion is not None:
        assert judge(verdict.suggestion).wire_email == verdict.suggestion


@settings(max_examples=400)
@given(addresses())
@example("mailto:mailto:jo@example.com")
@example("<MAILTO:" + "a" * 64 + "@example.com>")
def test_email_key_has_the_same_verdict(text: str) -> None:
    """What the macro `email_key` makes of an address is judged like the address, unless SQL refuses it first."""
    coarse = set(list(REASONS)[: list(REASONS).index("no_dot") + 1])
    verdict = judge(text)
    if verdict.code not in coarse:
        key = clean(text).translate({upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)})
        assert (judge(key).code, judge(key).wire_email) == (verdict.code, verdict.wire_email)


@settings(max_examples=300)
@given(addresses())
def test_we_refuse_nothing_of_our_own_but_tlds(text: str) -> None:
    """The library is the arbiter: of a cleaned text it refuses all that we refuse, but for IANA's list."""
    cleaned = clean(text)
    verdict = judge(cleaned)
    try:
        email_validator.validate_email(cleaned, check_deliverability=False, allow_smtputf8=False, strict=True)
    except ValueError:
        assert verdict.code is not None or cleaned != clean(cleaned)
    else:
        assert verdict.code in (None, "tld")


def test_what_came_before_does_not_matter() -> None:
    """A domain refused for one local part may be refused for another reason with a longer one."""
    domain = ".".join(["字" * 20] * 3) + ".notlisted"
    short, long = f"jo@{domain}", "x" * 64 + f"@{domain}"
    assert [judge(short).code, judge(long).code, judge(short).code] == ["tld", "domain_too_long", "tld"]


@given(st.lists(addresses(), max_size=8), st.randoms(use_true_random=False))
def test_neighbours_do_not_matter(texts: list[str], random: Any) -> None:
    """A verdict depends on the address alone, not on order or company."""
    shuffled = list(texts)
    random.shuffle(shuffled)
    together = dict(zip(shuffled, judge_rows(shuffled), strict=True))
    for text in texts:
        verdict = judge(text)
        assert together[text] == (verdict.wire_email, verdict.code, verdict.detail, verdict.suggestion)


class _Hostile(str):
    """A string that answers nothing."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError

    strip = startswith = endswith = partition = lower = __len__ = __contains__ = __eq__ = __iter__ = _refuse
    __hash__ = str.__hash__


class _Impostor:
    """An object that says it is a string and then fails."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError


def test_takes_any_object() -> None:
    """A subclass of str is judged by its text, and nothing an object says of itself is believed."""
    assert judge(_Hostile("Jo@Example.com")).wire_email == "jo@example.com"
    assert judge(_Impostor()).code == "missing"


@pytest.mark.parametrize(
    "unit", ["a", "@", ".", "<", '"', " ", "\u0301", "字", "xn--", "\ud800", "a@b.", "mailto:"]
)
def test_cost_is_bounded(unit: str) -> None:
    """Whatever its length, a text makes no more calls than a short one: 10 MB cost a look at the length."""
    assert _calls(unit * (10_000_000 // len(unit))) <= 20
    # Up to the limits the clean-up and the library work: linear, so doubling the text doubles the calls at most.
    for length in (60, 120):
        assert _calls((unit * length)[: 2 * length]) <= 2.2 * _calls((unit * length)[:length]) + 400


def _calls(text: str) -> int:
    count = 0

    def tally(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        judge(text)
    finally:
        sys.setprofile(None)
    return count


def test_candidates_of_long_text_are_few() -> None:
    """At most two texts are tried in place of an address, so a suggestion costs two verdicts at most."""
    assert len(list(candidates("Jo <jo@gmial.con>,"))) == 2


@pytest.mark.parametrize(
    "option", ["ALLOW_SMTPUTF8", "ALLOW_QUOTED_LOCAL", "ALLOW_DOMAIN_LITERAL", "ALLOW_EMPTY_LOCAL"]
)
def test_the_librarys_defaults_do_not_matter(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package may change the library's module globals; verdicts stay."""
    before = [judge(email) for _, email in CODES]
    monkeypatch.setattr(email_validator, option, True)
    monkeypatch.setattr(email_validator, "TEST_ENVIRONMENT", True)
    monkeypatch.setattr(email_validator, "STRICT", False)
    assert [judge(email) for _, email in CODES] == before


def test_every_option_of_the_library_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recommended options, and no other: an option that a new release adds fails this test."""
    given: list[dict[str, Any]] = []
    ask = email_validator.validate_email

    def overhear(address: str, **options: Any) -> email_validator.ValidatedEmail:
        given.append(options)
        return ask(address, **options)

    monkeypatch.setattr(email_validator, "validate_email", overhear)
    assert judge("jo@example.com").wire_email == "jo@example.com"
    options = dict.fromkeys(list(inspect.signature(ask).parameters)[1:], False) | {
        "strict": True,
        "globally_deliverable": True,
    }
    del options["timeout"], options["dns_resolver"]  # only for lookups in DNS, which there are none
    assert given == [options]


def test_outer_characters_are_stripped_singly_and_together() -> None:
    """Each character of the clean-up goes from both ends, and stays inside."""
    for character in OUTER:
        assert judge(f"{character}jo@example.com{character}").wire_email == "jo@example.com"
        assert judge(f"j{character}o@example.com").wire_email is None
    assert judge(f"{OUTER}jo@example.com{OUTER}").wire_email == "jo@example.com"


def test_ruleset_names_every_version() -> None:
    """The fingerprint changes with our rules, the library, idna, IANA's list and Unicode."""
    names = [part.rpartition("-")[0] for part in ruleset().split("+")]
    assert names == ["rules", "email-validator", "idna", "tlds", "unicode"]
    assert all(part.rpartition("-")[2] for part in ruleset().split("+"))


def test_list_of_top_level_domains_is_sound() -> None:
    """The list is dated, has the names it must have, and no special-use name but the one IANA lists."""
    assert date(2026, 1, 1) <= tld_date() <= date(2100, 1, 1)
    assert len(domains.TLDS) >= 1400
    assert {"com", "net", "org", "de", "xn--p1ai"} <= domains.TLDS
    assert domains.TLDS.isdisjoint(
        {"arpa", "test", "invalid", "local", "localhost", "onion", "example", "internal"}
    )
    assert all(name == name.lower() and name.isascii() for name in domains.TLDS)
