"""The endpoints about who is on a list: change members, read them, and the lists of a record."""

from collections.abc import Sequence

from emulator import errors, shapes
from emulator.calls import Answer, Call
from emulator.contacts import record_id
from emulator.list_routes import named_list
from emulator.lists import CONTACT_TYPE, change_members, refuse_dynamic
from emulator.pages import page

MOST_MEMBERS_A_PAGE = 250
MEMBERS_A_PAGE = 100
MOST_RECORDS = 100
FEWER_THAN = 100_000
"""Copying from a list and emptying one are for lists of fewer members than this."""

_IDS = shapes.items(shapes.text)
_BOTH = shapes.members({"recordIdsToAdd": _IDS, "recordIdsToRemove": _IDS})
_RECORD = shapes.members({"objectTypeId": shapes.one_of(CONTACT_TYPE), "recordId": shapes.text})
_RECORDS = shapes.members({"inputs": shapes.items(_RECORD)})


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


def add_from(call: Call) -> Answer:
    """``PUT .../memberships/add-from/{sourceListId}``: 204."""
    target, source = named_list(call), call.portal.lists.get(call.params["sourceListId"])
    refuse_dynamic(target, int(call.behaviour.dynamic_list_status))
    _refuse_large(len(source.members))
    added = target.put(source.ordered(), call.at)
    call.count("added", len(added))
    return Answer(204, None)


def remove_all(call: Call) -> Answer:
    """``DELETE .../memberships``: 204, and the list is empty."""
    target = named_list(call)
    refuse_dynamic(target, int(call.behaviour.dynamic_list_status))
    _refuse_large(len(target.members))
    call.count("removed", len(target.drop(target.ordered())))
    return Answer(204, None)


def members(call: Call) -> Answer:
    """``GET .../lists/{listId}/memberships``: pages of at most 250, by record id, downwards by ``before``."""
    return _page(call, by_time=False)


def members_as_they_joined(call: Call) -> Answer:
    """``GET .../lists/{listId}/memberships/join-order``: the same pages by the time members were added."""
    return _page(call, by_time=True)


def memberships_of_record(call: Call) -> Answer:
    """``GET .../lists/records/0-1/{recordId}/memberships``: the lists of one record, none if unknown."""
    found = call.portal.lists.of(record_id(call.params["recordId"]) or 0)
    return Answer(200, {"total": len(found), "results": call.seen(found)})


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


def _page(call: Call, *, by_time: bool) -> Answer:
    target = named_list(call)
    limit = call.number("limit", default=MEMBERS_A_PAGE, most=MOST_MEMBERS_A_PAGE)
    body = page(
        target,
        by_time=by_time,
        limit=limit,
        after=call.query.get("after"),
        before=call.query.get("before"),
        link=f"{call.link}?limit={limit}",
    )
    body["results"] = call.seen(body["results"])
    return Answer(200, body)


def _change(call: Call, *, add: list[str], remove: list[str]) -> Answer:
    target, behaviour = named_list(call), call.behaviour
    _refuse_ids(add, remove)
    if len(add) + len(remove) > (most := int(behaviour.membership_limit)):
        raise errors.too_many_ids(int(behaviour.membership_limit_status), most)
    refuse_dynamic(target, int(behaviour.dynamic_list_status))
    seen_add, seen_remove = call.seen(add), call.seen(remove)
    answer = change_members(
        target,
        call.portal.contacts,
        add=seen_add,
        remove=seen_remove,
        at=call.at,
        merged_vanish=behaviour.merged_id == "vanish",
    )
    call.count("added", len(answer["recordsIdsAdded"]))
    call.count("removed", len(answer["recordIdsRemoved"]))
    answer = {behaviour.additions_key: answer.pop("recordsIdsAdded"), **answer}
    kept = {name: ids for name, ids in answer.items() if ids or behaviour.unnamed_additions == "keep"}
    return Answer(200, kept)


def _refuse_ids(add: Sequence[str], remove: Sequence[str]) -> None:
    if strange := [each for each in [*add, *remove] if record_id(each) is None]:
        raise errors.invalid(f"{strange[0][:40]!r} is not a record id")
    if both := set(add) & set(remove):
        raise errors.invalid(f"Record ids to add and to remove overlap: {sorted(both)[0]}")


def _refuse_large(size: int) -> None:
    if size >= FEWER_THAN:
        raise errors.invalid(f"The list has {size} members; only lists of fewer than {FEWER_THAN} will do.")
