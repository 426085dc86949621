"""Pages of a list's members: by record id upwards or downwards, or by the time they joined."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from emulator import errors
from emulator.contacts import record_id
from emulator.lists import ContactList

_Key = Any
"""What pages are ordered by: the record id, or the time a member joined and then its record id."""


def page(
    target: ContactList, *, by_time: bool, limit: int, after: str | None, before: str | None, link: str
) -> dict[str, Any]:
    """One page of members, with the cursor of the next one when more follow in its direction.

    With ``before`` alone the page goes downwards from there and its cursor is in ``prev``. ``link`` is the
    URL of this request without cursors. Raises :class:`~emulator.errors.RefusedError` for a cursor this
    server did not hand out.
    """
    keys: Sequence[_Key] = target.joined() if by_time else target.ordered()
    downwards = after is None and before is not None
    cursor = before if downwards else after
    if cursor is None:
        rows = list(keys[: limit + 1])
    else:
        rows = _from(keys, _key(cursor, by_time), limit + 1, downwards=downwards)
    shown = rows[:limit]
    ids = [key[1] if by_time else key for key in shown]
    body: dict[str, Any] = {
        "total": len(keys),
        "results": [{"recordId": str(each), "membershipTimestamp": target.members[each]} for each in ids],
    }
    if len(rows) > limit:
        step, parameter = ("prev", "before") if downwards else ("next", "after")
        text = _cursor(shown[-1])
        link = f"{link}&{parameter}={text.replace('=', '%3D')}"
        body["paging"] = {step: {parameter: text, "link": link}}
    return body


def _from(keys: Sequence[_Key], start: _Key, count: int, *, downwards: bool) -> list[_Key]:
    """``count`` keys beyond ``start``, which need not be among them any more."""
    if downwards:
        end = bisect_left(keys, start)
        return list(keys[max(0, end - count) : end][::-1])
    begin = bisect_right(keys, start)
    return list(keys[begin : begin + count])


def _cursor(key: _Key) -> str:
    text = f"{key[0]} {key[1]}" if isinstance(key, tuple) else str(key)
    return base64.b64encode(text.encode()).decode()


def _key(cursor: str, by_time: bool) -> _Key:
    try:
        text = base64.b64decode(cursor, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    at, space, number = text.rpartition(" ")
    known = record_id(number)
    if known is None or bool(space) != by_time:
        raise errors.invalid("The paging cursor is not valid.", subCategory="INVALID_CURSOR")
    return (at, known) if by_time else known
