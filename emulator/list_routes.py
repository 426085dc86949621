"""The list endpoints but for members: create, find, search, rename, delete, restore."""

from typing import Any

from emulator import errors, shapes
from emulator.calls import Answer, Call
from emulator.lists import CONTACT_TYPE, ContactList

LISTS_A_PAGE = 20
MOST_LISTS_A_PAGE = 500
PROCESSING_TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")

_CREATE = shapes.members(
    {
        "name": shapes.filled,
        "objectTypeId": shapes.text,
        "processingType": shapes.one_of(*PROCESSING_TYPES),
    },
    {
        "filterBranch": shapes.anything,
        "listFolderId": shapes.anything,
        "customProperties": shapes.anything,
        "membershipSettings": shapes.anything,
        "listPermissions": shapes.anything,
    },
)
_SEARCH = shapes.members(
    {"offset": shapes.whole(0, 10**9), "additionalProperties": shapes.items(shapes.text)},
    {
        "count": shapes.whole(1, MOST_LISTS_A_PAGE),
        "listIds": shapes.items(shapes.text),
        "objectTypeId": shapes.text,
        "processingTypes": shapes.items(shapes.one_of(*PROCESSING_TYPES)),
        "query": shapes.text,
        "sort": shapes.text,
    },
)


def create(call: Call) -> Answer:
    """``POST .../lists``: 200 with the new list."""
    body = call.body(_CREATE)
    if body["objectTypeId"] != CONTACT_TYPE:
        raise errors.invalid(f"objectTypeId must be {CONTACT_TYPE}: this portal has lists of contacts only")
    made = call.portal.lists.create(body["name"], body["processingType"], call.at)
    call.count("lists_created", 1)
    return Answer(200, {"list": _json(call, made)})


def read_by_id(call: Call) -> Answer:
    """``GET .../lists/{listId}``."""
    return Answer(200, {"list": _json(call, named_list(call))})


def read_several(call: Call) -> Answer:
    """``GET .../lists?listIds=1&listIds=2``: those that are there, each once."""
    found = [call.portal.lists.find(each) for each in dict.fromkeys(call.several("listIds"))]
    return Answer(200, {"lists": [_json(call, each) for each in found if each]})


def read_by_name(call: Call) -> Answer:
    """``GET .../lists/object-type-id/0-1/name/{listName}``, whatever the name's case."""
    name = call.params["listName"]
    found = call.portal.lists.named(name)
    if found is None:
        raise errors.no_such_list_name(int(call.behaviour.missing_list_name), name)
    return Answer(200, {"list": _json(call, found)})


def search(call: Call) -> Answer:
    """``POST .../lists/search``: lists whose name holds ``query``, by id, a page from ``offset`` on."""
    body = call.body(_SEARCH)
    found = [each for each in call.portal.lists.all() if _fits(each, body)]
    start, count = body["offset"], body.get("count", LISTS_A_PAGE)
    shown = found[start : start + count]
    answer = {
        "offset": start + len(shown),
        "hasMore": start + len(shown) < len(found),
        "total": len(found),
        "lists": [_heading(call, each, body["additionalProperties"]) for each in call.seen(shown)],
    }
    return Answer(200, answer)


def rename(call: Call) -> Answer:
    """``PUT .../lists/{listId}/update-list-name?listName=...``."""
    target = named_list(call)
    name = call.query.get("listName", "")
    if not name.strip():
        raise errors.invalid("listName must not be blank")
    call.portal.lists.rename(target, name, call.at)
    return Answer(200, {"updatedList": _json(call, target)})


def delete(call: Call) -> Answer:
    """``DELETE .../lists/{listId}``: 204."""
    call.portal.lists.delete(named_list(call), call.at)
    call.count("lists_deleted", 1)
    return Answer(204, None)


def restore(call: Call) -> Answer:
    """``PUT .../lists/{listId}/restore``: 204, within 90 days of the deletion."""
    call.portal.lists.restore(call.params["listId"], call.at)
    return Answer(204, None)


def named_list(call: Call) -> ContactList:
    """The list the path names. Raises :class:`~emulator.errors.RefusedError` (404)."""
    return call.portal.lists.get(call.params["listId"])


def _lagging(call: Call) -> bool:
    return call.behaviour.list_size == "lagging"


def _json(call: Call, each: ContactList) -> dict[str, Any]:
    return each.as_json(lagging=_lagging(call))


def _heading(call: Call, each: ContactList, asked: list[str]) -> dict[str, Any]:
    """A search's idea of a list: no size, unless it is asked for."""
    size = {"hs_list_size": str(each.size(lagging=_lagging(call)))} if "hs_list_size" in asked else {}
    return each.heading() | {"additionalProperties": size}


def _fits(each: ContactList, body: dict[str, Any]) -> bool:
    return (
        body.get("query", "").lower() in each.name.lower()
        and body.get("objectTypeId", CONTACT_TYPE) == CONTACT_TYPE
        and each.processing_type in (body.get("processingTypes") or PROCESSING_TYPES)
        and str(each.id) in (body.get("listIds") or [str(each.id)])
    )
