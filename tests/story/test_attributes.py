"""Attributes become properties of contacts, over real HTTP: each mode and format, and what does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sync.errors import SettingsError
from sync.report import as_json, as_text
from sync.results import RejectedUpdates
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host
from tests.story.test_doctor import examined, one, problems
from tests.story.test_reconcile import emails, of, people, rows, session

UPDATE = "POST /crm/v3/objects/contacts/batch/update"
READ = "POST /crm/v3/objects/contacts/batch/read"
DEFINITIONS = "GET /crm/v3/properties/contacts"
COLUMNS = ", tier text, spent double precision, ordered_at timestamp, colours text, note text"
MAPPING = [
    {"column": "tier", "property": "loyalty_tier", "mode": "set"},
    {"column": "spent", "property": "lifetime_value", "type": "number"},
    {"column": "ordered_at", "property": "last_order_date", "type": "date", "mode": "set"},
    {"column": "Colours", "type": "multi_select", "mode": "clear_when_null"},
]


@pytest.fixture(scope="module")
def mapped_hosts(
    hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Host]]:
    folder = tmp_path_factory.mktemp("mapped")
    variables = {"hubspot_audience_columns": [], "hubspot_attributes": MAPPING}
    made = {
        engine: Host(engine, folder / engine, variables, more_columns=COLUMNS)
        for engine in ("duckdb", "postgres")
    }
    yield made
    for each in made.values():
        each.close()
    # They share one server and its schemas: the other tests' host, unused here, is to build anew.
    if "postgres" in hosts:
        hosts["postgres"].damage("select 1")


@pytest.fixture(params=["duckdb", "postgres"])
def mapped(mapped_hosts: dict[str, Host], request: pytest.FixtureRequest) -> Host:
    """A host whose audience has columns that are mapped, empty, on each engine in turn."""
    mapped_hosts[request.param].reset()
    return mapped_hosts[request.param]


@pytest.fixture
def coloured(hubspot: EmulatorProcess) -> EmulatorProcess:
    """A HubSpot that has a property of checkboxes."""
    define(hubspot, "colours", "enumeration", "checkbox", "red", "blue")
    return hubspot


def define(hubspot: EmulatorProcess, name: str, kind: str, field_type: str, *options: str) -> None:
    body = {
        "name": name,
        "label": name,
        "type": kind,
        "fieldType": field_type,
        "groupName": "contactinformation",
        "options": [{"label": each, "value": each} for each in options],
    }
    answer = session(hubspot).post(f"{hubspot.url}/crm/v3/properties/contacts", json=body, timeout=10)
    assert answer.status_code == 201, answer.text


def want(host: Host, *wanted: dict[str, Any]) -> None:
    """What the team wants on the list VIP: `name`, and any of the columns."""
    host.query("delete from team.raw_wanted")
    for each in wanted:
        values = {
            "list_name": VIP,
            "customer_id": each["name"],
            "email": f"{each['name']}@example.com",
            **each,
        }
        del values["name"]
        marks = ", ".join(["?"] * len(values))
        host.query(
            f"insert into team.raw_wanted ({', '.join(values)}) values ({marks})", list(values.values())
        )


def values(hubspot: EmulatorProcess, contact_id: str, *names: str) -> list[str | None]:
    url = f"{hubspot.url}/crm/v3/objects/contacts/{contact_id}"
    found = session(hubspot).get(url, params={"properties": ",".join(names)}, timeout=10).json()["properties"]
    return [found[name] for name in names]


def requests_of(hubspot: EmulatorProcess, route: str, after: int = 0) -> int:
    return sum(each["route"] == route for each in hubspot.requests(after=after))


ALL = ("loyalty_tier", "lifetime_value", "last_order_date", "colours")


def test_each_mode_and_format(mapped: Host, coloured: EmulatorProcess) -> None:
    ann, bob = coloured.contacts(
        [
            {"email": "ann@example.com"},
            {"email": "bob@example.com", "loyalty_tier": "old", "lifetime_value": "5", "colours": "red"},
        ]
    )
    given = {"tier": "gold", "spent": 12.5, "ordered_at": "2026-11-20 23:30:00", "colours": "red;blue"}
    want(mapped, {"name": "ann", **given}, {"name": "bob", **given})
    assert of(mapped.run(coloured), VIP).outcomes == {"add": {"applied": 2}, "update": {"applied": 2}}
    assert values(coloured, ann, *ALL) == ["gold", "12.5", "2026-11-20", "red;blue"]
    assert values(coloured, bob, *ALL) == ["gold", "5", "2026-11-20", "red;blue"]
    # Without values the one property is emptied, and the others are left.
    want(mapped, {"name": "ann"}, {"name": "bob", **given})
    before = len(coloured.requests())
    assert of(mapped.run(coloured), VIP).outcomes == {"update": {"applied": 1}}
    assert values(coloured, ann, *ALL) == ["gold", "12.5", "2026-11-20", None]
    # What overwrites needs no look at what is there.
    assert requests_of(coloured, READ, before) == 0


def test_other_columns_and_a_second_run_send_nothing(mapped: Host, coloured: EmulatorProcess) -> None:
    coloured.contacts(people("ann"))
    want(mapped, {"name": "ann", "tier": "gold", "spent": 1e20, "note": "a"})
    mapped.run(coloured)
    want(mapped, {"name": "ann", "tier": "gold", "spent": 1e20, "note": "b"})
    before = len(coloured.requests())
    assert mapped.run(coloured).contact_requests == 0
    assert requests_of(coloured, DEFINITIONS, before) == 0


def test_a_value_that_does_not_fit_costs_only_its_rows_update(
    mapped: Host, coloured: EmulatorProcess
) -> None:
    ann, bob = coloured.contacts(people("ann", "bob"))
    want(
        mapped,
        {"name": "ann", "tier": "gold", "colours": "red;mauve"},
        {"name": "bob", "tier": "gold", "colours": "red"},
    )
    report = mapped.run(coloured)
    assert coloured.members(coloured.list_id(VIP)) == emails("ann", "bob")
    assert of(report, VIP).outcomes == {"add": {"applied": 2}, "update": {"applied": 1, "rejected": 1}}
    assert values(coloured, ann, *ALL) == [None] * 4
    assert values(coloured, bob, "loyalty_tier", "colours") == ["gold", "red"]
    # It is told by column and property, also by the next run, which does not send it again.
    for told in (report, mapped.run(coloured)):
        assert told.rejected_updates == (RejectedUpdates(VIP, "unknown_option", "Colours", "colours", 1),)
        assert "1  unknown_option     column Colours -> property colours" in as_text(told)
        assert json.loads(as_json(told))["rejected_updates"][0]["property"] == "colours"
    columns = "list_name, customer_id, wire_email, contact_id, column_name, property_name, code, is_current"
    rejected = f"select {columns} from {{models}}.hubspot_rejected_updates"
    row = (VIP, "ann", "ann@example.com", ann, "Colours", "colours", "unknown_option")
    assert mapped.state(rejected) == [(*row, 1)]
    ((message, properties, late),) = mapped.state(
        "select message, properties, rejected_at >= since from {models}.hubspot_rejected_updates"
    )
    assert message == (
        "column Colours -> property colours: the value is none of the property's options in HubSpot"
    )
    assert json.loads(properties)["colours"] == "red;mauve"
    assert late
    want(mapped, {"name": "ann", "colours": "blue"}, {"name": "bob", "tier": "gold", "colours": "red"})
    assert mapped.run(coloured).rejected_updates == ()
    assert values(coloured, ann, "colours") == ["blue"]
    assert mapped.state(rejected) == [(*row, 0)]


def test_a_mapping_that_hubspot_cannot_take_sends_nothing(mapped: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    want(mapped, {"name": "ann", "tier": "gold"})
    words = r"- column Colours -> property colours: does not exist in HubSpot\n"
    report, error = mapped.run_to_end(hubspot, sends=False)
    assert of(report, VIP).plan.update == 1
    assert isinstance(error, SettingsError)
    with pytest.raises(SettingsError, match=words):
        mapped.run(hubspot)
    assert hubspot.state()["lists"] == []
    assert requests_of(hubspot, UPDATE) == 0
    findings = examined(mapped, hubspot)
    assert problems(findings) == ["properties"]
    assert one(findings, "properties").sentence == f"{words[2:-2]}."
    # Once HubSpot has it, the next run does all of it.
    define(hubspot, "colours", "enumeration", "checkbox", "red")
    assert of(mapped.run(hubspot), VIP).outcomes == {"add": {"applied": 1}, "update": {"applied": 1}}
    assert "each of 4 mapped attributes" in one(examined(mapped, hubspot), "properties").sentence


def test_a_property_of_another_kind_is_a_problem_of_the_mapping(
    mapped: Host, hubspot: EmulatorProcess
) -> None:
    define(hubspot, "colours", "enumeration", "select", "red")
    hubspot.contacts(people("ann"))
    want(mapped, {"name": "ann", "tier": "gold"})
    with pytest.raises(SettingsError, match="takes one choice only in HubSpot"):
        mapped.run(hubspot)


class TestPropertiesOfTheModelsOwn:
    """A column of JSON: what nothing is said of respects what HubSpot has."""

    def test_what_hubspot_has_stays_and_nothing_is_sent(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        ann, bob = hubspot.contacts([{"email": "ann@example.com", "city": "Rome"}, *people("bob")])
        own = '{"city": "Oslo"}'
        duckdb_host.wanted(*((*row, own) for row in rows(VIP, "ann", "bob")))
        outcomes = of(duckdb_host.run(hubspot), VIP).outcomes
        assert outcomes == {"add": {"applied": 2}, "update": {"applied": 1, "already_so": 1}}
        assert values(hubspot, ann, "city") == ["Rome"]
        assert values(hubspot, bob, "city") == ["Oslo"]
        before = len(hubspot.requests())
        duckdb_host.wanted((VIP, "ann", "ann@example.com", '{"city": "Kyiv"}'))
        assert of(duckdb_host.run(hubspot), VIP).outcomes["update"] == {"already_so": 1}
        assert requests_of(hubspot, UPDATE, before) == 0

    def test_every_property_that_cannot_be_written_is_named_at_once(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        hubspot.contacts(people("ann", "bob"))
        duckdb_host.wanted(
            (VIP, "ann", "ann@example.com", '{"loyalty_tierr": "gold", "createdate": "2026-11-20"}'),
            (VIP, "bob", "bob@example.com", '{"days_to_close": "5", "city": "Oslo"}'),
        )
        with pytest.raises(SettingsError) as error:
            duckdb_host.run(hubspot)
        assert error.value.sentence.splitlines()[1:] == [
            "- column properties -> property createdate: is read-only in HubSpot",
            "- column properties -> property days_to_close: is calculated by HubSpot and cannot be written",
            "- column properties -> property loyalty_tierr: does not exist in HubSpot",
        ]
        assert hubspot.state()["lists"] == []

    def test_the_command_ends_with_exit_code_2(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        hubspot.contacts(people("ann"))
        duckdb_host.wanted((VIP, "ann", "ann@example.com", '{"loyalty_tierr": "gold"}'))
        done = duckdb_host.command("run", hubspot=hubspot)
        assert done.returncode == 2
        assert "property loyalty_tierr: does not exist in HubSpot" in done.stderr
        assert "Traceback" not in done.stderr


def test_without_updates_hubspot_is_not_asked_for_its_properties(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    duckdb_host.run(hubspot)
    assert requests_of(hubspot, DEFINITIONS) == 0


def test_a_run_asks_for_the_properties_once(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    names = [f"p{number}" for number in range(230)]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*((*row, '{"city": "Oslo"}') for row in rows(VIP, *names)))
    duckdb_host.run(hubspot)
    assert requests_of(hubspot, DEFINITIONS) == 1
    # By a hundred: the addresses, then what the contacts have.
    assert requests_of(hubspot, READ) == 3 + 3
    assert requests_of(hubspot, UPDATE) == 3
