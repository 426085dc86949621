"""The errors of the job, grouped by what the operator does next. Each has an exit code of its own."""

from __future__ import annotations


class SyncError(Exception):
    """Something the operator can act on: what is wrong, and what to do about it."""

    exit_code = 1

    def __init__(self, code: str, sentence: str, mend: str) -> None:
        super().__init__(f"{sentence} {mend}")
        self.code = code
        self.sentence = sentence
        self.mend = mend


class SettingsError(SyncError):
    """A setting, a flag or a version is wrong: mend it and run again."""

    exit_code = 2


class GuardError(SyncError):
    """The plan is suspicious: look at it, then mend the data or allow it for one run."""

    exit_code = 3


class BusyError(SyncError):
    """Another run holds the lock: wait for it."""

    exit_code = 4


class HubSpotRefusesError(SyncError):
    """HubSpot refuses the token, a scope or the portal: nothing later could work."""

    exit_code = 5


class UnfinishedError(SyncError):
    """Some rows failed or were not sent: run again, the next run reconciles."""

    exit_code = 6


class WarehouseError(SyncError):
    """The warehouse could not be read or written, or dbt did not build it."""

    exit_code = 7


class StoppedError(SyncError):
    """The run was told to stop; receipts are flushed and the next run goes on."""

    exit_code = 130

    def __init__(self, signal_number: int) -> None:
        self.exit_code = 128 + signal_number
        super().__init__(
            "interrupted", "The run was interrupted; what was sent is recorded.", "Run again to go on."
        )


EXIT_CODES = {
    0: "done; rejected addresses and contacts that HubSpot does not know are warnings",
    1: "a bug in the job",
    2: "settings or versions",
    3: "a guard objects to the plan; nothing was sent",
    4: "another run holds the lock",
    5: "HubSpot refuses the token, a scope or the portal",
    6: "unfinished: rows failed or were not sent; run again",
    7: "the warehouse could not be read or written, or dbt did not build it",
    130: "interrupted (143 by SIGTERM)",
}
"""Meaning of every exit code, for help texts and the reference."""
