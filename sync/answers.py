"""What HubSpot's answers say: JSON to values. A body may lack anything, and then says less; nothing raises."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from sync.records import Contact, HubSpotList, PropertyDefinition, Reply

_UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
_LASTING = ("VALIDATION_ERROR", "INVALID_EMAIL", "CONFLICT", "OBJECT_ALREADY_EXISTS")
"""Categories of a row's error that are the row's own; any other may be of HubSpot, of the token or of the moment."""
_SCOPES = ("MISSING_SCOPES", "INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION")


def contacts_of(reply: Reply) -> list[Contact]:
    """The contacts that a batch read or update names."""
    return [contact for item in _items(reply.body, "results") if (contact := _contact(item))]


def _contact(item: dict[str, object]) -> Contact | None:
    contact_id = str(item.get("id"))
    if not _is_id(contact_id):
        return None
    found = item.get("properties")
    properties = found if isinstance(found, dict) else {}
    additional = str(properties.get("hs_additional_emails") or "")
    return Contact(
        contact_id=contact_id,
        primary_email=str(properties.get("email") or "").strip().lower(),
        additional_emails=tuple(part.strip().lower() for part in additional.split(";") if part.strip()),
        opted_out=str(properties.get("hs_email_optout") or "").lower() == "true",
        bounced=bool(properties.get("hs_email_hard_bounce_reason_enum")),
    )


def _is_id(text: str) -> bool:
    # HubSpot's ids are numbers; anything else in its place would be refused as one, for weeks.
    return text.isascii() and text.isdecimal() and len(text) < 20


def missing_ids(reply: Reply) -> set[str]:
    """The inputs that a 207 names as not found, as they were sent."""
    return {
        name
        for error in _items(reply.body, "errors")
        if error.get("category") == "OBJECT_NOT_FOUND"
        for name in _named(error)
    }


def refused_ids(reply: Reply) -> dict[str, str]:
    """The inputs that a 207 refuses for another reason, with HubSpot's category."""
    return {
        name: str(error.get("category") or "REFUSED")
        for error in _items(reply.body, "errors")
        if error.get("category") != "OBJECT_NOT_FOUND"
        for name in _named(error)
    }


def is_lasting(category: str) -> bool:
    """Say whether a row that a 207 refuses with this category would be refused again."""
    return category in _LASTING


def lacks_scope(reply: Reply) -> bool:
    """Say whether a partial answer refuses rows for what the token may not do."""
    return any(error.get("category") in _SCOPES for error in _items(reply.body, "errors"))


def refusal_of(reply: Reply, name: str | None = None) -> dict[str, object]:
    """The error that refuses everything, or in a partial answer the row of this name."""
    errors = _items(reply.body, "errors") if reply.status == 207 else []
    return next((each for each in errors if name is None or name in _named(each)), reply.body)


def named_in(reply: Reply, names: Collection[str]) -> set[str]:
    """Those of the given ids or addresses that a refusal names, wherever in its body.

    HubSpot names rows in `context`, in that of its `errors`, in `invalidEmails`, or only in its sentence; that is
    looked through for the names alone, since its words may be of any language.
    """
    body = reply.body
    said: set[str] = _texts(body.get("invalidEmails"))
    for each in (body, *_items(body, "errors")):
        context = each.get("context")
        for values in context.values() if isinstance(context, dict) else ():
            said |= _texts(values)
    said.update(re.split(r"""[\s"'\\\[\](),;:]+""", str(body.get("message") or "")))
    said |= {each.lower() for each in said}
    return said.intersection(names)


def unknown_properties(reply: Reply) -> set[str]:
    """Names of properties that a refusal says the portal does not have."""
    _, _, told = str(reply.body.get("message") or "").partition(": ")
    try:
        listed = json.loads(told)
    except (ValueError, RecursionError):
        listed = []
    names = {
        str(each.get("name"))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("error") == _UNKNOWN_PROPERTY
    }
    for each in _items(reply.body, "errors"):
        context = each.get("context")
        if each.get("code") == _UNKNOWN_PROPERTY and isinstance(context, dict):
            names |= _texts(context.get("propertyName"))
    return names


def _texts(values: object) -> set[str]:
    return {str(each) for each in values} if isinstance(values, list) else {str(values)}


