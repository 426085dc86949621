"""At most one run holds the lock, whatever the order of things, and somebody always gets it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pytest

from sync.lease import LEASE_SECONDS, Claim, decide_claim, is_dead


def claim(run_id: str, run_no: int | None = None) -> Claim:
    return Claim(run_id, run_no, "machine", 1, 0.0)


class TestDecideClaim:
    @pytest.mark.parametrize(
        ("others", "decision"),
        [
            ([], "won"),
            ([claim("a")], "lost"),
            ([claim("z")], "wait"),
            ([claim("a"), claim("z")], "lost"),
            ([claim("z", run_no=1)], "lost"),
            ([claim("a", run_no=1)], "lost"),
            ([claim("x"), claim("z", run_no=7)], "lost"),
        ],
    )
    def test_the_lower_id_and_whoever_has_started_come_first(
        self, others: list[Claim], decision: str
    ) -> None:
        assert decide_claim("m", others) == decision


@dataclass(frozen=True, slots=True)
class Claimant:
    """One process that wants the lock. `phase`: idle, claimed, won, started, lost or crashed."""

    run_id: str
    phase: str = "idle"

    @property
    def has_claim(self) -> bool:
        return self.phase in ("claimed", "won", "started")

    @property
    def has_won(self) -> bool:
        return self.phase in ("won", "started")


State = tuple[Claimant, ...]


def stepped(state: State, who: int) -> State:
    """The state after one claimant's next step: append its claim, read and decide, or start."""
    me = state[who]
    others = [
        claim(each.run_id, 1 if each.phase == "started" else None)
        for place, each in enumerate(state)
        if place != who and each.has_claim
    ]
    phase = me.phase
    if phase == "idle":
        phase = "claimed"
    elif phase == "claimed":
        phase = {"won": "won", "lost": "lost", "wait": "claimed"}[decide_claim(me.run_id, others)]
    elif phase == "won":
        phase = "started"
    return (*state[:who], replace(me, phase=phase), *state[who + 1 :])


@cache
def reachable(claimants: int, crashes: bool) -> dict[State, frozenset[State]]:
    """Every state that some order of steps leads to, with the states that can follow it."""
    start: State = tuple(Claimant("abc"[n]) for n in range(claimants))
    found: dict[State, frozenset[State]] = {}
    ahead = [start]
    while ahead:
        state = ahead.pop()
        if state in found:
            continue
        following = {stepped(state, who) for who in range(claimants)}
        if crashes:
            following |= {
                (*state[:who], replace(each, phase="crashed"), *state[who + 1 :])
                for who, each in enumerate(state)
                if each.has_claim
            }
        found[state] = frozenset(following - {state})
        ahead += found[state]
    return found


@pytest.mark.parametrize("claimants", [1, 2, 3])
class TestEveryOrderOfClaims:
    @pytest.mark.parametrize("crashes", [False, True])
    def test_at_most_one_wins(self, claimants: int, crashes: bool) -> None:
        states = reachable(claimants, crashes)
        assert len(states) > claimants
        assert all(sum(each.has_won for each in state) <= 1 for state in states)

    def test_in_the_end_exactly_one_has_won(self, claimants: int) -> None:
        ends = [state for state, following in reachable(claimants, False).items() if not following]
        assert ends
        for end in ends:
            assert sorted(each.phase for each in end) == ["lost"] * (claimants - 1) + ["started"]

    def test_a_crash_leaves_nobody_waiting_for_ever(self, claimants: int) -> None:
        ends = [state for state, following in reachable(claimants, True).items() if not following]
        assert ends
        assert all({each.phase for each in end} <= {"lost", "crashed"} for end in ends)
        # Those are the ends of crashes only; as long as someone lives, they can step until they started or lost.
        for state, following in reachable(claimants, True).items():
            for who, each in enumerate(state):
                if each.phase == "claimed" and sum(other.has_claim for other in state) == 1:
                    assert stepped(state, who)[who].phase == "won"
                    assert stepped(state, who) in following


class TestIsDead:
    HERE, THERE = "here", "there"

    @pytest.mark.parametrize(
        ("host", "runs", "silent", "settle", "dead"),
        [
            (HERE, False, 0, 0, True),
            (HERE, True, 0, 0, False),
            (HERE, False, 159, 160, False),
            (HERE, False, 160, 160, True),
            (HERE, True, 159, 160, False),
            (HERE, True, 160, 160, True),
            (HERE, True, LEASE_SECONDS - 1, 0, False),
            (HERE, True, LEASE_SECONDS, 0, True),
            (THERE, False, 0, 0, False),
            (THERE, False, LEASE_SECONDS - 1, 0, False),
            (THERE, False, LEASE_SECONDS, 0, True),
            (THERE, True, 160, 160, True),
            (THERE, True, LEASE_SECONDS, 160, False),
        ],
    )
    def test_silence_and_on_the_same_machine_the_process_tell(
        self, host: str, runs: bool, silent: float, settle: float, dead: bool
    ) -> None:
        other = Claim("a", 1, host, 4711, silent)
        asked: list[int] = []

        def is_running(pid: int) -> bool:
            asked.append(pid)
            return runs

        assert is_dead(other, settle, self.HERE, is_running) is dead
        assert set(asked) <= {4711}
        if host == self.THERE:
            assert asked == [], "a process id means nothing on another machine"
