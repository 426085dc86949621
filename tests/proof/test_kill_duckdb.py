"""Killed at any request, on DuckDB, the next run makes it right."""

from __future__ import annotations

import pytest

from tests.host import Host
from tests.proof.killing import Kills

pytestmark = pytest.mark.proof
SHARES = 28


@pytest.fixture(scope="module")
def kills(hosts: dict[str, Host]) -> Kills:
    """The points."""
    return Kills(hosts["duckdb"])


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_a_request_the_next_run_makes_it_right(
    kills: Kills, share: int, request: pytest.FixtureRequest
) -> None:
    kills.check_share(kills.at_requests(), share, SHARES, request.node.nodeid)