def _named(error: dict[str, object]) -> list[str]:
    context = error.get("context")
    if not isinstance(context, dict):
        return []
    values = context.get("ids") or context.get("objectWriteTraceId") or []
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]


def values_of(reply: Reply) -> dict[str, dict[str, str]]:
    """Property values per record id of a batch read; a property without a value is not in it."""
    return {
        str(item.get("id")): {name: str(value) for name, value in found.items() if value not in (None, "")}
        for item in _items(reply.body, "results")
        if isinstance(found := item.get("properties"), dict)
    }


def definitions_of(reply: Reply, *, archived: bool = False) -> dict[str, PropertyDefinition]:
    """The contact properties of an answer by name; `archived` when it was asked for those."""
    return {
        str(item["name"]): _definition(item, archived)
        for item in _items(reply.body, "results")
        if "name" in item
    }


def _definition(item: dict[str, object], archived: bool) -> PropertyDefinition:
    metadata = item.get("modificationMetadata")
    options = frozenset(str(each["value"]) for each in _items(item, "options") if "value" in each)
    return PropertyDefinition(
        name=str(item["name"]),
        type=str(item.get("type") or ""),
        field_type=str(item.get("fieldType") or ""),
        options=None if item.get("externalOptions") is True else options,
        read_only=isinstance(metadata, dict) and metadata.get("readOnlyValue") is True,
        calculated=item.get("calculated") is True,
        archived=archived or item.get("archived") is True,
    )


def list_of(reply: Reply) -> HubSpotList | None:
    """The list in an answer, or None when it holds none."""
    found = reply.body.get("list")
    if not isinstance(found, dict) or not _is_id(str(found.get("listId"))):
        return None
    size = str(found.get("size"))
    return HubSpotList(
        list_id=str(found["listId"]),
        name=str(found.get("name") or ""),
        processing_type=str(found.get("processingType") or ""),
        size=int(size) if _is_id(size) else None,
    )


def changed_ids(reply: Reply) -> tuple[set[str], set[str], set[str]]:
    """Ids that a membership change names as added, removed and missing.

    HubSpot's specification spells the first `recordsIdsAdded`, an older page `recordIdsAdded`; empty ones
    may be left out.
    """
    added = _ids(reply.body, "recordsIdsAdded") | _ids(reply.body, "recordIdsAdded")
    removed = _ids(reply.body, "recordIdsRemoved") | _ids(reply.body, "recordsIdsRemoved")
    return added, removed, _ids(reply.body, "recordIdsMissing") | _ids(reply.body, "recordsIdsMissing")


def page_of(reply: Reply) -> tuple[list[str], str | None] | None:
    """Member ids of a page, and the cursor of the next; None when it is no page: nobody has left a list by that."""
    results = reply.body.get("results")
    ids = [str(item.get("recordId")) for item in _items(reply.body, "results")]
    if not isinstance(results, list) or len(ids) < len(results) or not all(map(_is_id, ids)):
        return None
    paging = reply.body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return ids, str(after) if after else None


def total_of(reply: Reply) -> int | None:
    """How many members the list of a page has; None when the page does not tell."""
    total = reply.body.get("total")
    return total if type(total) is int else None


def usage_of(reply: Reply) -> tuple[int, int] | None:
    """The portal's daily limit of requests and how many are used, or None where the answer does not tell."""
    for item in _items(reply.body, "results"):
        limit, used = item.get("usageLimit"), item.get("currentUsage")
        if (
            item.get("fetchStatus") in ("SUCCESS", "CACHED")
            and isinstance(limit, int)
            and isinstance(used, int)
        ):
            return limit, used
    return None


def lists_of_contacts(reply: Reply) -> dict[str, set[str]]:
    """List ids per record id of a memberships read; a record that the answer does not name is not in it."""
    return {
        str(item["recordId"]): {
            str(membership["listId"])
            for membership in _items(item, "recordListMemberships")
            if membership.get("listId") is not None
        }
        for item in _items(reply.body, "results")
        if item.get("recordId") is not None
    }


def _items(body: dict[str, object], key: str) -> list[dict[str, object]]:
    items = body.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _ids(body: dict[str, object], key: str) -> set[str]:
    values = body.get(key)
    return {str(value) for value in values} if isinstance(values, list) else set()
