"""What a hostile day brings: each test failed once, and what it shows would have harmed somebody."""

from __future__ import annotations

from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host
from tests.story.test_reconcile import emails, people, rows


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
