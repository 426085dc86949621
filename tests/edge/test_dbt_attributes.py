"""Mapped columns become property values in HubSpot's form, the same on every engine and in every time zone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dbt_project import DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]


def value(project: DbtProject, kind: str, expression: str) -> str | None:
    """What a column that holds an expression becomes."""
    call = f"{{{{ hubspot_sync.hubspot_property_value('given.x', {kind!r}) }}}}"
    ((text,),) = project.query(project.compiled(f"select {call} from (select {expression} as x) as given"))
    assert text is None or isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("7", "7"),
        ("-3", "-3"),
        ("cast(12.50 as decimal(10, 2))", "12.5"),
        ("cast(100 as decimal(10, 2))", "100"),
        ("cast(5 as double precision)", "5"),
        ("cast(0.1 as double precision)", "0.1"),
        ("cast('1e22' as double precision)", "10000000000000000000000"),
        ("cast('-2.5e-7' as double precision)", "-0.00000025"),
        ("cast('1e-300' as double precision)", "0"),
        ("' 12.00 '", "12"),
        ("'007'", "007"),
        ("cast(null as integer)", None),
    ],
)
def test_a_number_has_no_exponent_and_no_zeros_at_its_end(
    project: DbtProject, expression: str, text: str | None
) -> None:
    assert value(project, "number", expression) == text


@pytest.mark.parametrize(
    "expression", ["'twelve'", "'12,5'", "'1 000'", "cast('NaN' as double precision)", "'1e300'"]
)
def test_what_is_no_number_stays_as_it_is_and_breaks_no_build(project: DbtProject, expression: str) -> None:
    text = value(project, "number", expression)
    assert text is not None
    assert text.lower() == expression.removeprefix("cast(").split("'")[1].lower()


@pytest.mark.parametrize(
    ("expression", "day", "moment"),
    [
        ("cast('2026-11-20' as date)", "2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("cast('2026-11-20 23:59:58.7654' as timestamp)", "2026-11-20", "2026-11-20T23:59:58.765Z"),
        ("cast('2026-11-20 23:30:00-05' as timestamptz)", "2026-11-21", "2026-11-21T04:30:00.000Z"),
        ("'2026-11-20'", "2026-11-20", "2026-11-20"),
        ("'soon'", "soon", "soon"),
        ("cast(null as date)", None, None),
        ("cast(null as timestamptz)", None, None),
    ],
)
def test_dates_and_times_are_utc(
    project: DbtProject, expression: str, day: str | None, moment: str | None
) -> None:
    assert value(project, "date", expression) == day
    assert value(project, "datetime", expression) == moment


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_time_zone_of_the_session_decides_nothing(project: DbtProject, zone: str) -> None:
    calls = ", ".join(
        f"{{{{ hubspot_sync.hubspot_property_value('given.{column}', {kind!r}) }}}}"
        for column in ("naive", "aware", "day")
        for kind in ("date", "datetime")
    )
    given = (
        "select cast('2026-11-20 23:30:00' as timestamp) as naive, "
        "cast('2026-11-20 23:30:00+00' as timestamptz) as aware, cast('2026-11-20' as date) as day"
    )
    rows = in_zone(project, zone, project.compiled(f"select {calls} from ({given}) as given"))
    at = "2026-11-20T23:30:00.000Z"
    assert rows == [("2026-11-20", at, "2026-11-20", at, "2026-11-20", "2026-11-20T00:00:00.000Z")]


def in_zone(project: DbtProject, zone: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query in a session of another time zone."""
    if project.target == "postgres":
        return project._query_postgres(f"set timezone to '{zone}'", sql)
    import duckdb

    with duckdb.connect(str(project.duckdb_path)) as connection:
        connection.execute(f"set timezone = '{zone}'")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("true", "true"),
        ("1 = 2", "false"),
        ("1", "true"),
        ("0", "false"),
        ("'T'", "true"),
        ("' FALSE '", "false"),
        ("'perhaps'", "perhaps"),
        ("cast(null as boolean)", None),
    ],
)
def test_a_boolean_is_true_or_false(project: DbtProject, expression: str, text: str | None) -> None:
    assert value(project, "boolean", expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("array['red', 'deep blue']", "red;deep blue"),
        ("array['red', null, 'blue']", "red;blue"),
        ("array[1, 2]", "1;2"),
        ("'red;blue'", "red;blue"),
        ("cast(null as varchar(5))", None),
    ],
)
def test_several_choices_are_joined(project: DbtProject, expression: str, text: str | None) -> None:
    assert value(project, "multi_select", expression) == text


MAPPED = [
    {"column": "Loyalty_Tier"},
    {"column": "revenue", "property": "lifetime_value", "type": "number", "mode": "set"},
    {"column": "vip", "type": "boolean", "mode": "clear_when_null"},
]


def payload(project: DbtProject, given: str, attributes: list[dict[str, str]] = MAPPED) -> str | None:
    """The JSON of a row of the audience's model."""
    columns = "{{ hubspot_sync.hubspot_attribute_columns(hubspot_sync.hubspot_attributes(), 'given') }}"
    whole = "{{ hubspot_sync.hubspot_attributes_json(hubspot_sync.hubspot_attributes()) }}"
    inline = f"select {whole} from (select {columns} 1 as one from (select {given}) as given) as texts"
    result: Any = project.run(
        "compile", "--inline", inline, variables={"hubspot_attributes": attributes}
    ).result
    ((text,),) = project.query(result.results[0].node.compiled_code)
    assert text is None or isinstance(text, str)
    return text


def test_a_row_becomes_one_object_of_texts(project: DbtProject) -> None:
    text = payload(project, "'go\"ld' as loyalty_tier, 12.50 as revenue, true as vip")
    assert json.loads(text or "") == {"loyalty_tier": 'go"ld', "lifetime_value": "12.5", "vip": "true"}


def test_null_and_empty_are_left_out_except_where_they_clear(project: DbtProject) -> None:
    nothing = "cast(null as varchar(9)) as loyalty_tier, '' as revenue, cast(null as boolean) as vip"
    assert payload(project, nothing) == '{"vip":""}'
    assert payload(project, nothing, MAPPED[:2]) is None


def hashed(project: DbtProject, properties: str, attributes: list[dict[str, str]]) -> str:
    """What the hash of a payload covers."""
    inline = f"select {{{{ hubspot_sync.hubspot_payload_text('p') }}}} from (select '{properties}' as p) as x"
    result: Any = project.run(
        "compile", "--inline", inline, variables={"hubspot_attributes": attributes}
    ).result
    ((text,),) = project.query(result.results[0].node.compiled_code)
    return str(text)


def test_the_hash_covers_the_values_and_which_of_them_overwrite(project: DbtProject) -> None:
    gold = '{"tier":"gold"}'
    modes = {mode: [{"column": "tier", "mode": mode}] for mode in ("set_if_empty", "set", "clear_when_null")}
    assert hashed(project, gold, modes["set_if_empty"]) == gold == hashed(project, gold, [])
    assert hashed(project, gold, modes["set"]) != gold
    assert hashed(project, gold, modes["set"]) == hashed(project, gold, modes["clear_when_null"])
    # A mapping that says nothing about this row's values sends nothing again.
    assert hashed(project, gold, [*modes["set_if_empty"], {"column": "city", "mode": "set"}]) == gold
