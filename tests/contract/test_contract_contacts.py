"""What any HubSpot answers about contacts, their properties and the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.portal import CONTACTS, NOBODY, Portal

Record = Callable[[str, object], None]


def refused(answer: Any, status: int, category: str) -> dict[str, Any]:
    """The body of a refusal."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["category"] == category
    assert body["message"]
    return body


def test_the_account_tells_its_number_its_type_and_its_zone(portal: Portal) -> None:
    body = portal.call("GET", "/account-info/v3/details").json()
    assert isinstance(body["portalId"], int)
    assert body["accountType"] in ("SANDBOX", "DEVELOPER_TEST")
    assert body["timeZone"]


def test_a_contact_is_found_by_its_address_in_any_case_and_by_its_id(portal: Portal) -> None:
    ann = portal.contact("ann", city="Lyon")
    address = portal.address("ann")
    for key in (address, address.upper()):
        body = portal.shows(lambda key=key: portal.read([key], "city"), lambda body: body["results"])  # type: ignore[misc]
        assert [(each["id"], each["properties"]["city"]) for each in body["results"]] == [(ann, "Lyon")]
    (record,) = portal.read([ann], by_address=False).json()["results"]
    assert record["properties"]["email"] == address
    assert record["properties"]["hs_object_id"] == ann


def test_who_is_not_there_is_named_as_sent_in_a_207(portal: Portal) -> None:
    for key, by_address in ((portal.address("nobody"), True), (NOBODY, False)):
        answer = portal.read([key], by_address=by_address)
        assert answer.status_code == 207
        (fault,) = answer.json()["errors"]
        assert (fault["category"], fault["context"]["ids"]) == ("OBJECT_NOT_FOUND", [key])


def test_a_secondary_address_leads_to_its_contact(portal: Portal) -> None:
    ann, old = portal.contact("ann"), portal.contact("ann.old")
    merged = portal.call("POST", f"{CONTACTS}/merge", {"primaryObjectId": ann, "objectIdToMerge": old})
    assert merged.status_code == 200, merged.text
    main, secondary = portal.address("ann"), portal.address("ann.old")

    def both_lead_to_one(body: Any) -> bool:
        return [each["properties"]["email"] for each in body["results"]] == [main] and not body.get("errors")

    body = portal.shows(lambda: portal.read([main, secondary], "hs_additional_emails"), both_lead_to_one)
    assert secondary in body["results"][0]["properties"]["hs_additional_emails"]


def test_an_update_by_id_sets_and_an_empty_text_clears(portal: Portal) -> None:
    ann = portal.contact("ann", city="Lyon")
    for sent, shown in (("Metz", ("Metz",)), ("", ("", None))):
        answer = portal.update((ann, {"city": sent}))
        assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETE")
        portal.shows(
            lambda: portal.read([ann], "city", by_address=False),
            lambda body, shown=shown: body["results"][0]["properties"]["city"] in shown,  # type: ignore[misc]
        )


def test_an_update_of_nobody_beside_somebody_is_a_207(portal: Portal) -> None:
    ann = portal.contact("ann")
    answer = portal.update((ann, {"city": "Lyon"}), (NOBODY, {"city": "Lyon"}))
    assert answer.status_code == 207
    assert [each["id"] for each in answer.json()["results"]] == [ann]
    assert answer.json()["errors"][0]["context"]["ids"] == [NOBODY]


def test_an_id_named_twice_refuses_the_whole_update(portal: Portal) -> None:
    ann, bob = portal.contact("ann"), portal.contact("bob")
    body = refused(portal.update((ann, {}), (bob, {}), (ann, {})), 400, "VALIDATION_ERROR")
    assert body["context"]["ids"] == [ann]


def test_an_unknown_property_refuses_the_whole_update_and_is_named(portal: Portal) -> None:
    ann, bob = portal.contact("ann"), portal.contact("bob")
    rows = (ann, {"city": "Lyon"}), (bob, {"no_such_property_here": "x"})
    body = refused(portal.update(*rows), 400, "VALIDATION_ERROR")
    assert "PROPERTY_DOESNT_EXIST" in body["message"]
    assert "no_such_property_here" in body["message"]
    (record,) = portal.read([ann], "city", by_address=False).json()["results"]
    assert record["properties"]["city"] is None


def test_a_malformed_address_is_refused_or_not_found(portal: Portal, record_property: Record) -> None:
    answer = portal.read(["two@@example.com"])
    assert answer.status_code in (207, 400), answer.text
    record_property("malformed_email_lookup", "refuse" if answer.status_code == 400 else "not_found")


def test_a_read_of_a_property_nobody_has_is_answered_without_it_or_refused(
    portal: Portal, record_property: Record
) -> None:
    answer = portal.read([portal.contact("ann")], "no_such_property_here", by_address=False)
    assert answer.status_code in (200, 400), answer.text
    record_property("unknown_property_in_read", "refuse" if answer.status_code == 400 else "ignore")


def test_definitions_of_properties_tell_what_may_be_written(portal: Portal) -> None:
    defined = {
        each["name"]: each for each in portal.call("GET", "/crm/v3/properties/contacts").json()["results"]
    }
    assert defined["email"]["type"] == "string"
    assert defined["email"]["hubspotDefined"] is True
    assert defined["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
    assert "city" in defined
    assert portal.call("GET", "/crm/v3/properties/contacts/no_such_property_here").status_code == 404
