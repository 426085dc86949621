"""Who is one customer, under which id, and how values are compared: on every engine the same."""

from __future__ import annotations

import runpy

import pytest

from tests.dbt_project import ROOT, SCHEMA, DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

CASES: dict[str, dict[str, str | None]] = {
    "phone_key('value')": {
        "+49 (0)30 1234-567": "+49301234567",
        "0049-30-1234567": "+49301234567",
        "+0049 30 1234567": "+49301234567",
        "(030) 1234567": "0301234567",
        "(0)30 1234567": "0301234567",
        "555 01": None,
        "0000000000": None,
        "+1111111": None,
        "1234567890123456": None,
        "12+3456789": None,
        "call me": None,
        "": None,
    },
    "phone_key('value', \"'DE'\")": {"030 1234567": "+49301234567", "+43 555010": "+43555010", "5550100": "5550100"},
    "phone_key('value', \"'US'\")": {"(555) 010-0123": "+15550100123", "1 555 010 0123": "+15550100123"},
    "phone_key('value', \"'IT'\")": {"06 1234567": "+39061234567"},
    "phone_key('value', \"'Atlantis'\")": {"06 1234567": "061234567"},
    "name_key('value')": {
        "  Björn ": "bjorn",
        "BJÖRN": "bjorn",
        "Bjo\u0308rn": "bjorn",
        "Łukasz Źródlany": "lukaszzrodlany",
        "O’Brien-Smith Jr.": "obriensmithjr",
        "Straße": "strasse",
        "STRAẞE": "strasse",
        "Nguyễn": "nguyen",
        "Ægir": "aegir",
        "İnci Işık": "inciisik",
        "ΣΊΣΥΦΟΣ": "σισυφοσ",
        "Сидоров": "сидоров",
        "СИДОРОВ": "сидоров",
        "山田": "山田",
        "-": None,
        " ": None,
    },
    "postal_key('value')": {"lw1 4re": "LW14RE", "94-810": "94810", "12345-6789": "12345", " ": None},
    "country_code('value')": {"de": "DE", "uk": "GB", "EL": "GR", "Germany": "Germany"},
    "surname_of('value')": {"Lena Maria Muster": "Muster", "Muster, Lena": "Muster", "Muster": "Muster"},
    "given_name_of('value')": {"Lena Maria Muster": "Lena Maria", "Muster, Lena": "Lena", "Muster": None},
    "birthdate_key('cast(value as date)')": {
        "1980-03-12": "19800312",
        "1980-12-03": "19800312",
        "1980-03-13": "19800313",
        "1980-12-31": "19801231",
    },
    "in_order('value', \"'lena'\")": {"muster": "lenamuster", "adam": "adamlena", "lena": "lenalena"},
    "name_start(\"'lena'\", 'value')": {"muster": "lenmus", "j": "jlen"},
    "name_start('cast(null as varchar)', 'value')": {"muster": "mus"},
    "plausible_birthdate('value')": {
        "1980-02-29": "1980-02-29",
        "2000-02-29": "2000-02-29",
        "1980-12-31 00:00:00": "1980-12-31",
        "2026-11-01": "2026-11-01",
        "2026-11-02": None,
        "1981-02-29": None,
        "1900-02-29": None,
        "1980-04-31": None,
        "1980-13-01": None,
        "1900-01-01": None,
        "0000-00-00": None,
        "31.12.1980": None,
        "": None,
    },
}  # fmt: skip


NAMES: dict[str, dict[str, bool | None]] = {
    "two names": {
        "susanne susi": False,
        "sebastian susanne": True,
        "anna annalena": False,
        "j jonas": False,
        "johannes hannes": False,
        "carolin karolin": False,
        "katrina marina": True,
        "robert bob": True,
    },
    "three names": {"bastian sebastian": True, "max maximilian": False},
}
"""Whether the first and the last name are two people's, where there are two names and where there are three."""


@pytest.fixture(autouse=True)
def _schema(project: DbtProject) -> None:
    project.query(f"create schema if not exists {SCHEMA}")


@pytest.mark.parametrize("macro", CASES)
def test_values_are_compared_in_one_form(project: DbtProject, macro: str) -> None:
    sql = project.compiled(f"select value, cast({{{{ hubspot_sync.{macro} }}}} as varchar) from typed_values")
    project.query("drop table if exists typed_values")
    project.query("create table typed_values (value varchar)")
    for value in CASES[macro]:
        project.query("insert into typed_values values (?)", [value])
    assert dict(project.query(sql)) == CASES[macro]
    project.query("drop table typed_values")


@pytest.mark.parametrize(("names", "has_third"), [("two names", "1 = 0"), ("three names", "1 = 1")])
def test_a_short_form_is_no_other_name_unless_there_is_a_third(
    project: DbtProject, names: str, has_third: str
) -> None:
    sql = project.compiled(
        "select concat(one, ' ', other), "
        f"{{{{ hubspot_sync.names_differ('one', 'other', 'one', 'other', '{has_third}') }}}} from given_names"
    )
    project.query("create table given_names (one varchar, other varchar)")
    for value in NAMES[names]:
        project.query("insert into given_names values (?, ?)", value.split())
    found = dict(project.query(sql))
    project.query("drop table given_names")
    assert found == NAMES[names]


def test_every_letter_loses_its_accent_on_every_engine(project: DbtProject) -> None:
    letters: dict[str, str] = runpy.run_path(str(ROOT / "macros" / "generate.py"))["folded_letters"]()
    spelled = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
    sql = project.compiled("select value, {{ hubspot_sync.unaccented('value') }} from letters")
    project.query("create table letters (value varchar)")
    project.query("insert into letters values " + ", ".join(f"('{letter}')" for letter in letters))
    differing = {
        letter: base
        for letter, base in project.query(sql)
        if base != "".join(spelled.get(each, each) for each in letters[letter])
    }
    project.query("drop table letters")
    assert differing == {}


def test_groups_close_whatever_their_shape(project: DbtProject) -> None:
    """A chain of 10,000, a ring of 1,000, a star of 1,000, a pair twice, a record alone."""
    sql = project.compiled("{{ hubspot_sync.connected_components('edges', 'node', 'link') }}")
    project.query("create table edges (node varchar, link varchar)")
    series = "from generate_series(1, {}) as numbers(n)"
    for select in (
        f"select 'chain ' || n, 'chain ' || n {series.format(10_000)}",
        f"select 'chain ' || n, 'chain ' || (n - 1) {series.format(10_000)}",
        f"select 'ring ' || n, 'ring ' || n {series.format(1_000)}",
        f"select 'ring ' || n, 'ring ' || (n % 1000 + 1) {series.format(1_000)}",
        f"select 'star ' || n, 'star' {series.format(1_000)}",
        "select 'pair 1', 'pair'",
        "select 'pair 1', 'pair'",
        "select 'pair 2', 'pair'",
        "select 'pair 2', 'pair again'",
        "select 'pair 1', 'pair again'",
        "select 'alone 1', 'alone'",
    ):
        project.query(f"insert into edges {select}")
    groups = project.query(
        "select split_part(node, ' ', 1), count(*), count(distinct component_id), count(distinct node) "
        f"from ({sql}) as components group by 1 order by 1"
    )
    project.query("drop table edges")
    assert groups == [
        ("alone", 1, 1, 1),
        ("chain", 10_000, 1, 10_000),
        ("pair", 2, 1, 2),
        ("ring", 1_000, 1, 1_000),
        ("star", 1_000, 1, 1_000),
    ]
