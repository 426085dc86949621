"""A team's own sources: read as they are described, and customers keep their ids from build to build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dbt_project import Target
from tests.own_sources import OwnSources


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OwnSources:
    """A project of each engine in turn."""
    target: Target = request.param
    project = OwnSources(target, tmp_path_factory.mktemp(target))
    project.run("seed", "--select", "placeholder_keys", "given_name_forms")
    project.build()
    return project


@pytest.fixture
def own(warehouse: OwnSources) -> Iterator[OwnSources]:
    """That project without records, and without memory of those of another test."""
    yield warehouse
    for table in ("north", "south", "customer_id_history"):
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
    assert sorted(nodes) == ["source:hubspot_sync.raw.north", "source:hubspot_sync.raw.south"]


def test_a_column_that_is_not_there_is_named(own: OwnSources, capsys: pytest.CaptureFixture[str]) -> None:
    own.query("alter table south rename column mail to email")
    outcome = own.invoke("run", "--select", "int_customer_records")
    own.query("alter table south rename column email to mail")
    assert not outcome.success
    words = (
        "Var hubspot_customer_sources, source 'south', column 'mail' (email): raw.south has no such column."
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
