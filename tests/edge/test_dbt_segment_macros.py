"""Conditions for segments choose the same customers on every engine, and a wrong use says what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.dbt_project import DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]


@pytest.fixture(scope="module")
def duckdb_project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    """Compile errors do not depend on the engine."""
    return DbtProject("duckdb", tmp_path_factory.mktemp("compile"))


CUSTOMERS = """
    select cast(null as varchar(20)) as name, 'x' as country, 0 as orders, cast(null as date) as born,
        cast(null as timestamp) as bought_at, cast(null as boolean) as is_member
    union all select 'Vienna', 'AT', 1, date '2026-10-01', timestamp '2026-10-01 23:59:59', true
    union all select 'VIENNA Ä', 'at', 2, date '2026-10-02', timestamp '2026-10-02 00:00:00', false
    union all select 'O''Neil 100%', 'DE', 10, date '2026-10-31', timestamp '2026-11-01 00:00:00', true
    union all select ' ', 'd_', null, date '2026-11-02', timestamp '2026-11-01 00:00:01', null
    union all select '', '', -5, date '2026-09-30', timestamp '2026-09-30 00:00:00', null
"""


def chosen(project: DbtProject, condition: str) -> set[str]:
    """Who fulfils a condition; checks that nobody is left in between."""
    named = (
        f"select customers.*, case when name is null then 'null' when name = '' then 'empty' when name = ' '"
        " then 'space' when name like 'O%' then 'neil' when name like 'VI%' then 'VIENNA' else 'vienna' end"
        f" as who from ({CUSTOMERS}) as customers"
    )
    text = f"select who, {{{{ hubspot_sync.{condition} }}}} from ({named}) as customers"
    rows = project.query(project.compiled(text))
    assert {told for _, told in rows} <= {True, False}
    return {who for who, told in rows if told}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ("is_equal('country', 'At')", {"vienna", "VIENNA"}),
        ("is_equal('orders', 10)", {"neil"}),
        ("is_equal('orders', 9.5 + 0.5)", {"neil"}),
        ("is_equal('orders', '10')", {"neil"}),
        ("is_equal('is_member', true)", {"vienna", "neil"}),
        ("is_equal('name', \"o'NEIL 100%\")", {"neil"}),
        ("is_equal('country || name', 'ATvienna')", {"vienna"}),
        ("is_equal('customers.name', 'vienna ä')", set()),
        ("is_equal('customers.name', 'vienna Ä')", {"VIENNA"}),
        ("is_not_equal('name', 'vienna')", {"null", "VIENNA", "neil", "space", "empty"}),
        ("is_not_equal('orders', 10)", {"null", "vienna", "VIENNA", "space", "empty"}),
        ("is_not_equal('is_member', false)", {"null", "vienna", "neil", "space", "empty"}),
        ("is_in('country', ['AT', 'de'])", {"vienna", "VIENNA", "neil"}),
        ("is_in('orders', [1, 0])", {"null", "vienna"}),
        ("is_not_in('orders', [1, 0])", {"VIENNA", "neil", "space", "empty"}),
        ("is_between('orders', 1, 2)", {"vienna", "VIENNA"}),
        ("is_between('orders', -5, -5)", {"empty"}),
        ("is_at_least('orders', 2)", {"VIENNA", "neil"}),
        ("is_at_most('orders', 0.5)", {"null", "empty"}),
        ("contains('name', 'ENNA')", {"vienna", "VIENNA"}),
        ("contains('country', '_')", {"space"}),
        ("contains('name', '%')", {"neil"}),
        ("contains('orders', '0')", {"null", "neil"}),
        ("starts_with('name', \"o'n\")", {"neil"}),
        ("starts_with('name', 'vienna ')", {"VIENNA"}),
        ("starts_with('name', 'ienna')", set()),
        ("is_blank('name')", {"null", "space", "empty"}),
        ("is_not_blank('name')", {"vienna", "VIENNA", "neil"}),
        ("is_blank('born')", {"null"}),
        ("is_blank('is_member')", {"null", "space", "empty"}),
        ("is_not_blank('orders')", {"null", "vienna", "VIENNA", "neil", "empty"}),
    ],
)
def test_a_condition_chooses_by_value(project: DbtProject, condition: str, who: set[str]) -> None:
    assert chosen(project, condition) == who


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ("is_before('bought_at', '2026-10-02')", {"vienna", "empty"}),
        ("is_before('born', '2026-10-01')", {"empty"}),
        ("is_after('bought_at', '2026-10-01')", {"VIENNA", "neil", "space"}),
        ("is_after('born', '2026-10-31')", {"space"}),
        ("is_on('bought_at', '2026-11-01')", {"neil", "space"}),
        ("is_on('born', '2026-10-31')", {"neil"}),
        ("is_between_dates('bought_at', '2026-09-30', '2026-10-01')", {"vienna", "empty"}),
        ("is_between_dates('born', '2026-10-02', '2026-10-02')", {"VIENNA"}),
        ("is_between_dates('born', '2024-02-29', '2026-12-31')", {"vienna", "VIENNA", "neil", "space", "empty"}),
        # Now is 2026-11-01 00:00:00: 30 days before is 2026-10-02 00:00:00, and what comes later is not past.
        ("is_in_last_days('bought_at', 30)", {"VIENNA", "neil"}),
        ("is_in_last_days('born', 31)", {"vienna", "VIENNA", "neil"}),
        ("is_not_in_last_days('bought_at', 30)", {"null", "vienna", "space", "empty"}),
        ("is_not_in_last_days('born', 31)", {"null", "space", "empty"}),
    ],
)  # fmt: skip
def test_a_condition_chooses_by_day(project: DbtProject, condition: str, who: set[str]) -> None:
    assert chosen(project, condition) == who


def test_now_is_the_moment_of_var_as_of(project: DbtProject) -> None:
    text = f"select count(*) from ({CUSTOMERS}) as customers where {{{{ hubspot_sync.is_in_last_days('born', 1) }}}}"
    nodes: Any = project.run("compile", "--inline", text, variables={"as_of": "2026-10-02 12:00:00"}).result
    assert project.query(nodes.results[0].node.compiled_code) == [(1,)]


@pytest.mark.parametrize(
    ("percent", "revenue"),
    [
        (100, [100, 50, 50, 50, 1]),
        (99, [100, 50, 50, 50]),
        # Three share the second place of five: all of them are in, or none.
        (40, [100, 50, 50, 50]),
        (39.9, [100]),
        (20, [100]),
        (19, []),
    ],
)
def test_the_top_n_percent_are_of_those_who_have_any_and_ties_stay_together(
    project: DbtProject, percent: float, revenue: list[int]
) -> None:
    given = ", ".join(f"({value})" for value in ("100", "50", "50", "50", "1", "0", "0", "-7", "null"))
    condition = f"{{{{ hubspot_sync.is_in_top_percent('customer_360.revenue', {percent}) }}}}"
    compiled = project.compiled(
        f"select revenue from customers as customer_360 where {condition} order by 1 desc"
    )
    relation = project.compiled("{{ ref('customer_360') }}")
    rows = f"with customers(revenue) as (values {given}) "
    assert project.query(rows + compiled.replace(relation, "customers")) == [(each,) for each in revenue]


WRONG = [
    ("is_equal('country', none)", "is_equal, column 'country': 'None' is no text, number or boolean. For what"),
    ("is_equal('country', '')", "is_equal, column 'country': '' is no text, number or boolean. For what is"),
    ("is_equal('country')", "is_equal, column 'country': '' is no text, number or boolean."),
    ("is_equal('orders', {'a': 1})", "is_equal, column 'orders': '{'a': 1}' is no text, number or boolean."),
    ("is_not_equal(7, 'AT')", "is_not_equal, column '7': that is no column. Give its name in quotes, as in"),
    ("is_not_equal(country, 'AT')", "is_not_equal, column '': that is no column."),
    ("is_in('country', 'AT')", "is_in, column 'country': 'AT' is no list. Write it as ['AT', 'DE']."),
    ("is_in('country', [])", "is_in, column 'country': the list is empty. Give at least one value, as in"),
    ("is_in('country', ['AT', 1])", "is_in, column 'country': the list mixes texts and numbers. Give values"),
    ("is_not_in('country', ['AT', none])", "is_not_in, column 'country': 'None' is no text, number or boolean."),
    ("is_not_in('country', 7)", "is_not_in, column 'country': '7' is no list."),
    ("is_between('orders', 3, 2)", "is_between, column 'orders': low (3) is above high (2). Swap the two."),
    ("is_between('orders', '1', 2)", "is_between, column 'orders': low is '1'. Give a number without quotes,"),
    ("is_between('orders', 1)", "is_between, column 'orders': high is ''. Give a number without quotes"),
    ("is_at_least('orders', 'two')", "is_at_least, column 'orders': number is 'two'. Give a number without quotes"),
    ("is_at_most('orders', true)", "is_at_most, column 'orders': number is 'True'. Give a number without quotes"),
    ("is_at_most(' ', 1)", "is_at_most, column ' ': that is no column."),
    ("contains('name', '')", "contains, column 'name': '' is no text. Write it in quotes, as in '@gmail.'."),
    ("contains('name', 10)", "contains, column 'name': '10' is no text. Write it in quotes"),
    ("starts_with('name', ['a'])", "starts_with, column 'name': '['a']' is no text. Write it in quotes"),
    ("is_blank(none)", "is_blank, column 'None': that is no column."),
    ("is_not_blank('')", "is_not_blank, column '': that is no column."),
    ("is_before('born', '2026-02-29')", "is_before, column 'born': day is '2026-02-29'. Write a day as"),
    ("is_before('born', 20260201)", "is_before, column 'born': day is '20260201'. Write a day as '2026-11-01',"),
    ("is_after('born', '2026-13-01')", "is_after, column 'born': day is '2026-13-01'. Write a day as"),
    ("is_after('born', '01.02.2026')", "is_after, column 'born': day is '01.02.2026'. Write a day as"),
    ("is_on('born', '0000-01-01')", "is_on, column 'born': day is '0000-01-01'. Write a day as '2026-11-01',"),
    ("is_on('born')", "is_on, column 'born': day is ''. Write a day as"),
    ("is_between_dates('born', '2026-02-02', '2026-02-01')", "first (2026-02-02) is after last (2026-02-01)."),
    ("is_between_dates('born', '2026-02-02', none)", "is_between_dates, column 'born': last is 'None'. Write"),
    ("is_in_last_days('born', 0)", "is_in_last_days, column 'born': days is '0'. Give a whole number of days,"),
    ("is_in_last_days('born', '30')", "is_in_last_days, column 'born': days is '30'. Give a whole number of days"),
    ("is_not_in_last_days('born', 1.5)", "is_not_in_last_days, column 'born': days is '1.5'. Give a whole number"),
    ("is_not_in_last_days('born', 36501)", "is_not_in_last_days, column 'born': days is '36501'. Give a whole"),
    ("is_in_top_percent('c.revenue', 10)", "column 'c.revenue': that is no plain name of a column of customer_360."),
    ("is_in_top_percent('revenue / 2', 10)", "column '(revenue / 2)': that is no plain name of a column"),
    ("is_in_top_percent('revenue', 0)", "is_in_top_percent, column 'revenue': percent is 0. Give a number"),
    ("is_in_top_percent('revenue', 101)", "is_in_top_percent, column 'revenue': percent is 101. Give a number"),
    ("is_in_top_percent('revenue', '10')", "is_in_top_percent, column 'revenue': percent is '10'. Give a"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_a_wrong_use_names_the_macro_the_column_and_what_to_do(
    duckdb_project: DbtProject, capsys: pytest.CaptureFixture[str], call: str, words: str
) -> None:
    outcome = duckdb_project.invoke("compile", "--inline", f"{{{{ hubspot_sync.{call} }}}}")
    assert not outcome.success
    said = " ".join(capsys.readouterr().out.split())
    assert words in said
    assert "Macro hubspot_sync." in said
    assert "Traceback" not in said


def test_every_condition_has_a_test_of_its_wrong_use_and_says_what_it_does() -> None:
    from tests.dbt_project import ROOT

    sources = [
        (ROOT / "macros" / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("segments", "segment_dates")
    ]
    macros = set(re.findall(r"{% macro ((?!segment_)\w+)", "".join(sources)))
    assert macros == {call.partition("(")[0] for call, _ in WRONG}
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert macros == set(re.findall(r"^\| `(\w+)\(column", reference, re.MULTILINE))
