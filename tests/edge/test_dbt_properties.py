"""Attributes become one JSON object of texts under legal names, the same on every engine."""

from __future__ import annotations

import json

import pytest

from tests.dbt_project import DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

NASTY = [
    "",
    " ",
    '"',
    "\\",
    '\\"',
    "'",
    "\n\r\t\b\f",
    "\x01\x1f\x7f",
    "é日🙂",
    "</script>",
    "\u2028",
    "null",
    "{}",
    ",",
]


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("city", "city"),
        ("Lifetime Value", "lifetime_value"),
        ("größe-cm", "gr__e_cm"),
        ("a.b/c", "a_b_c"),
        ("_x9", "_x9"),
        ("日本", "__"),
    ],
)
def test_a_name_has_only_lower_case_letters_digits_and_underscores(
    project: DbtProject, name: str, legal: str
) -> None:
    call = f"select '{{{{ hubspot_sync.hubspot_property_name({name!r}) }}}}'"
    assert project.compiled(call) == f"select '{legal}'"


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_any_text_arrives_as_it_is(project: DbtProject, value: str) -> None:
    call = "{{ hubspot_sync.hubspot_properties({'First Name': 'a', 'b': 'b'}) }}"
    sql = project.compiled(f"select {call} from (select ? as a, 'x' as b) as given")
    ((text,),) = project.query(sql, [value])
    assert json.loads(text) == {"first_name": value, "b": "x"}


def test_values_become_text_and_null_is_left_out(project: DbtProject) -> None:
    call = "{{ hubspot_sync.hubspot_properties({'a': 'a', 'b': 'b', 'c': 'c', 'd': 'd'}) }}"
    given = "select cast(null as integer) as a, 7 as b, true as c, cast('2026-11-01' as date) as d"
    ((text,),) = project.query(project.compiled(f"select {call} from ({given}) as given"))
    assert text == '{"b":"7","c":"true","d":"2026-11-01"}'


def test_nothing_to_write_is_null(project: DbtProject) -> None:
    empty = "{{ hubspot_sync.hubspot_properties({}) }}"
    nulls = "{{ hubspot_sync.hubspot_properties({'a': 'a', 'b': 'b'}) }}"
    given = "select cast(null as integer) as a, cast(null as date) as b"
    sql = project.compiled(f"select {empty}, {nulls} from ({given}) as given")
    assert project.query(sql) == [(None, None)]
