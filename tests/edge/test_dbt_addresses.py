"""The address macros give on every engine what the strict rules in Python give."""

from __future__ import annotations

import csv
import json
import random
import runpy

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from sync.domains import TLDS
from sync.emails import REASONS, clean, judge
from tests.data.labelled import labelled_addresses
from tests.data.strategies import encodable_addresses
from tests.dbt_project import ROOT, DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

COARSE = {
    *("missing", "too_long", "quote", "display_name", "white_space"),
    *("no_at", "several_at", "local_dots", "no_dot"),
}
"""What SQL always finds. It finds `tld` too, where the rest of the address is plain."""
LABELLED = {each.address for each in labelled_addresses() if each.is_unicode}
ADDRESS_COLUMNS = {
    "shop_customers": "email",
    "crm_contacts": "email_address",
    "loyalty_members": "mail",
    "suppressions": "value",
}
PIECES = [
    *"\t\n\v\f\r \x1b\x1f\x7f\x85\xa0\xad\u1680\u180e\u2000\u2007\u200a\u200b\u200d\u200f\u2010\u2028\u2029",
    *"\u202a\u202e\u202f\u205f\u2060\u2061\u2065\u2066\u2069\u3000\ufeff\ufffd\u0130\u0131\u017f\u212a\u00df",
    *"@@@...<>\"'\\%_;,:()[]|`~éΣς日🙂\u0301\u3002\uff0e\uff61\uff20\uff1c",
    *("mailto:", "MAILTO:", "MaIlTo:", "mailto", "ma\u0130lto:", "a", "A", "Lena", "example.com", "EXAMPLE", "x" * 250),
]  # fmt: skip
NASTY = [
    "",
    "<",
    ">",
    "<>",
    "<a@example.com",
    "a@example.com>",
    "<<a@example.com>>",
    "mailto:mailto:a@example.com",
    "<mailto:a@example.com>",
    "mailto:<a@example.com>",
    "mailto: < a@example.com > ",
    "a@example.com\\",
    "a%b_c@example.com",
    "'; drop table x; --@example.com",
    "x" * 242 + "@example.com",
    "x" * 243 + "@example.com",
    " " * 4_096,
    " " * 4_097,
    " " * 4_080 + "a@example.com",
    " " * 4_090 + "a@example.com",
    "🙂" * 254,
    "🙂" * 255,
]


def seed_addresses() -> list[str]:
    """Every address in the demo's seeds, as written."""
    found = set()
    for name, column in ADDRESS_COLUMNS.items():
        with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row[column] for row in csv.DictReader(file)}
    return sorted(found)


def random_texts(count: int) -> list[str]:
    """Texts made of what has gone wrong somewhere, the same in every run."""
    chance = random.Random(7)
    return ["".join(chance.choices(PIECES, k=chance.randrange(1, 9))) for _ in range(count)]


def generated_texts(count: int) -> list[str]:
    """Texts around the border of validity, the same in every run."""
    found: list[str] = []

    @seed(7)
    @settings(
        max_examples=count // 100, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(encodable_addresses(), min_size=100, max_size=100))
    def collect(texts: list[str]) -> None:
        found.extend(texts)

    collect()
    return found


def ascii_lower(text: str) -> str:
    """Only A-Z in lower case, as the macro has it."""
    return text.translate({upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)})


def expected(text: str) -> tuple[str, str | None]:
    """Email key and coarse problem by the Python rules. A text over 4,096 characters has no use for its key."""
    key = ascii_lower(clean(text))
    code = judge(text).code
    return key, code if code in COARSE else None


@pytest.fixture(scope="module")
def answers(project: DbtProject) -> dict[str, tuple[str, str | None]]:
    """What the macros say of each text: email key and coarse problem."""
    texts = sorted({*seed_addresses(), *NASTY, *LABELLED, *random_texts(6_000), *generated_texts(4_000)})
    if project.target == "postgres":
        # Only a NUL cannot be stored; on DuckDB these are judged too.
        texts = [text for text in texts if "\0" not in text]
    project.query("create schema if not exists customers")
    project.query("create table nasty_texts (number integer, email text)")
    for start in range(0, len(texts), 500):
        rows = list(enumerate(texts[start : start + 500], start))
        values = ", ".join(["(?, ?)"] * len(rows))
        project.query(f"insert into nasty_texts values {values}", [value for row in rows for value in row])
    key, code = "{{ hubspot_sync.email_key('email') }}", "{{ hubspot_sync.coarse_email_problem('email') }}"
    judged = project.query(project.compiled(f"select number, {key}, {code} from nasty_texts"))
    assert len(judged) == len(texts)
    return {texts[number]: (key, code) for number, key, code in judged}


