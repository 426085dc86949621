"""Why a plan is suspicious. Each guard is a function of figures; none sends, raises or stops anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.config import Job
from sync.records import DeclaredList, ListPlan, Objection


def object_to(
    plans: Sequence[ListPlan],
    declared: Sequence[DeclaredList],
    rejected: dict[str, int],
    job: Job,
) -> list[Objection]:
    """Return every objection to a plan, those that `--allow` lets pass left out.

    `rejected` counts, per list name, the audience rows that our own rules reject, coarse and strict.
    """
    most = {each.list_name: each.max_members for each in declared}
    objections: list[Objection] = []
    if plans and not any(plan.wanted for plan in plans):
        objections.append(_everything_empty())
    else:
        for plan in plans:
            objections += _of_list(plan, most.get(plan.list_name), rejected.get(plan.list_name, 0), job)
    return [each for each in objections if not (each.allowable and each.guard in job.flags.allow)]


def _everything_empty() -> Objection:
    return Objection(
        "empty",
        None,
        "The audience is empty: no list has a single row. Usually a source did not load. "
        "Look at hubspot_audience_candidates, or allow it for one run with --allow empty.",
    )


def _of_list(plan: ListPlan, max_members: int | None, rejected: int, job: Job) -> Iterator[Objection]:
    name = plan.list_name
    if plan.wanted == 0 and plan.members > 0:
        yield Objection(
            "empty",
            name,
            f"{name!r} would lose all of its {plan.members:,} members, since the audience has no row for it. "
            "Look at its segment, or allow it for one run with --allow empty.",
        )
    elif plan.remove > job.small_change and _share(plan.remove, plan.members) > job.max_shrink_percent:
        yield Objection(
            "shrink",
            name,
            f"{name!r} would lose {plan.remove:,} of {plan.members:,} members "
            f"({_share(plan.remove, plan.members):.0f} %, limit {job.max_shrink_percent:g} %). "
            "Look at the plan, or allow it for one run with --allow shrink.",
        )
    if (
        plan.members
        and plan.add > job.small_change
        and _share(plan.add, plan.members) > job.max_growth_percent
    ):
        yield Objection(
            "growth",
            name,
            f"{name!r} would gain {plan.add:,} members on top of {plan.members:,} "
            f"({_share(plan.add, plan.members):.0f} %, limit {job.max_growth_percent:g} %). "
            "Look at the plan, or allow it for one run with --allow growth.",
        )
    if max_members is not None and plan.members + plan.add - plan.remove > max_members:
        yield Objection(
            "growth",
            name,
            f"{name!r} would have {plan.members + plan.add - plan.remove:,} members, more than its max_members "
            f"of {max_members:,}. Raise it in var hubspot_lists, or allow it for one run with --allow growth.",
        )
    if rejected > job.small_change and _share(rejected, plan.wanted) > job.max_rejected_percent:
        yield Objection(
            "rejected",
            name,
            f"{rejected:,} of the {plan.wanted:,} addresses for {name!r} are rejected "
            f"({_share(rejected, plan.wanted):.0f} %, limit {job.max_rejected_percent:g} %). "
            "Look at hubspot_rejected_emails, or allow it for one run with --allow rejected.",
        )


def _share(part: int, whole: int) -> float:
    # A share of nothing cannot be computed, and what cannot be computed trips its guard.
    return 100 * part / whole if whole else float("inf")
