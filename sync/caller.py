"""Make one request to HubSpot at the right moment, as often as makes sense. All workers share one of these."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sync.errors import HubSpotRefusesError, SyncError, UnfinishedError
from sync.pacing import GiveUp, Stop, TokenBucket, decide, is_passing
from sync.records import Reply

_DEAD_AFTER = 3
"""Requests in a row, each given up without an answer or put off each time, before HubSpot counts as down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a request, and whether an earlier try may have been carried out all the same."""

    reply: Reply | None
    """None when the request was never sent, because the run is stopping."""
    doubtful: bool
    """True when a try got no answer or a 5xx: HubSpot may have done it."""


class Caller:
    """Paces and repeats requests. `may_send` says whether this run still holds its lease.

    `now` is a steady clock in seconds. `wait` sleeps so many seconds, or less once nothing more is to be sent,
    and says whether that is so.
    """

    def __init__(
        self,
        requests_per_10_seconds: float,
        may_send: Callable[[], bool],
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._bucket = TokenBucket(requests_per_10_seconds)
        self._may_send = may_send
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._now = now
        self._wait = wait or self._stopping.wait
        self._unanswered = 0
        self.stopped_by: SyncError | None = None
        """Why nothing more is sent; None while all is well."""

    def call(self, request: Callable[[], Reply]) -> Answer:
        """Send a request until its answer stands. Never raises for what HubSpot answers."""
        reply: Reply | None = None
        doubtful = False
        for attempt in range(1, 1_000):
            if not self._wait_for_turn():
                break
            reply = request()
            doubtful = doubtful or _may_have_landed(reply)
            decision = decide(reply, attempt)
            if isinstance(decision, Stop):
                self.stop(_stop_error(decision, reply))
                break
            if isinstance(decision, GiveUp):
                self._note(reply)
                break
            if decision.everyone:
                with self._lock:
                    self._bucket.close(self._now() + decision.seconds)
            if self._wait(decision.seconds):
                break
        return Answer(reply, doubtful)

    def stop(self, reason: SyncError) -> None:
        """Let no further request start; the first reason counts."""
        with self._lock:
            self.stopped_by = self.stopped_by or reason
        self._stopping.set()

    def _wait_for_turn(self) -> bool:
        with self._lock:
            seconds = self._bucket.take(self._now())
        if self._wait(seconds) if seconds else self._stopping.is_set():
            return False
        # A process that slept past its lease must hear from the ledger before it sends.
        while not self._may_send():
            if self._wait(0.1):
                return False
        return True

    def _note(self, reply: Reply) -> None:
        with self._lock:
            self._unanswered = self._unanswered + 1 if is_passing(reply.status) else 0
            is_down = self._unanswered >= _DEAD_AFTER
        if is_down:
            self.stop(unreachable(reply))


def _may_have_landed(reply: Reply) -> bool:
    return reply.status in (0, 408) or reply.status >= 500


def unreachable(reply: Reply) -> UnfinishedError:
    """The error for a HubSpot that does not answer, or only with errors of its own."""
    how = "gave no answer" if reply.status == 0 else f"answered {reply.status}"
    return UnfinishedError(
        "hubspot_down",
        f"HubSpot {how}, also after several tries.",
        "Check HUBSPOT_BASE_URL, the network and HubSpot's status page, then run again.",
    )


def _stop_error(decision: Stop, reply: Reply) -> SyncError:
    quoted = f" (correlation id {reply.correlation_id})" if reply.correlation_id else ""
    if decision.reason == "token":
        return HubSpotRefusesError(
            "token",
            f"HubSpot refuses the token{quoted}.",
            "Check HUBSPOT_ACCESS_TOKEN: wrong, expired or revoked.",
        )
    if decision.reason == "scope":
        return HubSpotRefusesError(
            "scope",
            f"The token lacks a scope{_scopes(reply)}{quoted}.",
            "Grant crm.objects.contacts.read, crm.objects.contacts.write, crm.lists.read and crm.lists.write.",
        )
    if decision.reason == "daily_limit":
        return UnfinishedError(
            "daily_limit",
            f"The portal's daily limit of requests is used up{quoted}.",
            "Run again after midnight in the portal's time zone; the next run goes on.",
        )
    return UnfinishedError(
        "wait_too_long",
        f"HubSpot asks to wait {reply.retry_after or 0:.0f} s (status {reply.status}){quoted}.",
        "Run again after that time; the next run goes on.",
    )


def _scopes(reply: Reply) -> str:
    context = reply.body.get("context")
    wanted = context.get("requiredGranularScopes") if isinstance(context, dict) else None
    # What is no scope's name is not for a terminal.
    named = [str(each) for each in wanted if str(each).isprintable()] if isinstance(wanted, list) else []
    return f" ({', '.join(named)})" if named else ""
