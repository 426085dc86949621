"""Make one request to HubSpot at the right moment, as often as makes sense. All workers share one of these."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync.errors import HubSpotRefusesError, SyncError, UnfinishedError
from sync.pacing import GiveUp, Pacer, Stop, decide, is_passing
from sync.records import Reply

CONTACTS = "contacts"
"""What requests to read and update contacts are about."""
_DEAD_AFTER = 3
"""Requests in a row, each given up without an answer or put off each time, before HubSpot counts as down."""
_JUDGEMENTS = (400, 409, 413, 414, 422)
"""Statuses that say something of the rows of a request; another one of the kind says that there is no such route."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a request, and whether an earlier try may have been carried out all the same."""

    reply: Reply | None
    """None when the request was never sent, because the run is stopping."""
    doubtful: bool
    """True when a try got no answer, a 5xx or a 2xx that says nothing: HubSpot may have done it."""


class Caller:
    """Paces and repeats requests. `may_send` says whether this run still holds its lease.

    `requests_per_10_seconds` is the most it makes, None: as many as HubSpot allows; `share_percent` is the part of
    the portal's limit that it may use. `now` is a steady clock in seconds. `wait` sleeps so many seconds, or less
    once nothing more is to be sent, and says whether that is so.
    """

    def __init__(
        self,
        requests_per_10_seconds: float | None,
        may_send: Callable[[], bool],
        *,
        share_percent: float = 90,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._pacer = Pacer(requests_per_10_seconds, share_percent)
        self._may_send = may_send
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._now = now
        self._wait = wait or self._stopping.wait
        self._given_up: list[str] = []
        self._left: int | None = None
        self.stopped_by: SyncError | None = None
        """Why nothing more is sent; None while all is well."""

    def call(
        self, request: Callable[[], Reply], *, about: str = "", splits: bool = False, once: bool = False
    ) -> Answer:
        """Send a request until its answer stands. Never raises for what HubSpot answers.

        `about` is `CONTACTS` or the id of the list that the request changes. With `splits` an answer that took too
        long stands at once: the caller asks for less at a time. With `once` every answer stands but that of a
        limit, and no failure counts: the caller looks for a row at which HubSpot fails.
        """
        reply: Reply | None = None
        doubtful = False
        for attempt in range(1, 1_000):
            if not self._wait_for_turn():
                break
            reply = self._send(request)
            doubtful = doubtful or _may_have_landed(reply)
            if splits and reply.timed_out:
                break
            decision = decide(reply, attempt)
            if isinstance(decision, Stop):
                self.stop(_stop_error(decision, reply))
                break
            if once and _has_failed(reply):
                break
            if isinstance(decision, GiveUp):
                self._note(reply, about)
                break
            if decision.everyone:
                with self._lock:
                    self._pacer.close(self._now() + decision.seconds)
            if self._wait(decision.seconds):
                break
        return Answer(reply, doubtful)

    def stop(self, reason: SyncError) -> None:
        """Let no further request start; the first reason counts."""
        with self._lock:
            self.stopped_by = self.stopped_by or reason
        self._stopping.set()

    def limit_to(self, requests: int) -> None:
        """Let at most so many more requests start; the next one ends the run."""
        with self._lock:
            self._left = requests

    @property
    def requests_per_10_seconds(self) -> float:
        """The pace, as far as HubSpot has told its limit by now."""
        with self._lock:
            return self._pacer.per_10_seconds

    def _wait_for_turn(self) -> bool:
        while not self._stopping.is_set():
            # A process that slept past its lease must hear from the ledger before it sends.
            if self._may_send():
                with self._lock:
                    is_spent = self._left == 0
                    seconds = 0.0 if is_spent else self._pacer.seconds_to_wait(self._now())
                    if seconds == 0 and self._left:
                        self._left -= 1
                if is_spent:
                    self.stop(_budget_spent())
                    break
                if seconds == 0:
                    return True
            else:
                seconds = 0.1
            if self._wait(seconds):
                break
        return False

    def _send(self, request: Callable[[], Reply]) -> Reply:
        started_at = self._now()
        reply = Reply(0, {})
        try:
            reply = request()
        finally:
            with self._lock:
                self._pacer.answered(started_at, self._now(), reply)
        return reply

    def gives_up_on(self, list_id: str) -> bool:
        """Whether the newest requests were all given up, and all of them were to change this list."""
        with self._lock:
            return len(self._given_up) >= _DEAD_AFTER and set(self._given_up) == {list_id}

    def _note(self, reply: Reply, about: str) -> None:
        with self._lock:
            self._given_up = (
                [*self._given_up[1 - _DEAD_AFTER :], about] if _is_no_answer(reply, about) else []
            )
            is_down = len(self._given_up) == _DEAD_AFTER and (
                # The trouble of one list is that list's: the others go on.
                about in ("", CONTACTS) or reply.status in (0, 429, 477) or len(set(self._given_up)) > 1
            )
        if is_down:
            self.stop(unreachable(reply))


def _may_have_landed(reply: Reply) -> bool:
    return _has_failed(reply) or reply.is_garbled


def _has_failed(reply: Reply) -> bool:
    return reply.status in (0, 408) or reply.status >= 500


def _is_no_answer(reply: Reply, about: str) -> bool:
    is_elsewhere = about == CONTACTS and 300 <= reply.status < 500 and reply.status not in _JUDGEMENTS
    return is_passing(reply.status) or is_elsewhere or (reply.is_garbled and reply.status != 204)


def unreachable(reply: Reply) -> UnfinishedError:
    """The error for a HubSpot that does not answer, or only with errors of its own."""
    if reply.status == 429:
        look_at = "See in HubSpot what else uses up the portal's limit of requests"
    elif 200 <= reply.status < 500:
        look_at = "Check HUBSPOT_BASE_URL and HUBSPOT_API_VERSION"
    else:
        look_at = "Check HUBSPOT_BASE_URL, the network and HubSpot's status page"
    return UnfinishedError(
        "hubspot_down", f"HubSpot {_how(reply)}, also after several tries.", f"{look_at}, then run again."
    )


def list_unavailable(reply: Reply, list_name: str) -> UnfinishedError:
    """The error for a list whose changes HubSpot answers only with errors, while it answers others."""
    return UnfinishedError(
        "list_unavailable",
        f"HubSpot {_how(reply)} to changes of the list {list_name!r}, also after several tries.",
        "See in HubSpot whether something else changes the list (423: it is locked), then run again.",
    )


def _how(reply: Reply) -> str:
    how = f"answered {reply.status}" if reply.status else "gave no answer"
    return f"{how} and nothing that is JSON" if reply.is_garbled else how


def _budget_spent() -> UnfinishedError:
    return UnfinishedError(
        "daily_budget",
        "The day's budget of requests (var hubspot_daily_budget) is used up.",
        "Run again after midnight UTC, or raise the budget; the next run goes on.",
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
    seconds = reply.retry_after or 0
    # A day at most, by HubSpot's own page: what asks for more gets no date.
    until = f" ({datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M} UTC)" if seconds < 1e6 else ""
    return UnfinishedError(
        "wait_too_long",
        f"HubSpot asks to wait {seconds:.0f} s (status {reply.status}){quoted}.",
        f"Run again after that time{until}; the next run goes on.",
    )


def _scopes(reply: Reply) -> str:
    context = reply.body.get("context")
    wanted = context.get("requiredGranularScopes") if isinstance(context, dict) else None
    # What is no scope's name is not for a terminal.
    named = [str(each) for each in wanted if str(each).isprintable()] if isinstance(wanted, list) else []
    return f" ({', '.join(named)})" if named else ""
