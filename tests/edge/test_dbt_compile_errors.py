"""A wrong setting is a compile error in one sentence that says where and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_project import DbtProject


class Compiler:
    """Compiles a piece of Jinja under some vars and says what dbt printed."""

    def __init__(self, project: DbtProject, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = project
        self.capsys = capsys

    def refusal(self, jinja: str, **variables: Any) -> str:
        """The message of a compile error that must come."""
        outcome = self.project.invoke("compile", "--inline", jinja, variables=variables)
        assert not outcome.success
        return self.capsys.readouterr().out


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    """One project: nothing is built, and its cached manifest spares a parse for each case."""
    return DbtProject("duckdb", tmp_path_factory.mktemp("project"))


@pytest.fixture
def compiler(project: DbtProject, capsys: pytest.CaptureFixture[str]) -> Compiler:
    """A compiler of that project."""
    return Compiler(project, capsys)


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ("Lapsed customers", "Var hubspot_lists is not a list. Write it as"),
        ({"name": "A"}, "Var hubspot_lists is not a list. Write it as"),
        (["A"], "entry 1 (A): it is not a mapping. Write it as {name: Lapsed customers}."),
        ([{"name": "A"}, {"ownership": "mirror"}], "entry 2 ({'ownership': 'mirror'}): it has no name. Give it"),
        ([{"name": " "}], "entry 1 ({'name': ' '}): it has no name. Give it"),
        ([{"name": 7}], "entry 1 ({'name': 7}): it has no name. Give it"),
        ([{"name": "A", "owner": "me"}], "key 'owner' is unknown. Use name, ownership, max_members."),
        ([{"name": "A", "ownership": "ours"}], "ownership 'ours' is unknown. Use managed or mirror."),
        ([{"name": "A"}, {"name": "a"}], "entry 2 ({'name': 'a'}): the name 'a' is declared twice"),
        ([{"name": "A", "max_members": 0}], "max_members '0' is not a whole number above 0. Correct it"),
        ([{"name": "A", "max_members": True}], "max_members 'True' is not a whole number above 0."),
        ([{"name": "A", "max_members": "many"}], "max_members 'many' is not a whole number above 0."),
    ],
)  # fmt: skip
def test_a_list_that_is_declared_wrongly_is_named(compiler: Compiler, lists: Any, words: str) -> None:
    assert words in compiler.refusal("{{ hubspot_sync.hubspot_list_declarations() }}", hubspot_lists=lists)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ("tier", ["Var hubspot_attributes is not a list. Write it as"]),
        (["tier"], ["entry 1 (tier), it is not a mapping. Write it as {column: loyalty_tier}."]),
        ([{"type": "date"}], ["key 'column': it is missing. Name the column"]),
        ([{"column": "Loyalty Tier"}], ["key 'column': 'Loyalty Tier' is no plain column name."]),
        ([{"column": "tier", "colour": "red"}], ["'colour': it is unknown. Use column, property, type, mode, source."]),
        ([{"column": "tier", "type": "txt"}], ["key 'type': 'txt' is unknown. Use text, number, date, datetime,"]),
        ([{"column": "tier", "mode": "always"}], ["'always' is unknown. Use set, set_if_empty, clear_when_null."]),
        ([{"column": "tier", "property": "Loyalty Tier"}], ["Write the internal name, perhaps loyalty_tier."]),
        ([{"column": "tier", "property": 7}], ["key 'property': '7' is no text."]),
        (
            [{"column": "Tier"}, {"column": "rank", "property": "tier"}],
            ["entry 2 ({'column': 'rank', 'property': 'tier'}), key 'property': tier has an earlier entry"],
        ),
        ([{"column": "a", "source": "no model"}], ["key 'source': 'no model' is no model. Name one with a row for"]),
        ([{"column": "Email"}], ["key 'property': email identifies the contact and is never written."]),
        ([{"column": "a", "property": "hs_additional_emails"}], ["hs_additional_emails identifies the contact"]),
        ([{"column": "a", "property": "hs_object_id"}], ["hs_object_id identifies the contact"]),
        (
            [{"column": "a", "mode": "x", "type": "y"}, {"column": "ok"}, {"colum": "b"}],
            ["entry 1 (", "key 'mode': 'x'", "key 'type': 'y'", "entry 3 ({'colum': 'b'}), key 'colum'", "entry 3"],
        ),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_with_attributes_is_named_at_once(
    compiler: Compiler, attributes: Any, words: list[str]
) -> None:
    said = compiler.refusal("{{ hubspot_sync.hubspot_attributes() }}", hubspot_attributes=attributes)
    for each in words:
        assert each in said


def test_wrong_attributes_stop_the_project_from_parsing(tmp_path: Path) -> None:
    variables = {"hubspot_attributes": [{"column": "tier", "mode": "always"}]}
    outcome = DbtProject("duckdb", tmp_path, variables=variables).parse()
    words = "Var hubspot_attributes: entry 1 ({'column': 'tier', 'mode': 'always'}), key 'mode': 'always' is unknown."
    assert words in str(outcome.exception)


def test_an_attribute_is_a_text_and_respects_what_hubspot_has_unless_it_says_otherwise(
    project: DbtProject,
) -> None:
    given = [{"column": "Loyalty_Tier"}, {"column": "a", "property": "b", "type": "date", "mode": "set"}]
    inline = "select '{{ hubspot_sync.hubspot_attributes() | map('dictsort') | list | tojson }}'"
    result: Any = project.run("compile", "--inline", inline, variables={"hubspot_attributes": given}).result
    entries = [dict(each) for each in json.loads(result.results[0].node.compiled_code.split("'")[1])]
    both = {"source": "merged_customers", "is_default": True}
    assert entries == [
        {
            "column": "Loyalty_Tier",
            "property": "loyalty_tier",
            "type": "text",
            "mode": "set_if_empty",
            **both,
        },
        {"column": "a", "property": "b", "type": "date", "mode": "set", **both},
    ]


@pytest.mark.parametrize("flags", ["bounced", None, 5, ["bounced", "unsubscribed"]])
def test_flags_that_nobody_knows_are_refused(compiler: Compiler, flags: Any) -> None:
    words = f"Var hubspot_exclude is {flags}. Use a list of: bounced, opted_out."
    assert words in compiler.refusal("{{ hubspot_sync.hubspot_excluded_flags() }}", hubspot_exclude=flags)


@pytest.mark.parametrize("name", [None, "", " ", 7, ["a"]])
def test_the_states_schema_has_a_name(compiler: Compiler, name: Any) -> None:
    refusal = compiler.refusal("select '{{ hubspot_sync.hubspot_state_schema() }}'", hubspot_sync_schema=name)
    assert "Var hubspot_sync_schema is" in refusal
    assert "it must be the name of a schema" in refusal


def test_a_wrong_list_stops_the_project_from_parsing(tmp_path: Path) -> None:
    outcome = DbtProject("duckdb", tmp_path, variables={"hubspot_lists": [{"name": ""}]}).parse()
    assert "Var hubspot_lists, entry 1 ({'name': ''}): it has no name." in str(outcome.exception)


def test_a_list_is_managed_and_unlimited_unless_it_says_otherwise(project: DbtProject) -> None:
    lists = [{"name": "It's \\ new"}, {"name": "VIP", "ownership": "mirror", "max_members": 5}]
    project.run("run", "--select", "hubspot_audience_lists", variables={"hubspot_lists": lists})
    rows = project.query("select list_name, ownership, max_members from hubspot_audience_lists")
    assert sorted(rows) == [("It's \\ new", "managed", None), ("VIP", "mirror", 5)]


def test_no_list_at_all_is_an_empty_model(project: DbtProject) -> None:
    project.run("run", "--select", "hubspot_audience_lists", variables={"hubspot_lists": []})
    assert project.query("select * from hubspot_audience_lists") == []


def test_an_unknown_audience_column_is_named(tmp_path: Path) -> None:
    columns = ["campaign", "campain"]
    outcome = DbtProject("duckdb", tmp_path, variables={"hubspot_audience_columns": columns}).parse()
    words = "Var hubspot_audience_columns names campain. Use only campaign, sub_audience, treatment,"
    assert words in str(outcome.exception)


@pytest.mark.parametrize("variables", [{"hubspot_demo": False}, {"hubspot_campaigns": []}])
def test_without_campaigns_an_audience_must_be_named(tmp_path: Path, variables: dict[str, Any]) -> None:
    outcome = DbtProject("duckdb", tmp_path, variables=variables).parse()
    words = (
        "Nothing says who is wanted on the lists. Name your campaigns in var hubspot_campaigns, or a model with "
        "list_name, customer_id and email in var hubspot_audience_source."
    )
    assert words in str(outcome.exception)


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-01T00:00:00Z", "2026-11-01 00:00:00+02"])
def test_as_of_is_a_utc_time(compiler: Compiler, moment: str) -> None:
    words = f"Var as_of is '{moment}'. Write a UTC time as 'YYYY-MM-DD HH:MM:SS'."
    assert words in compiler.refusal("select {{ hubspot_sync.as_of() }}", as_of=moment)


def test_attributes_that_become_one_property_are_both_named(compiler: Compiler) -> None:
    call = "{{ hubspot_sync.hubspot_properties({'Größe': 'a', 'city': 'b', 'gr__e': 'c'}) }}"
    words = "Attributes 'Größe' and 'gr__e' both become HubSpot's property gr__e. Rename one of them."
    assert words in compiler.refusal(call)


def test_an_attribute_never_overwrites_what_identifies_a_contact(compiler: Compiler) -> None:
    words = "Attribute 'Email' would be written to HubSpot's property email, which identifies the contact."
    assert words in compiler.refusal("{{ hubspot_sync.hubspot_property_names(['Email']) }}")


def source(**given: Any) -> list[dict[str, Any]]:
    """A description of one good source, with these keys in place of its own."""
    return [{"name": "crm", "relation": "contacts", "columns": {"id": "record_id"}, **given}]


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ("crm", "Var hubspot_customer_sources is not a list. Write it as"),
        ([], "Var hubspot_customer_sources names no source. Describe at least one"),
        (["crm"], "source 'crm' (entry 1), which is not a mapping. Write it as"),
        (source(name="CRM 1"), "source 'CRM 1' (entry 1), key 'name' is not a short name. Use lower-case"),
        (source() * 2, "source 'crm' (entry 2), key 'name' is used twice. Give each source its own."),
        (source(relation=None), "source 'crm' (entry 1), key 'relation' is missing. Name a model"),
        (source(table="a"), "source 'crm' (entry 1), key 'table' is unknown. Use name, relation, columns,"),
        (source(priority=0), "source 'crm' (entry 1), key 'priority' is '0'. Give a whole number above 0"),
        (source(brand=7), "source 'crm' (entry 1), key 'brand' is not a text."),
        (source(columns=["id"]), "source 'crm' (entry 1), key 'columns' is missing. Say what each column holds"),
        (source(columns={"mail": "email"}), "key 'columns': no column is record_id. Say which one it is"),
        (source(columns={"id": "record_id", "m": "mail"}), "column 'm': nothing is known of 'mail'. Use one of"),
        (source(columns={"id": "record_id", "a": "email", "b": "email"}), "columns 'a' and 'b' are both email."),
        (source(columns={"id": ["record_id", 5]}), "column 'id': nothing is known of '5'. Use one of"),
    ],
)  # fmt: skip
def test_a_source_that_is_described_wrongly_is_named(compiler: Compiler, sources: Any, words: str) -> None:
    jinja = "{{ hubspot_sync.hubspot_customer_sources() }}"
    assert words in compiler.refusal(jinja, hubspot_customer_sources=sources)


def test_orders_belong_to_a_source_of_customers(compiler: Compiler) -> None:
    columns = {"id": "record_id", "at": "ordered_at", "total": "amount"}
    orders = [{"name": "web", "relation": "orders", "columns": columns}]
    words = "Var hubspot_order_sources, source 'web', key 'name': no customer source has that name. Use one of shop,"
    assert words in compiler.refusal(
        "{{ hubspot_sync.hubspot_order_sources() }}", hubspot_order_sources=orders
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("email", "Var hubspot_match_keys is not a list of keys. Write it as"),
        (
            ["email", ["phone", "town"]],
            "Var hubspot_match_keys, entry 2: nothing is known of 'town'. Use email,",
        ),
    ],
)
def test_a_match_key_is_made_of_known_parts(compiler: Compiler, keys: Any, words: str) -> None:
    assert words in compiler.refusal("{{ hubspot_sync.hubspot_match_keys() }}", hubspot_match_keys=keys)


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ("segment_new", "Var hubspot_segments is not a list. Write it as [segment_lapsed_customers, …]."),
        ({"segment_new": 1}, "Var hubspot_segments is not a list. Write it as"),
        (None, "Var hubspot_segments is not a list. Write it as"),
        (
            ["a", {"name": "b"}],
            "Var hubspot_segments, entry 2 ({'name': 'b'}): it is no name of a model. Write it",
        ),
        (
            ["New customers"],
            "Var hubspot_segments, entry 1 (New customers): it is no name of a model. Write it as",
        ),
        (
            ["a", "b", "a"],
            "Var hubspot_segments, entry 3 (a): the model is named twice. Remove one of the two.",
        ),
    ],
)
def test_a_segment_is_the_name_of_a_model(compiler: Compiler, segments: Any, words: str) -> None:
    assert words in compiler.refusal("{{ hubspot_sync.hubspot_segments() }}", hubspot_segments=segments)


def test_segments_without_customers_are_told_what_is_missing(compiler: Compiler) -> None:
    words = "Describe your sources in var hubspot_customer_sources, or leave hubspot_segments out."
    jinja = "{{ hubspot_sync.hubspot_segments() }}"
    assert words in compiler.refusal(jinja, hubspot_segments=["mine"], hubspot_demo=False)
