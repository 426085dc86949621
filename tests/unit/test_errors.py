"""Every error says what is wrong and what to do, and has the exit code the operator's next step needs."""

from __future__ import annotations

import signal

import pytest

from sync import errors
from sync.errors import EXIT_CODES, StoppedError, SyncError

KINDS = {
    each.__name__: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, SyncError) and each not in (SyncError, StoppedError)
}


def test_the_exit_codes_are_those_promised() -> None:
    assert {name: kind.exit_code for name, kind in KINDS.items()} == {
        "SettingsError": 2,
        "GuardError": 3,
        "BusyError": 4,
        "HubSpotRefusesError": 5,
        "UnfinishedError": 6,
        "WarehouseError": 7,
    }


def test_every_exit_code_is_explained_to_people() -> None:
    assert {kind.exit_code for kind in KINDS.values()} | {0, 1, 130} == set(EXIT_CODES)
    assert all(EXIT_CODES.values())


@pytest.mark.parametrize("kind", [SyncError, *KINDS.values()])
def test_an_error_is_its_sentence_and_the_mend(kind: type[SyncError]) -> None:
    error = kind("code", "This is wrong.", "Do that.")
    assert str(error) == "This is wrong. Do that."
    assert (error.code, error.sentence, error.mend) == ("code", "This is wrong.", "Do that.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_has_the_exit_code_of_its_signal(number: int, code: int) -> None:
    assert StoppedError(number).exit_code == code
