"""What a hostile day brings: each test failed once, and what it shows would have harmed somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import GuardError, SettingsError, UnfinishedError
from sync.hubspot import HubSpot
from sync.pacing import LIMIT_ATTEMPTS
from tests.edge.test_lookup_send import MEMBERSHIPS
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.hubspot_routes import CHANGE, count
from tests.story.test_reconcile import emails, of, people, rows, session

pytestmark = pytest.mark.proof


class At:
    """A `tell` that does something once, when the run says that it sends."""

    def __init__(self, do: object) -> None:
        self._do = do

    def __call__(self, event: str, **fields: object) -> None:
        if event == "sending" and callable(self._do):
            do, self._do = self._do, None
            do()


def test_the_second_pass_takes_nobody_off_when_the_audience_vanishes_meanwhile(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """Stops instead of harming: no guard looks at the second pass, so it may only replace lost contacts."""
    hubspot.contacts(people("ann", "bob", "cat"))
    host.wanted(*rows(VIP, "ann", "bob", "cat"))
    host.run(hubspot)
    (dan,) = hubspot.contacts(people("dan"))
    host.wanted(*rows(VIP, "ann", "bob", "cat", "dan"))
    host.plan(hubspot)
    hubspot.delete_contacts([dan])
    host.run_to_end(hubspot, tell=At(host.wanted))
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob", "cat")


def test_a_limit_counts_the_second_pass_as_well(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    host = duckdb_host
    ids = hubspot.contacts(people("ann", "bob", "cat", "dan", "eve", "fay"))
    host.wanted(*rows(VIP, "ann", "bob", "cat", "dan", "eve", "fay"))
    host.plan(hubspot)
    hubspot.delete_contacts(ids[:1])
    host.run(hubspot, limit=2)
    assert len(hubspot.member_ids(hubspot.list_id(VIP))) <= 2


def test_a_run_over_more_than_a_hundred_lists_keeps_to_its_own_steps(
    tmp_path: Path, hubspot: EmulatorProcess
) -> None:
    """Steps are the only order: with those of later runs among its own, what was removed would count as there."""
    names = [f"List {number:03}" for number in range(120)]
    host = Host("duckdb", tmp_path / "many", {"hubspot_lists": [{"name": name} for name in names]})
    host.reset()
    hubspot.contacts(people("ann"))
    host.wanted(*((name, "ann", "ann@example.com") for name in names))
    host.run(hubspot)
    assert host.state("select max(step) < 200 from {state}.change_intents") == [(True,)]
    host.wanted(*((name, "ann", "ann@example.com") for name in names[1:]))
    host.run(hubspot, allow=frozenset({"empty"}))
    assert hubspot.member_ids(hubspot.list_id(names[0])) == []
    assert host.state("select count(*) from {models}.hubspot_members") == [(119,)]
    host.close()


def test_properties_nested_without_end_cost_only_themselves(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    host = duckdb_host
    hubspot.contacts(people("ann", "bob"))
    host.wanted(
        (VIP, "ann", "ann@example.com", "[" * 100_000),
        (VIP, "bob", "bob@example.com", '{"loyalty_tier": "gold"}'),
    )
    part = of(host.run(hubspot), VIP)
    assert part.outcomes == {"add": {"applied": 2}, "update": {"applied": 1, "rejected": 1}}


def test_a_portal_that_only_ever_says_wait_ends_the_run(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """With hundreds of requests ahead, each tried ten times, the run would go on for hours."""
    host = duckdb_host
    names = [f"p{number}" for number in range(60)]
    hubspot.contacts(people(*names))
    host.wanted(*rows(VIP, *names))
    hubspot.faults([{"route": CHANGE, "status": 429, "retry_after": 0, "times": None}])
    _, error = host.run_to_end(hubspot)
    assert isinstance(error, UnfinishedError)
    assert error.code == "hubspot_down"
    # What 24 workers have begun is tried to its end, and no more.
    assert count(hubspot, CHANGE) < 60 * LIMIT_ATTEMPTS / 2
    hubspot.faults([])
    host.run(hubspot)
    assert len(hubspot.member_ids(hubspot.list_id(VIP))) == 60


def test_who_leaves_amid_silence_is_not_believed_to_be_gone(host: Host, hubspot: EmulatorProcess) -> None:
    """A 200 without a name, and a look that names nobody either: found there later, ann would be a stranger."""
    (_, bob) = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    host.wanted(*rows(VIP, "bob"))
    hubspot.faults([{"route": route, "empty_results": True} for route in (CHANGE, MEMBERSHIPS)])
    _, error = host.run_to_end(hubspot)
    assert isinstance(error, UnfinishedError)
    host.run(hubspot)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [bob]


def test_a_row_without_a_list_is_a_setting_to_mend(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    host = duckdb_host
    host.query(
        "insert into team.raw_wanted values (null, 'ann', 'a@example.com', null), ('X', 'b', 'b@b.de', null)"
    )
    with pytest.raises(SettingsError, match=r"1 without a list_name, 'X'"):
        host.run(hubspot)


def test_a_plan_takes_no_list_on_for_the_runs_after_it(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """A mirror list's strangers would go in the next night, because somebody had only looked."""
    host = duckdb_host
    ann, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(MIRROR, "ann"))
    made = {"name": MIRROR, "objectTypeId": "0-1", "processingType": "MANUAL"}
    list_id = (
        session(hubspot).post(f"{hubspot.url}/crm/v3/lists", json=made, timeout=10).json()["list"]["listId"]
    )
    hubspot.edit_members(list_id, add=[bob])
    assert host.plan(hubspot, adopt=frozenset({MIRROR})).objections == ()
    with pytest.raises(GuardError, match="--adopt"):
        host.run(hubspot)
    assert hubspot.member_ids(list_id) == [bob]
    host.run(hubspot, adopt=frozenset({MIRROR}))
    assert hubspot.member_ids(list_id) == [ann]
    host.run(hubspot)


def test_no_proxy_gets_the_token_on_its_way_to_this_machine(
    hubspot: EmulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert HubSpot(hubspot.url, "token", "v3", 5).account().status == 200
