"""A team's own sources: read as they are described, and customers keep their ids from build to build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg2
import pytest

from tests.dbt_project import Target
from tests.own_sources import OwnSources


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OwnSources:
    """A project of each engine in turn."""
    target: Target = request.param
    lists = {"hubspot_placeholder_keys": "raw.placeholders", "hubspot_given_name_forms": "raw.forms"}
    project = OwnSources(target, tmp_path_factory.mktemp(target), **lists)
    project.run("seed", "--select", "placeholder_keys", "given_name_forms")
    project.build()
    return project


@pytest.fixture
def own(warehouse: OwnSources) -> Iterator[OwnSources]:
    """That project without records, and without memory of those of another test."""
    yield warehouse
    for table in ("north", "south", "placeholders", "forms", "customer_id_history"):
        warehouse.query(f"delete from {table}")


def test_empty_sources_make_no_customers(own: OwnSources) -> None:
    assert own.query("select * from merged_customers") == []


def test_records_are_read_as_described(own: OwnSources) -> None:
    own.add(
        "north", id=" 1 ", mail="Lena@example.com", first="Lena", last="Muster", born="31.12.1980", zip=""
    )
    own.add("south", id="7", mail="lena@example.com ", last="Muster, Lena", born="not described")
    own.build()
    rows = own.query(
        "select record_id, brand, customer_key, given_name, surname, birthdate, postal_code "
        "from int_customer_records order by record_id"
    )
    assert rows == [
        ("north:1", None, None, "Lena", "Muster", None, None),
        ("south:7", "South & Sons", "7", "Lena", "Muster", None, None),
    ]
    merged = own.query("select customer_id, email_source, name_source, sources, brands from merged_customers")
    assert merged == [("north:1", "north", "north", "north, south", "South & Sons")]


def test_the_sources_are_in_the_lineage(own: OwnSources) -> None:
    nodes: Any = own.run("ls", "--select", "+int_customer_records", "--resource-type", "source").result
    assert sorted(nodes) == [f"source:hubspot_sync.raw.{name}" for name in ("forms", "north", "south")]


def test_a_column_that_is_not_there_is_named(own: OwnSources, capsys: pytest.CaptureFixture[str]) -> None:
    own.query("alter table south rename column mail to email")
    outcome = own.invoke("run", "--select", "int_customer_records")
    own.query("alter table south rename column email to mail")
    assert not outcome.success
    words = (
        "Var hubspot_customer_sources, source 'south', column 'mail' (email): raw.south has no such column."
    )
    assert words in capsys.readouterr().out


def test_text_that_is_no_time_is_named_with_its_source_and_column(
    own: OwnSources, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, since in enumerate(["2020-01-31", "2020-01-31 10:00:00", "2020-01-31T10:00:00Z", " ", ""]):
        own.add("north", id=str(number), since=since)
    own.build()
    dates = [
        day for (day,) in own.query("select cast(created_at as date) from int_customer_records order by 1")
    ]
    assert [str(day) for day in dates] == ["2020-01-31"] * 3 + ["None"] * 2
    own.add("north", id="5", since="31.01.2020")
    outcome = own.invoke("run", "--select", "int_customer_records")
    words = (
        "Var hubspot_customer_sources, source 'north', column 'since' (created_at): "
        "'31.01.2020' is no time in UTC as 2026-11-20 23:30:00. Cast it in a staging model."
    )
    assert not outcome.success
    assert words in capsys.readouterr().out


def test_text_that_is_no_number_is_named(own: OwnSources) -> None:
    sql = own.compiled(
        "select {{ hubspot_sync.hubspot_read_text('total', 'numeric', dbt.type_numeric(), 'Source till') }} from orders"
    )
    read = "with orders as (select * from (values {}) as listed(total)) "
    good = own.query(read.format("('12.50'), (' -3 '), ('.5'), (' ')") + sql)
    assert [None if total is None else float(total) for (total,) in good] == [12.5, -3.0, 0.5, None]
    with pytest.raises((duckdb.Error, psycopg2.Error), match="Source till: '1,50' is no number"):
        own.query(read.format("('1,50')") + sql)


def test_the_warehouse_warns_of_record_ids_that_are_addresses(own: OwnSources) -> None:
    def status() -> list[str]:
        results: Any = own.run("test", "--select", "assert_record_ids_are_no_addresses").result
        return [str(each.status) for each in results if each.node.resource_type == "test"]

    own.add("north", id="1", mail="lena@example.com")
    own.build()
    assert status() == ["pass"]
    own.add("north", id="lena@example.com")
    own.build()
    assert status() == ["warn"]


def test_values_of_the_teams_own_link_nobody(own: OwnSources) -> None:
    placeholders = {"email": "<Reception@Example.COM>", "phone": "0043 1 5550100", "birthdate": "1970-01-01"}
    for kind, value in placeholders.items():
        own.query("insert into placeholders values (?, ?)", [kind, value])
    for number, mail in enumerate(
        ["reception@example.com", "Reception@example.com", "test@test.com", "test@test.com"]
    ):
        own.add("north", id=str(number), mail=mail)
    for number in (4, 5):
        own.add("north", id=str(number), phone="+43 1 555 0100", first="Lena", last="Muster")
    for number in (6, 7):
        own.add("north", id=str(number), first="Max", last="Muster", born="1970-01-01", zip="1010")
    own.build()
    assert len(set(own.customers().values())) == 8
    own.query("delete from placeholders")
    own.build()
    assert len(set(own.customers().values())) == 5  # the package's placeholder still links nobody


def test_a_kind_of_value_that_nobody_knows_is_refused(own: OwnSources) -> None:
    own.query("insert into placeholders values ('mail', 'x@example.com')")
    outcome: Any = own.invoke("test", "--select", "int_placeholder_keys")
    failed = [each.node.name for each in outcome.result.results if each.status == "fail"]
    assert [name.split("__")[0] for name in failed] == ["accepted_values_int_placeholder_keys_key_type"]


def test_short_forms_of_the_teams_own_are_known(own: OwnSources) -> None:
    for number, first in enumerate(["Xaverl", "Xaver", "Bill", "William"]):
        own.add("north", id=str(number), mail=f"{number // 2}@example.com", first=first, last="Muster")
    own.query(
        "insert into forms values ('Xaverl', 'Franz-Xaver'), ('Bill', 'Wilbert'), ('Bill', 'Wilbert'), (null, 'x')"
    )
    own.build()
    known = own.query("select given_name_key from int_customer_records order by record_id")
    assert known == [("franzxaver",), ("xaver",), ("wilbert",), ("wilhelm",)]


def test_a_list_of_the_teams_own_has_its_columns(own: OwnSources, capsys: pytest.CaptureFixture[str]) -> None:
    own.query("alter table forms rename column form to short")
    outcome = own.invoke("run", "--select", "int_given_name_forms")
    own.query("alter table forms rename column short to form")
    assert not outcome.success
    words = (
        "Var hubspot_given_name_forms, column 'form': raw.forms has no such column. It has short, given_name."
    )
    assert words in capsys.readouterr().out


def test_an_id_stays_when_records_join_merge_split_and_come_back(own: OwnSources) -> None:
    own.add("north", id="b", mail="b@example.com", since="2021-01-01 00:00:00")
    own.add("north", id="c", mail="c@example.com", since="2022-01-01 00:00:00")
    own.build()
    own.add("north", id="a", mail="b@example.com", since="2019-01-01 00:00:00")
    own.add("north", id="d", mail="d@example.com", since="2015-01-01 00:00:00")
    own.build("--full-refresh")
    ids = {"north:a": "north:b", "north:b": "north:b", "north:c": "north:c", "north:d": "north:d"}
    assert own.customers() == ids  # an older record joined, and all models were built anew
    own.query("update north set card = '77' where id in ('b', 'c', 'd')")
    own.build()
    assert own.customers() == {
        **ids,
        "north:c": "north:b",
        "north:d": "north:b",
    }  # d is older, b is known for longer
    aliases = "select alias_id, customer_id from customer_aliases order by alias_id"
    assert own.query(aliases) == [("north:c", "north:b"), ("north:d", "north:b")]
    own.query("update north set card = null where id = 'c'")
    own.query("update north set mail = 'other@example.com' where id = 'a'")
    own.build()
    # The oldest record takes the id along, c is itself again, and b, whose name is taken, gets a new one.
    assert own.customers() == {
        "north:a": "north:a",
        "north:b": "north:b",
        "north:c": "north:c",
        "north:d": "north:b",
    }
    assert own.query(aliases) == [("north:d", "north:b")]
    own.query("update north set card = null where id = 'd'")
    own.build()
    assert own.customers()["north:d"] == "north:b"
    assert own.customers()["north:b"] == "north:b~5"


def test_ids_of_others_stay_when_new_records_arrive(own: OwnSources) -> None:
    own.query(
        "insert into north (id, mail, since) "
        "select cast(n as varchar), 'p' || (n % 400) || '@example.com', '2020-01-01' "
        "from generate_series(1, 600) as numbers(n)"
    )
    own.build()
    before = own.customers()
    own.query(
        "insert into north (id, mail, since) "
        "select 'new' || n, 'p' || (n * 9) || '@example.com', '2010-01-01' from generate_series(1, 60) as numbers(n)"
    )
    own.build()
    after = own.customers()
    assert len(after) == 660
    assert {record: after[record] for record in before} == before
    ((rows,),) = own.query("select count(*) from customer_id_history where build_no = 2")
    assert rows == 60
    own.build("--full-refresh")
    assert own.customers() == after


def test_a_shared_value_merges_no_crowd_and_is_told(own: OwnSources) -> None:
    for number in range(12):
        name = {"first": f"Given{number}", "last": "Muster"}
        own.add("north", id=str(number), mail="Test@Test.com", phone="+43 1 5550100", **name)
    own.add("north", id="x", mail="home@example.com", first="Anna", last="Muster")
    own.add("south", id="y", mail="home@example.com", last="Bob Muster")
    own.build()
    assert len(set(own.customers().values())) == 14
    own.run("run", "--select", "int_blocked_keys")
    blocked = own.query(
        "select key_value, no_link_reason from int_blocked_keys where key_type in ('email', 'phone_surname')"
    )
    assert sorted(blocked) == [
        ("+4315550100 muster", "too_many_records"),
        ("home@example.com", "several_people"),
        ("test@test.com", "placeholder"),
    ]
