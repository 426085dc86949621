"""Settle which HubSpot list each name of a run means, reading first what the ledger cannot know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync import lists
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.opening import Parts
from sync.records import DeclaredList, HubSpotList
from sync.results import Objection


@dataclass(frozen=True, slots=True)
class SettledLists:
    """The lists of a run."""

    list_ids: dict[str, str]
    """HubSpot's id by list name; a name without one has no list yet."""
    objections: tuple[Objection, ...]
    has_new: bool
    """Whether a list came or went, so that the audience rows must be resolved again."""
    unread: dict[str, UnfinishedError]
    """Why a list whose members are in question could not be read, by list name: it is to be left alone."""


def settle_lists(parts: Parts, declared: Sequence[DeclaredList], portal_id: str) -> SettledLists:
    """Find the lists, read those whose members are in question, and record those that are new.

    A list that this job did not make is read before its id is recorded. A list with members that this ledger
    did not add is an objection until a person adopts it. One that cannot be read stops no other.
    Raises `SyncError`.
    """
    recorded = parts.ledger.recorded_lists(portal_id)
    names = [each.list_name for each in declared]
    if parts.hubspot is None:
        return SettledLists(
            {name: recorded[name].list_id for name in names if name in recorded}, (), False, {}
        )
    if parts.caller.stopped_by is not None:
        raise parts.caller.stopped_by
    found = lists.find(parts.hubspot, parts.caller, declared, recorded)
    unread = _read(parts, parts.hubspot, portal_id, _in_question(parts, declared, found, portal_id))
    counts = parts.ledger.member_counts(portal_id)
    objections = list(found.objections)
    objected = {each.list_name for each in objections}
    gone = [name for name in names if name in recorded and name not in found.by_name and name not in objected]
    # One step for all of them: a run has a hundred, and there may be more lists.
    step = parts.runs.next_step()
    for name in gone:
        parts.ledger.record_list(portal_id, name, None, adopted=False, step=step)
    for name, each in found.by_name.items():
        strangers = counts.get(each.list_id, (0, 0))[1]
        is_new = name in found.new
        if name in unread or (not is_new and recorded[name].adopted):
            continue
        adopted = name in parts.job.flags.adopt or strangers == 0
        if is_new or adopted:
            # A plan takes nothing on: the next night's run would act on what somebody only looked at.
            lasting = adopted and (parts.job.flags.sends or strangers == 0)
            parts.ledger.record_list(portal_id, name, each.list_id, adopted=lasting, step=step)
        if not adopted:
            objections.append(lists.strangers(name, strangers))
    list_ids = {name: each.list_id for name, each in found.by_name.items()}
    return SettledLists(list_ids, tuple(objections), bool(found.new or gone), unread)


def _in_question(
    parts: Parts, declared: Sequence[DeclaredList], found: lists.FoundLists, portal_id: str
) -> list[tuple[str, str]]:
    """Names and ids of the lists to read."""
    beliefs = parts.ledger.member_counts(portal_id)
    by_age = parts.job.reading_days is not None
    lately_read = parts.ledger.lately_read_lists(portal_id) if by_age else set()
    mirrors = {each.list_name for each in declared if each.ownership == "mirror"}
    return [
        (name, each.list_id)
        for name, each in found.by_name.items()
        if parts.job.flags.reread
        or name in found.new
        or name in mirrors
        or _differs(each, beliefs.get(each.list_id, (0, 0))[0])
        or (by_age and each.list_id not in lately_read)
    ]


def _differs(found: HubSpotList, believed_members: int) -> bool:
    return found.size is not None and found.size != believed_members


def _read(
    parts: Parts, hubspot: HubSpot, portal_id: str, in_question: Sequence[tuple[str, str]]
) -> dict[str, UnfinishedError]:
    """Read lists in full and record what differs; return why some could not be read, by list name."""
    unread: dict[str, UnfinishedError] = {}
    if not in_question:
        return unread
    step = parts.runs.next_step()
    for name, list_id in in_question:
        parts.tell("reading", list_id=list_id)
        pages = lists.read_members(hubspot, parts.caller, list_id, parts.check_in)
        try:
            parts.ledger.record_reading(portal_id, list_id, pages, step)
        except UnfinishedError as error:
            if parts.caller.stopped_by is not None:
                raise
            unread[name] = error
    parts.ledger.prepare_members()
    return unread
