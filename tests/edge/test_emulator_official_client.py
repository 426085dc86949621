"""HubSpot's own Python client, unchanged but for its host, works with the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import contacts, lists, properties

from tests.edge.emulator_fixtures import MANY_SEARCHES, NO_LIMITS
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=[*NO_LIMITS, *MANY_SEARCHES]) as process:
        yield process


@pytest.fixture
def crm(emulator: EmulatorProcess) -> Any:
    """The client's half that speaks of contacts, lists and properties, to an empty portal."""
    emulator.reset(portal=True)
    return HubSpot(access_token="some-token", host=emulator.url).crm


def create(crm: Any, email: str, **values: str) -> str:
    """A new contact's record id."""
    wanted = contacts.SimplePublicObjectInputForCreate(properties={"email": email, **values})
    record_id: str = crm.contacts.basic_api.create(wanted).id
    return record_id


def test_contacts_are_created_read_by_address_updated_and_searched(crm: Any) -> None:
    ann = create(crm, "ann@example.com", city="Lyon")
    create(crm, "bob@example.com", city="Nice")
    wanted = contacts.BatchReadInputSimplePublicObjectId(
        id_property="email",
        inputs=[contacts.SimplePublicObjectId(id=f"{name}@example.com") for name in ("ann", "nobody")],
        properties=["email", "city"],
        properties_with_history=[],
    )
    read = crm.contacts.batch_api.read(wanted)
    assert [(each.id, each.properties["city"]) for each in read.results] == [(ann, "Lyon")]
    assert (read.num_errors, read.errors[0].context) == (1, {"ids": ["nobody@example.com"]})
    row = contacts.SimplePublicObjectBatchInput(id=ann, properties={"city": "Metz"})
    change = contacts.BatchInputSimplePublicObjectBatchInput(inputs=[row])
    updated = crm.contacts.batch_api.update(change)
    assert (updated.status, updated.results[0].properties["city"]) == ("COMPLETE", "Metz")
    in_metz = contacts.Filter(property_name="city", operator="EQ", value="Metz")
    query = contacts.PublicObjectSearchRequest(
        filter_groups=[contacts.FilterGroup(filters=[in_metz])], properties=["email"], limit=10
    )
    found = crm.contacts.search_api.do_search(query)
    assert (found.total, [each.id for each in found.results]) == (1, [ann])


def test_a_list_is_created_filled_paged_emptied_and_deleted(crm: Any) -> None:
    ids = [create(crm, f"{name}@example.com") for name in ("ann", "bob", "cat")]
    wanted = lists.ListCreateRequest(name="Winback", object_type_id="0-1", processing_type="MANUAL")
    list_id = crm.lists.lists_api.create(wanted).list.list_id
    members = crm.lists.memberships_api
    added = members.add(list_id, [*ids, "99990001"])
    assert (added.records_ids_added, added.record_ids_missing) == (ids, ["99990001"])
    first = members.get_page(list_id, limit=2)
    second = members.get_page(list_id, limit=2, after=first.paging.next.after)
    assert [each.record_id for each in [*first.results, *second.results]] == ids
    assert second.paging is None or second.paging.next is None
    assert members.remove(list_id, ids[:1]).record_ids_removed == ids[:1]
    both = lists.MembershipChangeRequest(record_ids_to_add=ids[:1], record_ids_to_remove=ids[1:])
    assert members.add_and_remove(list_id, both).record_ids_removed == ids[1:]
    assert crm.lists.lists_api.get_by_id(list_id).list.size == 1
    crm.lists.lists_api.remove(list_id)
    with pytest.raises(lists.ApiException) as caught:
        crm.lists.lists_api.get_by_id(list_id)
    assert caught.value.status == 404


def test_a_property_is_defined_and_listed(crm: Any) -> None:
    red = properties.OptionInput(label="Red", value="red", display_order=1, hidden=False)
    wanted = properties.PropertyCreate(
        name="shoe_colour",
        label="Shoe colour",
        type="enumeration",
        field_type="select",
        group_name="contactinformation",
        options=[red],
    )
    made = crm.properties.core_api.create("contacts", wanted)
    assert (made.name, made.options[0].value) == ("shoe_colour", "red")
    defined = {each.name: each for each in crm.properties.core_api.get_all("contacts").results}
    assert defined["shoe_colour"].field_type == "select"
    assert defined["email"].hubspot_defined is True
    with pytest.raises(properties.ApiException) as caught:
        crm.properties.core_api.create("contacts", wanted)
    assert caught.value.status == 409
