"""Which attributes and values fit HubSpot's properties, and what of an update is left to write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.answers import definitions_of
from sync.preflight import check_mapping
from sync.properties import fault, left_to_write, payload_of, problems, with_unlisted
from sync.records import Attribute, PropertyDefinition, Reply

TEXT = PropertyDefinition(
    "tier", "string", "text", frozenset(), read_only=False, calculated=False, archived=False
)
OPTIONS = replace(TEXT, type="enumeration", field_type="select", options=frozenset({"gold", "silver"}))
SEVERAL = replace(OPTIONS, field_type="checkbox")


def mapped(kind: Any = "text") -> Attribute:
    return Attribute("Tier", "tier", kind, "set")


@pytest.mark.parametrize(
    ("kind", "definition", "words"),
    [
        ("text", None, "does not exist in HubSpot"),
        ("text", replace(TEXT, archived=True), "is archived in HubSpot"),
        ("text", replace(TEXT, read_only=True), "is read-only in HubSpot"),
        ("text", replace(TEXT, calculated=True, read_only=True), "is calculated by HubSpot"),
        ("text", replace(TEXT, type="number"), "is of type number in HubSpot, which takes no attribute of type text"),
        ("datetime", replace(TEXT, type="date"), "is of type date in HubSpot, which takes no"),
        ("multi_select", OPTIONS, "takes one choice only in HubSpot (field type select)"),
        ("text", replace(OPTIONS, options=frozenset()), "has no options in HubSpot"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping(kind: str, definition: PropertyDefinition | None, words: str) -> None:
    (problem,) = problems([mapped(kind)], {"tier": definition} if definition else {})
    assert problem.startswith(f"column Tier -> property tier: {words}")


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("text", TEXT),
        ("text", OPTIONS),
        ("number", replace(TEXT, type="number")),
        ("date", replace(TEXT, type="datetime")),
        ("boolean", replace(TEXT, type="bool")),
        ("multi_select", SEVERAL),
        # Options that HubSpot keeps elsewhere, as for owners.
        ("text", replace(OPTIONS, options=None)),
        # Of a model's own JSON nobody says the type.
        (None, replace(TEXT, type="number")),
    ],
)
def test_what_fits(kind: str | None, definition: PropertyDefinition) -> None:
    assert problems([mapped(kind)], {"tier": definition}) == []
    assert check_mapping([mapped(kind)], {"tier": definition}) is None


def test_all_problems_are_one_error() -> None:
    others = [Attribute(name, name, "text", "set") for name in ("a", "b")]
    error = check_mapping([*others, mapped()], {"tier": TEXT})
    assert error is not None
    assert error.exit_code == 2
    assert [line[:12] for line in error.sentence.splitlines()[1:]] == ["- column a -", "- column b -"]


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("number", "12.5", None),
        ("number", "1e3", None),
        ("number", "12,5", "not_a_number"),
        ("number", " 1", "not_a_number"),
        ("number", "NaN", "not_a_number"),
        ("bool", "true", None),
        ("bool", "yes", "not_a_boolean"),
        ("date", "2026-11-20", None),
        ("date", "2026-11-20T00:00:00.000Z", None),
        ("date", "1795132800000", None),
        ("date", "2026-11-20T10:00:00Z", "not_a_date"),
        ("date", "2026-02-30", "not_a_date"),
        ("date", "20.11.2026", "not_a_date"),
        ("datetime", "2026-11-20T10:00:00.123Z", None),
        ("datetime", "2026-11-20 10:00:00", "not_a_datetime"),
        ("phone_number", "+49 30 123", None),
        ("phone_number", "+49 30 123 ", "white_space"),
        ("string", " anything ", None),
        ("number", "", None),
        ("date", "", None),
    ],
)
def test_which_values_fit(kind: str, value: str, code: str | None) -> None:
    found = fault(replace(TEXT, type=kind), value)
    assert (found and found[0]) == code
    # A message goes to the ledger: it never quotes the value.
    assert not found or value.strip() not in found[1]


def test_options_must_be_hubspots() -> None:
    assert fault(OPTIONS, "gold") is None
    for definition, value in (
        (OPTIONS, "Gold"),
        (OPTIONS, "gold;silver"),
        (SEVERAL, "gold;mauve"),
        (SEVERAL, ";gold"),
    ):
        assert (fault(definition, value) or ("",))[0] == "unknown_option"
    assert fault(SEVERAL, "gold;silver") is None
    assert fault(replace(OPTIONS, options=None), "anybody") is None


MODES = {"a": "set", "b": "set_if_empty", "c": "clear_when_null"}


@pytest.mark.parametrize(
    ("payload", "present", "left"),
    [
        ({"a": "1", "b": "1", "c": "1"}, {}, {"a": "1", "b": "1", "c": "1"}),
        ({"a": "1", "b": "1", "c": "1"}, {"a": "9", "b": "9", "c": "9"}, {"a": "1", "c": "1"}),
        ({"a": "", "b": "", "c": ""}, {"a": "9", "b": "9", "c": "9"}, {"c": ""}),
        ({"unlisted": "1"}, {"unlisted": "9"}, {}),
        ({"unlisted": "1"}, {"other": "9"}, {"unlisted": "1"}),
    ],
)
def test_what_is_left_to_write(
    payload: dict[str, str], present: dict[str, str], left: dict[str, str]
) -> None:
    assert left_to_write(payload, MODES, present) == left


@pytest.mark.parametrize("name", ["email", "EMAIL", "hs_additional_emails", "hs_object_id"])
def test_what_identifies_a_contact_is_never_written(name: str) -> None:
    assert payload_of(f'{{"{name}": "x", "city": "Oslo"}}') is None
    assert with_unlisted([], [name]) == []


def test_a_name_from_a_models_own_json_is_shown_harmlessly() -> None:
    (attribute,) = with_unlisted([], ["\x1b[31mann@example.com"])
    (problem,) = problems([attribute], {})
    assert "\x1b" not in problem
    assert "ann@example.com" not in problem


def test_definitions_are_read_whatever_they_lack() -> None:
    items: list[object] = [
        {"name": "a", "type": "enumeration", "options": [{"value": "x"}, {"label": "y"}, 5]},
        {"name": "b", "externalOptions": True, "modificationMetadata": {"readOnlyValue": True}},
        {"type": "string"},
        "c",
    ]
    found = definitions_of(Reply(200, {"results": items}), archived=True)
    assert set(found) == {"a", "b"}
    assert found["a"].options == frozenset({"x"})
    assert (found["b"].options, found["b"].read_only, found["b"].archived) == (None, True, True)
    assert definitions_of(Reply(200, {})) == {}
