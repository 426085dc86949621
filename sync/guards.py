"""Why a plan is suspicious. Each guard is a function of figures; none sends, raises or stops anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.config import Job
from sync.records import DeclaredList
from sync.results import AudienceBuild, ListPlan, Objection


def object_to(
    plans: Sequence[ListPlan], declared: Sequence[DeclaredList], build: AudienceBuild, job: Job
) -> list[Objection]:
    """Return every objection to a plan, those that `--allow` lets pass left out."""
    most = {each.list_name: each.max_members for each in declared}
    objections = list(_of_build(build, job))
    if plans and not any(plan.wanted for plan in plans):
        objections.append(_everything_empty())
    else:
        for plan in plans:
            objections += _of_list(plan, most.get(plan.list_name), job)
            objections += _of_rejections(plan, job)
    return [each for each in objections if not (each.allowable and each.guard in job.flags.allow)]


def _of_build(build: AudienceBuild, job: Job) -> Iterator[Objection]:
    if build.failed:
        yield Objection(
            "failed_build",
            None,
            f"In the newest dbt run {build.failed:,} nodes above hubspot_audience failed or were skipped, "
            "so the audience may be old or wrong. Mend them, or allow it for one run with --allow failed_build.",
        )
    if job.max_age_hours is None:
        return
    hours = None if build.seconds_old is None else build.seconds_old / 3600
    if hours is None or hours > job.max_age_hours:
        age = (
            "No dbt run of hubspot_audience is recorded"
            if hours is None
            else f"The audience is {hours:.0f} h old"
        )
        yield Objection(
            "stale",
            None,
            f"{age} (limit {job.max_age_hours:g} h, var hubspot_max_age_hours). "
            "Build it, or allow it for one run with --allow stale.",
        )


def _everything_empty() -> Objection:
    return Objection(
        "empty",
        None,
        "The audience is empty: no list has a single row. Usually a source did not load. "
        "Look at hubspot_audience_candidates, or allow it for one run with --allow empty.",
    )


def _of_list(plan: ListPlan, max_members: int | None, job: Job) -> Iterator[Objection]:
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
    grown = plan.add > job.small_change and _share(plan.add, plan.members) > job.max_growth_percent
    # What a list gains until it was once complete is its first load, for which there is max_members.
    if plan.was_complete and plan.members and grown:
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


def _of_rejections(plan: ListPlan, job: Job) -> Iterator[Objection]:
    share = _share(plan.rejected, plan.wanted)
    if plan.rejected > job.small_change and share > job.max_rejected_percent:
        yield Objection(
            "rejected",
            plan.list_name,
            f"{plan.rejected:,} of the {plan.wanted:,} addresses for {plan.list_name!r} are rejected "
            f"({share:.0f} %, limit {job.max_rejected_percent:g} %). "
            "Look at hubspot_rejected_emails, or allow it for one run with --allow rejected.",
        )
    share = _share(plan.newly_rejected, plan.members)
    if plan.newly_rejected > job.small_change and share > job.max_newly_rejected_percent:
        yield Objection(
            "newly_rejected",
            plan.list_name,
            f"{plan.newly_rejected:,} of the {plan.members:,} members of {plan.list_name!r} would go because their "
            f"address is rejected by now ({share:.0f} %, limit {job.max_newly_rejected_percent:g} %). A new list of "
            "top-level domains or library may be at fault; allow it for one run with --allow newly_rejected.",
        )


def _share(part: int, whole: int) -> float:
    # A share of nothing cannot be computed, and what cannot be computed trips its guard.
    return 100 * part / whole if whole else float("inf")
