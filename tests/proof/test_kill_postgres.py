"""Killed at any request or write of the ledger, on PostgreSQL, the next run makes it right."""

from __future__ import annotations

import pytest

from tests.host import Host
from tests.proof.killing import Kills

pytestmark = pytest.mark.proof
SHARES_OF_REQUESTS = 20
SHARES_OF_WRITES = 14


@pytest.fixture(scope="module")
def kills(hosts: dict[str, Host]) -> Kills:
    """The points."""
    return Kills(hosts["postgres"])


@pytest.mark.parametrize("share", range(SHARES_OF_REQUESTS))
def test_killed_at_a_request_the_next_run_makes_it_right(
    kills: Kills, share: int, request: pytest.FixtureRequest
) -> None:
    kills.check_share(kills.at_requests(), share, SHARES_OF_REQUESTS, request.node.nodeid)


@pytest.mark.parametrize("share", range(SHARES_OF_WRITES))
def test_killed_at_a_write_of_the_ledger_the_next_run_makes_it_right(
    kills: Kills, share: int, request: pytest.FixtureRequest
) -> None:
    kills.check_share(kills.at_writes(), share, SHARES_OF_WRITES, request.node.nodeid)
