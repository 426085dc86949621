"""Compare HubSpot's lists with the ledger, and on demand make them agree again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync import lists
from sync.drift import Difference, ListDrift, Verification
from sync.errors import GuardError, SyncError
from sync.opening import Parts, chosen_lists, confirmed_portal
from sync.readings import Readings
from sync.results import Report
from sync.run import carry_out


def verify(parts: Parts, readings: Readings) -> Verification:
    """Read each list in full and compare it with the believed members. Nothing is sent, no state written.

    It takes no lock, so `parts.caller` must not ask for a lease. Raises `SyncError`.
    """
    assert parts.hubspot is not None  # noqa: S101 a verification is never offline
    declared = chosen_lists(parts)
    portal_id = confirmed_portal(parts)
    before = _newest_run(parts)
    recorded = parts.ledger.recorded_lists(portal_id)
    found = lists.find(parts.hubspot, parts.caller, declared, recorded)
    list_ids = {name: each.list_id for name, each in recorded.items()}
    list_ids |= {name: each.list_id for name, each in found.by_name.items()}
    objected = {each.list_name for each in found.objections}
    names = [each.list_name for each in declared if each.list_name not in objected]
    members: dict[str, int] = {}
    differences: Mapping[str, Mapping[str, Difference]] = {}
    with readings.opened():
        for name in names:
            if name in found.by_name:
                list_id = list_ids[name]
                parts.tell("reading", list_id=list_id)
                members[name] = readings.write(list_id, _pages(parts, list_id))
        asked = [list_ids[name] for name in names if name in list_ids]
        if asked:
            differences = readings.compare(portal_id, asked)
    drifts = tuple(
        ListDrift(name, list_ids.get(name), members.get(name), differences.get(list_ids.get(name, ""), {}))
        for name in names
    )
    return Verification(portal_id, drifts, found.objections, _disturbed(before, _newest_run(parts)))


def _pages(parts: Parts, list_id: str) -> Iterator[list[str]]:
    assert parts.hubspot is not None  # noqa: S101 see above
    read = 0
    for page in lists.read_members(parts.hubspot, parts.caller, list_id, lambda: None):
        read += len(page)
        parts.tell("reading", list_id=list_id, done=read)
        yield page


def _newest_run(parts: Parts) -> tuple[int, str]:
    runs = parts.figures.newest_runs(1)
    return (int(runs[0]["run_no"]), str(runs[0]["status"])) if runs else (0, "done")


def _disturbed(before: tuple[int, str], after: tuple[int, str]) -> str | None:
    if before == after and after[1] != "open":
        return None
    return (
        f"Run {after[0]} was under way, or died: what it sent and had not recorded shows as drift. "
        "Verify again after the next run."
    )


def repair(
    parts: Parts, readings: Readings
) -> tuple[Report, dict[str, dict[str, Difference]], SyncError | None]:
    """Read each list in full and carry a run out over them, under the lock.

    Return its report, what its readings found by list name, and the error when rows are left over. The job's
    flags must say `reread`. Raises `SyncError` when there is nothing to report.
    """
    try:
        report, error = carry_out(parts)
    except GuardError as objection:
        raise GuardError(
            objection.code,
            objection.sentence,
            "The readings are recorded: `hubspot-sync run`, with the flag it names, goes on from there.",
        ) from None
    observed = readings.observed(report.run_no)
    names = {each.plan.list_id: each.plan.list_name for each in report.lists}
    return report, {names.get(list_id, list_id): found for list_id, found in observed.items()}, error
