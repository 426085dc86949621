"""Give every new address of the audience its verdict."""

from __future__ import annotations

from collections.abc import Callable

from sync.emails import judge
from sync.ledger import Ledger


def judge_audience(
    ledger: Ledger, *, ruleset: str, step: int, check_in: Callable[[], None], tell: Callable[..., None]
) -> int:
    """Judge the addresses without a verdict under the ruleset and record the verdicts; return how many."""
    judged = 0
    with ledger.unjudged_emails() as chunks:
        for emails in chunks:
            ledger.record_verdicts([judge(email) for email in emails], ruleset, step)
            judged += len(emails)
            tell("judging", done=judged)
            check_in()
    return judged
