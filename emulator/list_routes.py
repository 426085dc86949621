"""The list endpoints: create, find, rename, delete, change members, read members."""

from emulator import errors, shapes
from emulator.calls import Answer, Call
from emulator.contacts import record_id
from emulator.lists import CONTACT_TYPE, ContactList, change_members, page

MOST_MEMBERS_A_PAGE = 250
MEMBERS_A_PAGE = 100
MOST_RECORDS = 100

_CREATE = shapes.members(
    {
        "name": shapes.filled,
        "objectTypeId": shapes.text,
        "processingType": shapes.one_of("MANUAL", "DYNAMIC", "SNAPSHOT"),
    },
    {
        "filterBranch": shapes.anything,
        "listFolderId": shapes.anything,
        "customProperties": shapes.anything,
        "membershipSettings": shapes.anything,
        "listPermissions": shapes.anything,
    },
)
_IDS = shapes.items(shapes.text)
_BOTH = shapes.members({"recordIdsToAdd": _IDS, "recordIdsToRemove": _IDS})
_RECORD = shapes.members({"objectTypeId": shapes.one_of(CONTACT_TYPE), "recordId": shapes.text})
_RECORDS = shapes.members({"inputs": shapes.items(_RECORD)})


def create(call: Call) -> Answer:
    """``POST .../lists``: 200 with the new list."""
    body = call.body(_CREATE)
    if body["objectTypeId"] != CONTACT_TYPE:
        raise errors.invalid(f"objectTypeId must be {CONTACT_TYPE}: this portal has lists of contacts only")
    made = call.portal.lists.create(body["name"], body["processingType"], call.at)
    call.count("lists_created", 1)
    return Answer(200, {"list": made.as_json()})


def read_by_id(call: Call) -> Answer:
    """``GET .../lists/{listId}``."""
    return Answer(200, {"list": _list(call).as_json()})


def read_by_name(call: Call) -> Answer:
    """``GET .../lists/object-type-id/0-1/name/{listName}``, whatever the name's case."""
    name = call.params["listName"]
    found = call.portal.lists.named(name)
    if found is None:
        raise errors.no_such_list_name(int(call.behaviour.missing_list_name), name)
    return Answer(200, {"list": found.as_json()})


def rename(call: Call) -> Answer:
    """``PUT .../lists/{listId}/update-list-name?listName=...``."""
    target = _list(call)
    name = call.query.get("listName", "")
    if not name.strip():
        raise errors.invalid("listName must not be blank")
    call.portal.lists.rename(target, name, call.at)
    return Answer(200, {"updatedList": target.as_json()})


def delete(call: Call) -> Answer:
    """``DELETE .../lists/{listId}``: 204."""
    call.portal.lists.delete(_list(call))
    call.count("lists_deleted", 1)
    return Answer(204, None)


def add(call: Call) -> Answer:
    """``PUT .../memberships/add`` with an array of record ids."""
    return _change(call, add=call.body(_IDS), remove=[])


def remove(call: Call) -> Answer:
    """``PUT .../memberships/remove`` with an array of record ids."""
    return _change(call, add=[], remove=call.body(_IDS))


def add_and_remove(call: Call) -> Answer:
    """``PUT .../memberships/add-and-remove``: both arrays are required."""
    body = call.body(_BOTH)
    return _change(call, add=body["recordIdsToAdd"], remove=body["recordIdsToRemove"])


def members(call: Call) -> Answer:
    """``GET .../lists/{listId}/memberships``: pages of at most 250, ascending by record id."""
    target = _list(call)
    limit = call.number("limit", default=MEMBERS_A_PAGE, most=MOST_MEMBERS_A_PAGE)
    body = page(target, limit=limit, after=call.query.get("after"), link=f"{call.link}?limit={limit}&after=")
    body["results"] = call.seen(body["results"])
    return Answer(200, body)


def memberships_of_records(call: Call) -> Answer:
    """``POST .../lists/records/memberships/batch/read``: the lists of each record, none if unknown."""
    rows = call.body(_RECORDS)["inputs"]
    if not 1 <= len(rows) <= MOST_RECORDS:
        raise errors.invalid(f"inputs must hold 1 to {MOST_RECORDS} records, got {len(rows)}")
    lists = call.portal.lists
    results = [
        {
            "objectTypeId": CONTACT_TYPE,
            "recordId": row["recordId"],
            "recordListMemberships": lists.of(record_id(row["recordId"]) or 0),
        }
        for row in call.seen(rows)
    ]
    times = {"startedAt": call.at, "completedAt": call.at}
    return Answer(200, {"status": "COMPLETE", "results": results, **times})


def _list(call: Call) -> ContactList:
    return call.portal.lists.get(call.params["listId"])


def _change(call: Call, *, add: list[str], remove: list[str]) -> Answer:
    target = _list(call)
    if strange := [each for each in [*add, *remove] if record_id(each) is None]:
        raise errors.invalid(f"{strange[0][:40]!r} is not a record id")
    if both := set(add) & set(remove):
        raise errors.invalid(f"Record ids to add and to remove overlap: {sorted(both)[0]}")
    seen_add, seen_remove = call.seen(add), call.seen(remove)
    answer = change_members(target, call.portal.contacts, add=seen_add, remove=seen_remove, at=call.at)
    call.count("added", len(answer["recordsIdsAdded"]))
    call.count("removed", len(answer["recordIdsRemoved"]))
    return Answer(200, answer)
