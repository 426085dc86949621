"""The address macros give on every engine what the strict rules in Python give."""

from __future__ import annotations

import csv
import random

import pytest

from sync.emails import clean, judge
from tests.dbt_project import ROOT, DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

COARSE = {
    *("missing", "too_long", "quote", "display_name", "white_space"),
    *("no_at", "several_at", "local_dots", "no_dot"),
}
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


def expected(text: str) -> tuple[str, str | None]:
    """Email key and coarse problem by the Python rules. A text over 4,096 characters has no use for its key."""
    key = clean(text).translate({upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)})
    code = judge(text).code
    return key, code if code in COARSE else None


@pytest.fixture(scope="module")
def answers(project: DbtProject) -> dict[str, tuple[str, str | None]]:
    """What the macros say of each text: email key and coarse problem."""
    texts = sorted({*seed_addresses(), *NASTY, *random_texts(6_000)})
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
    different = [text for text, answer in answers.items() if answer != expected(text)]
    # A second `mailto:` hides a fault from SQL that the strict rules, which look again, do find.
    assert [text for text in different if "mailto:mailto:" not in text.lower()] == []


def test_sql_refuses_nothing_that_the_strict_rules_accept(answers: dict[str, tuple[str, str | None]]) -> None:
    assert [text for text, (_, code) in answers.items() if code and judge(text).verdict == "accepted"] == []


def test_every_coarse_problem_is_among_the_texts(answers: dict[str, tuple[str, str | None]]) -> None:
    assert {code for _, code in answers.values()} == {None, *COARSE}


def test_null_is_missing_and_has_no_key(project: DbtProject) -> None:
    sql = project.compiled(
        "select {{ hubspot_sync.email_key('email') }}, {{ hubspot_sync.coarse_email_problem('email') }} "
        "from (select cast(null as {{ dbt.type_string() }}) as email) as nothing"
    )
    assert project.query(sql) == [(None, "missing")]
