"""Find, read and make the HubSpot list behind each list name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from sync.answers import list_of, page_of, total_of
from sync.caller import Answer, Caller, unreachable
from sync.errors import SyncError, UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.masking import mask_all
from sync.pacing import is_passing
from sync.records import DeclaredList, HubSpotList, RecordedList, Reply
from sync.results import Objection


@dataclass(frozen=True, slots=True)
class FoundLists:
    """What stands behind the list names of a run."""

    by_name: dict[str, HubSpotList]
    """A declared name without an entry has no list in HubSpot yet."""
    new: frozenset[str]
    """Names whose list the ledger does not hold yet."""
    objections: tuple[Objection, ...]


def find(
    hubspot: HubSpot, caller: Caller, declared: Sequence[DeclaredList], recorded: dict[str, RecordedList]
) -> FoundLists:
    """Find each list by its recorded id first, so that a renamed list is followed, and by name second.

    Raises `SyncError` when HubSpot does not say whether a list exists.
    """
    by_name: dict[str, HubSpotList] = {}
    new: set[str] = set()
    objections: list[Objection] = []
    claimed: dict[str, str] = {}
    # The earlier claim on a list keeps it.
    for each in sorted(declared, key=lambda d: _claim_order(recorded.get(d.list_name))):
        name = each.list_name
        known = recorded.get(name)
        found = _find_one(hubspot, caller, name, known)
        if found is None:
            continue
        if found.list_id in claimed:
            objections.append(_two_names(claimed[found.list_id], name, found.list_id))
            continue
        claimed[found.list_id] = name
        if found.processing_type != "MANUAL":
            objections.append(_not_manual(name, found))
            continue
        by_name[name] = found
        if known is None or known.list_id != found.list_id:
            new.add(name)
    return FoundLists(by_name, frozenset(new), tuple(objections))


def _claim_order(known: RecordedList | None) -> float:
    return known.claimed_at_step if known else float("inf")


def _find_one(hubspot: HubSpot, caller: Caller, name: str, known: RecordedList | None) -> HubSpotList | None:
    if known is not None:
        by_id = _answer(caller, lambda: hubspot.list_by_id(known.list_id))
        if by_id.status != 404:
            return _list(by_id, name)
    by_name = _answer(caller, lambda: hubspot.list_by_name(name))
    # Which of the two HubSpot answers for an unknown name is not documented.
    if by_name.status in (400, 404):
        return None
    return _list(by_name, name)


def _answer(caller: Caller, request: Callable[[], Reply]) -> Reply:
    reply = caller.call(request).reply
    if caller.stopped_by is not None:
        raise caller.stopped_by
    if reply is None or reply.status == 0 or reply.status >= 408:
        raise unreachable(reply or Reply(0, {}))
    return reply


def _list(reply: Reply, name: str) -> HubSpotList:
    found = list_of(reply)
    if found is None:
        raise UnfinishedError(
            "list_unclear",
            f"HubSpot's answer about the list {name!r} (status {reply.status}) holds no list.",
            "Run again; if it stays so, check HUBSPOT_API_VERSION.",
        )
    return found


def read_members(
    hubspot: HubSpot, caller: Caller, list_id: str, keep_lease: Callable[[], None]
) -> Iterator[list[str]]:
    """Give the record ids of a whole list, page by page. Raises `SyncError` when a page is not to be had."""
    after: str | None = None
    marked: str | None = None
    shown = 0
    first_total: int | None = None
    last_total: int | None = None
    for page_no in count(1):
        keep_lease()
        reply = caller.call(functools.partial(hubspot.members_page, list_id, after)).reply or Reply(0, {})
        if caller.stopped_by is not None:
            raise caller.stopped_by
        page = page_of(reply) if reply.status == 200 else None
        if page is None:
            raise _not_shown(list_id, reply.status)
        ids, following = page
        yield ids
        shown += len(ids)
        total = total_of(reply)
        if total is not None:
            first_total = total if first_total is None else first_total
            last_total = total
        if following is None:
            break
        if following == marked:
            raise _unread(
                f"HubSpot shows the members of list {list_id} in a circle: it names a page that was read already."
            )
        # One mark, moved at pages 1, 2, 4, 8 …: once it lies in a circle that is no longer than the way so far, the
        # circle comes back to it. To keep every page's would take more memory the longer the list is.
        if page_no.bit_count() == 1:
            marked = following
        after = following
    # People may change the list meanwhile; but whoever is not shown would count as gone.
    least = min(first_total or 0, last_total or 0)
    if shown < least:
        raise _unread(f"HubSpot says that list {list_id} has {least:,} members and shows {shown:,}.")


def _not_shown(list_id: str, status: int) -> UnfinishedError:
    if status == 404:
        return _unread(f"HubSpot has no list {list_id} any more.")
    how = f"status {status}" if status else "no answer"
    return _unread(f"HubSpot would not show the members of list {list_id} ({how}).")


def _unread(sentence: str) -> UnfinishedError:
    return UnfinishedError("list_unread", sentence, "Run again; nothing was recorded of this reading.")


def create_all(
    hubspot: HubSpot, caller: Caller, ledger: Ledger, portal_id: str, names: Sequence[str], step: int
) -> tuple[dict[str, str], dict[str, SyncError]]:
    """Make empty lists; return their ids, and the errors of names that HubSpot refuses. Raises `SyncError`."""
    made: dict[str, str] = {}
    refused: dict[str, SyncError] = {}
    for name in names:
        try:
            made[name] = create(hubspot, caller, ledger, portal_id, name, step)
        except UnfinishedError as error:
            if error.code != "list_refused":
                raise
            refused[name] = error
    return made, refused


def create(hubspot: HubSpot, caller: Caller, ledger: Ledger, portal_id: str, name: str, step: int) -> str:
    """Make an empty list and record it as ours; return its id. Raises `SyncError`."""
    answer = caller.call(lambda: hubspot.create_list(name))
    if caller.stopped_by is not None:
        raise caller.stopped_by
    made = list_of(answer.reply) if answer.reply else None
    if answer.reply is None or made is None or answer.doubtful:
        # After a doubtful try the name may be taken by our own list: the next run finds it by name and reads it.
        raise _not_created(name, answer)
    ledger.record_list(portal_id, name, made.list_id, adopted=True, step=step)
    ledger.record_empty_list(portal_id, made.list_id, step)
    return made.list_id


def _not_created(name: str, answer: Answer) -> SyncError:
    reply = answer.reply
    if reply and not answer.doubtful and 400 <= reply.status < 500 and not is_passing(reply.status):
        said = mask_all(str(reply.body.get("message") or "no reason given"))[:300]
        return UnfinishedError(
            "list_refused",
            f"HubSpot refuses to make the list {name!r} (status {reply.status}): {said}",
            "Choose another name in var hubspot_lists.",
        )
    how = f"status {reply.status}" if reply and reply.status else "no clear answer"
    return UnfinishedError(
        "list_not_created",
        f"HubSpot did not make the list {name!r} ({how}).",
        "Run again: a list that was made after all is found by its name.",
    )


def _two_names(first: str, second: str, list_id: str) -> Objection:
    return Objection(
        "two_names",
        second,
        f"{first!r} and {second!r} both lead to HubSpot list {list_id}: each would remove the other's members. "
        "Rename one of them in var hubspot_lists.",
        allowable=False,
    )


def _not_manual(name: str, found: HubSpotList) -> Objection:
    return Objection(
        "not_manual",
        name,
        f"{name!r} is a {found.processing_type or 'list of unknown type'} list in HubSpot (id {found.list_id}); "
        "only MANUAL lists can be written. Choose another name in var hubspot_lists.",
        allowable=False,
    )


def strangers(name: str, count: int) -> Objection:
    """The objection to a list that holds members this ledger did not add, until a person adopts it."""
    return Objection(
        "adopt",
        name,
        f"{name!r} exists in HubSpot with {count:,} members that this ledger did not add. "
        f"If it is the right list, take it on with --adopt {name!r}; otherwise choose another name.",
        allowable=False,
    )
