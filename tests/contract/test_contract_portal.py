"""A portal that people work with is refused, and what the contract makes is removed."""

from __future__ import annotations

import pytest

from tests.contract.portal import CONTACTS, NotForTestsError, Portal
from tests.emulator_process import EmulatorProcess


@pytest.mark.parametrize("kind", ["STANDARD", "APP_DEVELOPER"])
def test_a_portal_that_is_not_for_tests_is_refused_before_anything_is_written(kind: str) -> None:
    with EmulatorProcess(arguments=["--account-type", kind]) as emulator:
        with pytest.raises(NotForTestsError, match=f"is {kind}: .* SANDBOX or DEVELOPER_TEST"):
            Portal(emulator.url, "any").__enter__()
        assert [each["method"] for each in emulator.requests()] == ["GET"]


def test_a_token_that_is_wrong_is_refused_in_the_same_way() -> None:
    with (
        EmulatorProcess(arguments=["--account-type", "SANDBOX"], token="right") as emulator,
        pytest.raises(NotForTestsError, match="status 401"),
    ):
        Portal(emulator.url, "wrong").__enter__()


@pytest.mark.parametrize("kind", ["SANDBOX", "DEVELOPER_TEST"])
def test_what_was_made_is_removed_also_after_a_failure_and_nothing_else_is(kind: str) -> None:
    bystander = [{"email": "ann@example.com"}]
    with EmulatorProcess(arguments=["--account-type", kind], contacts=bystander) as emulator:
        with pytest.raises(ZeroDivisionError):
            make_and_fail(emulator)
        assert (emulator.state()["contacts"], emulator.state()["lists"]) == (1, [])


def make_and_fail(emulator: EmulatorProcess) -> None:
    """Two contacts, merged, one that was asked for without an answer, and two lists; then an error."""
    with Portal(emulator.url, "any") as portal:
        pair = {"primaryObjectId": portal.contact("ann"), "objectIdToMerge": portal.contact("old")}
        assert portal.call("POST", f"{CONTACTS}/merge", pair).ok
        emulator.contacts([{"email": portal.address("unanswered")}])
        portal.list("one")
        portal.list("two", "DYNAMIC")
        portal.address("never.made")
        assert (emulator.state()["contacts"], len(emulator.state()["lists"])) == (3, 2)
        raise ZeroDivisionError
