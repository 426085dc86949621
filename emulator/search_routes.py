"""The contact search: filters, a free text, an order, pages."""

from typing import Any

from emulator import errors, finding, search, shapes
from emulator.calls import Answer, Call
from emulator.contacts import Contact

MOST_GROUPS = 5
MOST_FILTERS_A_GROUP = 6
MOST_FILTERS = 18
RESULTS_A_PAGE = 10
MOST_RESULTS_A_PAGE = 200
MOST_RESULTS = 10_000
"""How far pages reach, whatever ``total`` says."""

_FILTER = shapes.members(
    {"propertyName": shapes.text, "operator": shapes.one_of(*search.OPERATORS)},
    {"value": shapes.text, "values": shapes.items(shapes.text), "highValue": shapes.text},
)
_SORT = shapes.members({"propertyName": shapes.text}, {"direction": shapes.one_of("ASCENDING", "DESCENDING")})
_SEARCH = shapes.members(
    {},
    {
        "filterGroups": shapes.items(shapes.members({"filters": shapes.items(_FILTER)})),
        "query": shapes.text,
        "sorts": shapes.items(_SORT),
        "properties": shapes.items(shapes.text),
        "limit": shapes.whole(1, MOST_RESULTS_A_PAGE),
        "after": shapes.text,
    },
)


def run(call: Call) -> Answer:
    """``POST .../contacts/search``: 200 with ``total`` and one page of at most 200, by record id if unsorted."""
    body = call.body(_SEARCH)
    groups = body.get("filterGroups", [])
    _refuse_too_many(groups)
    start, limit = _start(body.get("after", "0")), body.get("limit", RESULTS_A_PAGE)
    if start + limit > MOST_RESULTS:
        raise errors.invalid(f"A search shows its first {MOST_RESULTS} results only")
    found = _found(call, groups, body)
    names = finding.shown(call, body.get("properties") or finding.DEFAULT_PROPERTIES)
    shown = call.seen(found[start : start + limit])
    answer: dict[str, Any] = {"total": len(found), "results": [each.as_json(names) for each in shown]}
    if start + limit < len(found):
        answer["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, answer)


def _found(call: Call, groups: list[dict[str, Any]], body: dict[str, Any]) -> list[Contact]:
    known, sorts = call.portal.definitions, body.get("sorts", [])
    if len(sorts) > 1:
        raise errors.invalid("A search takes one sort only")
    test = search.matching(groups, body.get("query", ""), known)
    found = [contact for contact in call.portal.contacts.all() if test(contact)]
    for sort in sorts:
        downwards = sort.get("direction") == "DESCENDING"
        found = search.ordered(found, sort["propertyName"], downwards=downwards, known=known)
    return found


def _refuse_too_many(groups: list[dict[str, Any]]) -> None:
    sizes = [len(group["filters"]) for group in groups]
    if len(groups) > MOST_GROUPS:
        raise errors.invalid(f"A search takes {MOST_GROUPS} filterGroups at most, got {len(groups)}")
    if any(size > MOST_FILTERS_A_GROUP for size in sizes) or sum(sizes) > MOST_FILTERS:
        raise errors.invalid(
            f"A search takes {MOST_FILTERS_A_GROUP} filters a group and {MOST_FILTERS} in all at most"
        )


def _start(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise errors.invalid("after must be the one of the page before")
    return int(after)