def test_sql_and_python_agree_on_key_and_coarse_problem(answers: dict[str, tuple[str, str | None]]) -> None:
    different = [
        text
        for text, (key, code) in answers.items()
        if (key, code if code in COARSE else None) != expected(text)
    ]
    # A second `mailto:` hides a fault from SQL that the strict rules, which look again, do find.
    assert [text for text in different if "mailto:mailto:" not in text.lower()] == []


def test_sql_refuses_nothing_that_the_strict_rules_accept(answers: dict[str, tuple[str, str | None]]) -> None:
    assert [text for text, (_, code) in answers.items() if code and judge(text).verdict == "accepted"] == []


def test_sql_says_tld_only_where_the_strict_rules_say_so(answers: dict[str, tuple[str, str | None]]) -> None:
    found = {text for text, (_, code) in answers.items() if code == "tld"}
    assert {text: judge(text).code for text in found if judge(text).code != "tld"} == {}
    assert len(found & LABELLED) > 50


def test_sql_misses_no_wrong_tld_in_a_plain_address(answers: dict[str, tuple[str, str | None]]) -> None:
    missed = [text for text, (_, code) in answers.items() if code is None and judge(text).code == "tld"]
    plain = [text for text in map(clean, missed) if text.isascii() and len(text) <= 64 and "--" not in text]
    # What is left has a hyphen or a digit in its last label, or none at all.
    assert [text for text in plain if text.rpartition(".")[2].isalpha()] == []


def test_every_coarse_problem_is_among_the_texts(answers: dict[str, tuple[str, str | None]]) -> None:
    assert {code for _, code in answers.values()} == {None, "tld", *COARSE}


def test_what_sql_refuses_has_the_label_of_the_refusal(answers: dict[str, tuple[str, str | None]]) -> None:
    labels = {each.address: each.code for each in labelled_addresses() if each.address in answers}
    refused = {text: answers[text][1] for text in labels if answers[text][1] is not None}
    assert len(refused) > 400
    assert refused == {text: labels[text] for text in refused}


def test_an_address_that_reaches_the_audience_has_the_verdict_of_its_key(
    answers: dict[str, tuple[str, str | None]],
) -> None:
    """The job judges the key. Refused in SQL already, the two may differ: `<<a@b.de>>` has the key `<a@b.de>`."""
    checked = [text for text, (_, code) in answers.items() if code is None]
    assert len(checked) > 2_000
    for text in checked:
        verdict, of_key = judge(text), judge(answers[text][0])
        assert (of_key.verdict, of_key.wire_email) == (verdict.verdict, verdict.wire_email), text


def test_sql_has_the_list_and_the_sentences_of_the_strict_rules(project: DbtProject) -> None:
    names = project.compiled("select '{{ hubspot_sync.hubspot_tlds() | join(' ') }}'")
    assert names == f"select '{' '.join(sorted(TLDS))}'"
    reasons = project.compiled("{{ tojson(hubspot_sync.hubspot_email_reasons(), sort_keys=true) }}")
    assert json.loads(reasons) == dict(REASONS)


def test_the_generated_macros_are_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "macros" / "generate.py"))
    for name, text in script["macro_files"]().items():
        # Differs: run `python macros/generate.py`.
        assert (ROOT / "macros" / name).read_text(encoding="utf-8") == text, name


def test_null_is_missing_and_has_no_key(project: DbtProject) -> None:
    sql = project.compiled(
        "select {{ hubspot_sync.email_key('email') }}, {{ hubspot_sync.coarse_email_problem('email') }} "
        "from (select cast(null as {{ dbt.type_string() }}) as email) as nothing"
    )
    assert project.query(sql) == [(None, "missing")]
