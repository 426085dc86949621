"""Give every new address of the audience its verdict."""

from __future__ import annotations

from collections.abc import Callable

from sync.fast_lane import FastLane
from sync.ledger import Ledger


def judge_audience(
    ledger: Ledger,
    *,
    ruleset: str,
    step: int,
    fast: bool,
    check_in: Callable[[], None],
    tell: Callable[..., None],
) -> int:
    """Judge the addresses without a verdict under the ruleset and record the verdicts; return how many.

    `fast` lets the bulk lane accept what is provably valid; without it the verdicts are the same.
    """
    judged = 0
    with FastLane(fast=fast) as lane, ledger.unjudged_emails() as chunks:
        for emails in chunks:
            columns = lane.judge_batch(emails).to_pydict().values()
            ledger.record_verdicts(list(zip(*columns, strict=True)), ruleset, step)
            judged += len(emails)
            tell("judging", done=judged)
            check_in()
    return judged
