"""Whatever happens to audiences, HubSpot and runs, the next run without trouble makes it right.

Random scenarios over the real views and statements: people edit HubSpot, the audience changes, rulesets take
turns, runs die at any effect, lose answers and are stopped by a limit. RECONCILIATION_SEED and
RECONCILIATION_SCENARIOS (environment) choose other scenarios, or more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.edge.hubspot_world import World
from tests.edge.simulated_run import Conditions, run
from tests.edge.simulation import Simulation, WantedRow
from tests.edge.state_rows import MODELS, email
from tests.edge.state_session import Session, session
from tests.host import MIRROR, VIP

pytestmark = pytest.mark.proof

__all__ = ["session"]
FIRST_SEED = int(os.environ.get("RECONCILIATION_SEED", "1"))
SCENARIOS = int(os.environ.get("RECONCILIATION_SCENARIOS", "40"))
PARTS = 4
NAMES = ("ann", "bob", "cat", "dan", "eve", "fay")
CUSTOMERS = ("c1", "c2", "c3", "c4")
PAYLOADS = (None, "p1", "p2", "p3")
LISTS = (VIP, MIRROR)
LONG_AGO = 61


@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_without_trouble_makes_it_right(session: Session, part: int) -> None:
    for seed in range(FIRST_SEED + part, FIRST_SEED + SCENARIOS, PARTS):
        try:
            _play(session, random.Random(seed))
        except AssertionError as error:
            error.add_note(f"RECONCILIATION_SEED={seed}")
            raise


def _play(session: Session, rng: random.Random) -> None:
    with session.transaction():
        simulation = Simulation(session, _world(rng), rng, _rejections(rng))
        for _ in range(rng.randint(2, 6)):
            _trouble(simulation)
        simulation.days_pass(LONG_AGO)
        if rng.random() < 0.5:
            run(simulation, _conditions(rng))
        _check_a_run_without_trouble(simulation)
        assert run(simulation, Conditions()) == []


def _world(rng: random.Random) -> World:
    world = World()
    for name in rng.sample(NAMES, rng.randint(2, 5)):
        world.new_contact(email(name))
    for name in LISTS:
        if rng.random() < 0.5:
            strangers = rng.sample(sorted(world.contacts), rng.randint(0, 2))
            world.members[world.create_list(name)].update(strangers)
        if rng.random() < 0.3:
            world.refused_members.add((name, rng.choice(sorted(world.contacts))))
    if rng.random() < 0.3:
        world.refused_payloads.add("p2")
    return world


def _rejections(rng: random.Random) -> dict[str, set[str]]:
    return {
        ruleset: {email(name) for name in NAMES if rng.random() < share}
        for ruleset, share in (("r1", 0.1), ("r2", 0.2))
    }


def _trouble(simulation: Simulation) -> None:
    rng = simulation.rng
    _change_audience(simulation)
    for _ in range(rng.randint(0, 3)):
        simulation.world.edit(rng, map(email, NAMES))
    simulation.days_pass(rng.choice((0, 0, 1, 4, 20, 40)))
    run(
        simulation,
        replace(
            _conditions(rng),
            meanwhile=lambda: _change_audience(simulation) if rng.random() < 0.2 else None,
        ),
    )


def _conditions(rng: random.Random) -> Conditions:
    return Conditions(
        lists=rng.choice((LISTS, LISTS, (VIP,), (MIRROR,))),
        ruleset=rng.choice(("r1", "r1", "r2")),
        dies_after=rng.choice((10**6, rng.randint(0, 45))),
        stops_after=rng.choice((10**6, 10**6, rng.randint(0, 4))),
        trouble=rng.choice((0.0, 0.1, 0.4)),
        reads_all=rng.random() < 0.2,
    )


def _change_audience(simulation: Simulation) -> None:
    rng = simulation.rng
    for _ in range(rng.randint(0, 3)):
        customer = rng.choice((None, *CUSTOMERS))
        simulation.want(rng.choice(LISTS), rng.choice(NAMES), customer, rng.choice(PAYLOADS))
    if rng.random() < 0.4:
        simulation.hold(rng.choice((None, *LISTS)), rng.choice(NAMES), is_held=rng.random() < 0.6)


def _check_a_run_without_trouble(simulation: Simulation) -> None:
    world = simulation.world
    before = {name: set(world.members.get(world.names.get(name, ""), ())) for name in LISTS}
    ours = set(world.put_there_by_us)
    list_ids = dict(world.names)
    plan = run(simulation, Conditions())
    for name in LISTS:
        rows = _reaching_rows(simulation, name)
        wanted = {row.contact_id for row in rows}
        refused = {contact for list_name, contact in world.refused_members if list_name == name}
        after = world.members.get(world.names.get(name, ""), set())
        added = {change.contact_id for change in plan if (change.list_name, change.action) == (name, "add")}
        removed = {
            change.contact_id for change in plan if (change.list_name, change.action) == (name, "remove")
        }
        assert wanted - before[name] - refused <= added <= wanted - before[name]
        assert after == (before[name] | added - refused) - removed
        assert wanted - after <= refused
        if name == MIRROR:
            assert removed == before[name] - wanted
        else:
            put_there = {contact for list_id, contact in ours if list_id == list_ids.get(name)}
            assert put_there - wanted <= removed <= before[name] - wanted
        _check_properties(simulation, name)
        _check_statuses(simulation, name, after)


def _true_rows(simulation: Simulation, list_name: str) -> list[WantedRow]:
    """The audience of a list with the contacts that are true now; none for a rejected address."""
    rejected = simulation.rejected["r1"]
    found = {
        address: simulation.world.find(address)
        for (name, address) in simulation.audience
        if name == list_name and address not in rejected
    }
    return [
        row._replace(contact_id=contact[0] if (contact := found.get(row.address)) else None)
        for row in simulation.rows_of(list_name, "r1", 0)
    ]


def _reaching_rows(simulation: Simulation, list_name: str) -> list[WantedRow]:
    """Those of them that lead to a contact that may be on a list."""
    bounced = simulation.world.bounced
    rows = _true_rows(simulation, list_name)
    return [
        row
        for row in rows
        if row.contact_id and row.contact_id not in bounced and not _is_held(simulation, list_name, row)
    ]


def _is_held(simulation: Simulation, list_name: str, row: WantedRow) -> bool:
    """Whether the list must not reach the row's address or one of its contact's."""
    addresses = {row.address, *simulation.world.contacts.get(row.contact_id or "", [])}
    return not addresses.isdisjoint(simulation.held_addresses(list_name))


def _by(simulation: Simulation) -> Callable[[WantedRow], tuple[bool, str, str]]:
    """The order in which rows stand for their contact."""
    contacts = simulation.world.contacts
    return lambda row: (contacts[row.contact_id or ""][0] != row.address, row.customer_id, row.address)


def _check_properties(simulation: Simulation, list_name: str) -> None:
    """Each contact has the properties of its face, where that one is wanted on the list and has any."""
    everywhere = [row for name in LISTS for row in _reaching_rows(simulation, name)]
    here = _reaching_rows(simulation, list_name)
    for contact_id in {row.contact_id for row in here}:
        face = min((row for row in everywhere if row.contact_id == contact_id), key=_by(simulation))
        rows = [row for row in here if (row.contact_id, row.customer_id) == (contact_id, face.customer_id)]
        if rows:
            payload = min(rows, key=_by(simulation)).payload
            if payload is not None and payload not in simulation.world.refused_payloads:
                assert simulation.world.properties[contact_id or "", list_name] == payload


def _check_statuses(simulation: Simulation, list_name: str, members: set[str]) -> None:
    """Each row has the one status that is true."""
    rows = _true_rows(simulation, list_name)
    expected = {}
    for row in rows:
        same = [each for each in rows if each.contact_id == row.contact_id]
        if _is_held(simulation, list_name, row):
            status = "held_out"
        elif row.address in simulation.rejected["r1"]:
            status = "rejected_by_us"
        elif row.contact_id is None:
            status = "not_in_hubspot"
        elif row.contact_id in simulation.world.bounced:
            status = "excluded_by_consent"
        elif row != min(same, key=_by(simulation)):
            status = "same_contact"
        else:
            status = "on_list" if row.contact_id in members else "rejected_by_hubspot"
        expected[row.address] = status
    statuses = simulation.session.rows(
        f"select email, status from {MODELS}.hubspot_audience_status where list_name = ?", [list_name]
    )
    assert sorted(statuses) == sorted(expected.items())
