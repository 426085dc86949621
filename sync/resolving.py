"""Resolve the audience rows of a run: look up what is due, as far as the day's budget allows."""

from __future__ import annotations

from sync.closing import Course
from sync.errors import UnfinishedError
from sync.forecast import share_of_lookups
from sync.lookup import look_up
from sync.opening import Parts


def resolve_rows(parts: Parts, course: Course, replacing_run_no: int | None = None) -> None:
    """Look up the addresses that are due, and resolve the rows with what is known by then.

    `replacing_run_no` keeps the lookups to addresses whose contact was missing in that run: whatever else is due has
    had its turn, and no change of theirs is sent any more. Raises `UnfinishedError` when lookups are broken off before
    anything is planned.
    """
    parts.ledger.prepare_audience_rows()
    due = course.unanswered = parts.ledger.prepare_lookups(course.list_names)
    if replacing_run_no is not None:
        due = parts.ledger.prepare_lookups(course.list_names, replacing_run_no)
    if parts.hubspot is None or due == 0:
        return
    answered, put_off = look_up(
        parts.ledger,
        parts.hubspot,
        parts.caller,
        due=due,
        most_requests=share_of_lookups(parts.requests_left),
        portal_id=course.portal_id,
        named_step=parts.runs.next_step(),
        step=parts.runs.next_step(),
        workers=parts.job.workers,
        keep_lease=parts.keep_lease,
        tell=parts.tell,
    )
    course.unanswered -= answered
    # Of what the first pass put off, the second may have looked up some.
    course.put_off = min(course.put_off + put_off, course.unanswered)
    stopped_by = parts.caller.stopped_by
    if isinstance(stopped_by, UnfinishedError) and not course.last_no:
        raise UnfinishedError(
            stopped_by.code,
            f"{stopped_by.sentence} {course.unanswered:,} of {due:,} lookups are left.",
            stopped_by.mend,
        )
    parts.ledger.prepare_audience_rows()
