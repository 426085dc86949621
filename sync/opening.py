"""What a run works with, and what must be true before it starts: its lists and its portal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sync.caller import Caller, unreachable
from sync.config import Job
from sync.errors import BusyError, HubSpotRefusesError, SettingsError
from sync.figures import Figures
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.pacing import is_passing
from sync.records import DeclaredList, Reply
from sync.runs import Runs


@dataclass
class Parts:
    """What a run works with. `hubspot` is None offline."""

    job: Job
    ledger: Ledger
    figures: Figures
    runs: Runs
    hubspot: HubSpot | None
    caller: Caller
    tell: Callable[..., None]
    version: str
    most_requests: int | None = None
    """How many requests the day's budget leaves to this run, from its first on; None: no matter."""

    @property
    def requests_left(self) -> int | None:
        """How many of them are left."""
        if self.most_requests is None:
            return None
        return max(0, self.most_requests - (self.hubspot.requests if self.hubspot else 0))

    def keep_lease(self) -> None:
        """Show a sign of life; once the lease is lost, no request may start any more."""
        try:
            self.runs.keep_lease()
        except BusyError as lost:
            self.caller.stop(lost)
            raise

    def check_in(self) -> None:
        """Keep the lease, and end the run here when it was told to stop."""
        self.keep_lease()
        if self.caller.stopped_by is not None:
            raise self.caller.stopped_by


def keep_to_budget(parts: Parts) -> None:
    """Let no more requests start than other runs have left of the day's budget."""
    if parts.job.daily_budget is not None:
        parts.most_requests = max(0, parts.job.daily_budget - parts.figures.requests_today())
    if parts.requests_left is not None:
        parts.caller.limit_to(parts.requests_left)


def chosen_lists(parts: Parts) -> list[DeclaredList]:
    """The declared lists this run is about. Raises `SettingsError` for names that nobody declared."""
    declared = parts.ledger.declared_lists()
    names = {each.list_name for each in declared}
    counts = parts.figures.audience_counts()
    nameless, _ = counts.pop(None, (0, 0))
    undeclared = sorted(name for name in counts if name is not None and name not in names)
    if undeclared or nameless:
        without = [f"{nameless:,} without a list_name"] if nameless else []
        raise SettingsError(
            "undeclared_list",
            "The audience has rows for lists that are not declared: "
            f"{', '.join([*without, *map(repr, undeclared)])}.",
            "Add them to var hubspot_lists, or mend the model behind var hubspot_audience_source.",
        )
    flags = parts.job.flags
    unknown = sorted((set(flags.lists) | flags.adopt) - names)
    if unknown or not declared:
        known = ", ".join(map(repr, sorted(names))) or "none"
        asked = f"No list is called {', '.join(map(repr, unknown))}." if unknown else "No list is declared."
        raise SettingsError(
            "unknown_list", f"{asked} Declared lists: {known}.", "Declare it in var hubspot_lists."
        )
    return [each for each in declared if not flags.lists or each.list_name in flags.lists]


def confirmed_portal(parts: Parts) -> str:
    """The portal the token belongs to; offline, the one named or used last.

    Raises `HubSpotRefusesError` when it is not the portal a person named.
    """
    wanted = parts.job.portal_id
    if parts.hubspot is None:
        portal_id = wanted or parts.ledger.newest_portal()
        if portal_id is None:
            raise SettingsError(
                "portal",
                "Offline, the portal is not known before the first run.",
                "Export HUBSPOT_PORTAL_ID.",
            )
        return portal_id
    reply = parts.caller.call(parts.hubspot.account).reply
    if parts.caller.stopped_by is not None:
        raise parts.caller.stopped_by
    found = str(reply.body.get("portalId")) if reply is not None else ""
    if not re.fullmatch("[0-9]{1,20}", found):
        found = ""
    if reply is not None and not is_passing(reply.status) and (reply.status != 200 or not found):
        raise SettingsError(
            "not_hubspot",
            f"HUBSPOT_BASE_URL answered {reply.status} to the question which portal the token belongs to, and "
            "named none: that is not HubSpot.",
            "Check HUBSPOT_BASE_URL and HUBSPOT_API_VERSION.",
        )
    if reply is None or reply.status != 200:
        raise unreachable(reply or Reply(0, {}))
    if wanted is not None and wanted != found:
        raise HubSpotRefusesError(
            "wrong_portal",
            f"The token belongs to portal {found}, and HUBSPOT_PORTAL_ID is {wanted}.",
            "Nothing was sent. Use the token of the right portal, or name the right portal.",
        )
    return found
