"""Each guard objects above its limit, not at it, and `--allow` lets it pass for one run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.config import ALLOWABLE_GUARDS, Flags, Job
from sync.guards import object_to
from sync.records import DeclaredList
from sync.results import AudienceBuild, ListPlan, Objection

JOB = Job(
    flags=Flags(sends=True),
    token="t",
    base_url="https://api.hubapi.com",
    api_version="v3",
    portal_id="1",
    workers=1,
    requests_per_10_seconds=None,
    limit_share_percent=90,
    daily_budget=None,
    timeout_seconds=60,
    settle_seconds=160,
    membership_batch=500,
    max_shrink_percent=30,
    max_growth_percent=100,
    max_rejected_percent=25,
    small_change=20,
    max_newly_rejected_percent=1,
    max_age_hours=36,
    reading_days=7,
    fast_lane=True,
)
BUILT = AudienceBuild(seconds_old=3600, failed=0)
FINE = ListPlan("VIP", "811", members=1000, wanted=1000, add=10, remove=10, update=5, was_complete=True)


def objections(
    *plans: ListPlan,
    rejected: int = 0,
    max_members: int | None = None,
    allow: frozenset[str] = frozenset(),
    job: Job = JOB,
    build: AudienceBuild = BUILT,
) -> list[Objection]:
    declared = [DeclaredList(plan.list_name, "managed", max_members) for plan in plans]
    counted = [replace(plan, rejected=rejected) for plan in plans]
    return object_to(counted, declared, build, replace(job, flags=Flags(sends=True, allow=allow)))


def guards(*plans: ListPlan, **given: int) -> list[str]:
    return [each.guard for each in objections(*plans, **given)]  # type: ignore[arg-type]


def test_an_ordinary_plan_meets_no_objection() -> None:
    assert objections(FINE) == []
    assert objections() == []


class TestEmpty:
    def test_no_row_for_any_list_is_one_objection(self) -> None:
        gone = replace(FINE, wanted=0, add=0, remove=1000)
        (objection,) = objections(gone, replace(gone, list_name="Other"))
        assert objection.guard == "empty"
        assert objection.list_name is None

    def test_also_before_anything_was_ever_sent(self) -> None:
        assert guards(ListPlan("VIP", None, members=0, wanted=0)) == ["empty"]

    def test_no_row_for_one_list_that_has_members(self) -> None:
        (objection,) = objections(FINE, ListPlan("Other", "812", members=3, wanted=0, remove=3))
        assert (objection.guard, objection.list_name) == ("empty", "Other")
        assert "'Other' would lose all of its 3 members" in objection.sentence

    def test_an_empty_list_may_stay_empty(self) -> None:
        assert guards(FINE, ListPlan("Other", "812", members=0, wanted=0)) == []

    def test_a_single_row_is_not_nothing(self) -> None:
        assert guards(ListPlan("VIP", "811", members=3, wanted=1, remove=2)) == []


class TestShrink:
    @pytest.mark.parametrize(
        ("members", "remove", "trips"),
        [
            (1000, 300, False),
            (1000, 301, True),
            (40, 20, False),  # a small change, whatever its share
            (40, 21, True),
            (0, 20, False),
            (0, 21, True),  # a share that cannot be computed
        ],
    )
    def test_trips_above_its_share_of_the_members(self, members: int, remove: int, trips: bool) -> None:
        plan = replace(FINE, members=members, remove=remove, add=0)
        assert guards(plan) == (["shrink"] if trips else [])

    def test_says_how_much_and_what_to_do(self) -> None:
        (objection,) = objections(replace(FINE, members=2000, remove=1500))
        assert "'VIP' would lose 1,500 of 2,000 members (75 %, limit 30 %)" in objection.sentence
        assert "--allow shrink" in objection.sentence


class TestGrowth:
    @pytest.mark.parametrize(
        ("members", "add", "trips"),
        [
            (1000, 1000, False),
            (1000, 1001, True),
            (1, 20, False),
            (1, 21, True),
            (0, 1_000_000, False),  # a first load
        ],
    )
    def test_trips_above_its_share_of_the_members(self, members: int, add: int, trips: bool) -> None:
        assert guards(replace(FINE, members=members, add=add, remove=0)) == (["growth"] if trips else [])

    def test_a_list_that_was_never_complete_is_still_on_its_first_load(self) -> None:
        """After `--limit 10`, or an interruption, the rest may come in one go."""
        assert guards(replace(FINE, members=10, add=5_000, remove=0, was_complete=False)) == []

    @pytest.mark.parametrize(
        ("members", "add", "remove", "trips"),
        [(0, 50, 0, False), (0, 51, 0, True), (45, 10, 5, False), (45, 10, 4, True), (50, 0, 0, False)],
    )
    def test_max_members_holds_on_a_first_load_too(
        self, members: int, add: int, remove: int, trips: bool
    ) -> None:
        plan = replace(FINE, members=members, add=add, remove=remove)
        assert guards(plan, max_members=50) == (["growth"] if trips else [])

    def test_says_how_much_and_what_to_do(self) -> None:
        (objection,) = objections(replace(FINE, members=100, add=250, remove=0))
        assert "'VIP' would gain 250 members on top of 100 (250 %, limit 100 %)" in objection.sentence
        (objection,) = objections(replace(FINE, members=0, add=51, remove=0), max_members=50)
        assert "'VIP' would have 51 members, more than its max_members of 50" in objection.sentence
        assert "--allow growth" in objection.sentence


class TestRejected:
    @pytest.mark.parametrize(
        ("wanted", "rejected", "trips"),
        [(1000, 250, False), (1000, 251, True), (20, 20, False), (21, 21, True)],
    )
    def test_trips_above_its_share_of_the_rows(self, wanted: int, rejected: int, trips: bool) -> None:
        assert guards(replace(FINE, wanted=wanted), rejected=rejected) == (["rejected"] if trips else [])

    def test_says_how_many_and_where_to_look(self) -> None:
        (objection,) = objections(FINE, rejected=500)
        assert "500 of the 1,000 addresses for 'VIP' are rejected (50 %, limit 25 %)" in objection.sentence
        assert "hubspot_rejected_emails" in objection.sentence


EVERYTHING = (
    replace(FINE, wanted=1000, members=100, remove=50, add=200),
    replace(FINE, list_name="Other", wanted=0),
)


def test_all_objections_come_at_once() -> None:
    found = objections(*EVERYTHING, rejected=300)
    assert [(each.list_name, each.guard) for each in found] == [
        ("VIP", "shrink"),
        ("VIP", "growth"),
        ("VIP", "rejected"),
        ("Other", "empty"),
        ("Other", "rejected"),
    ]
    for each in found:
        assert each.allowable
        assert f"--allow {each.guard}" in each.sentence


@pytest.mark.parametrize("allowed", ALLOWABLE_GUARDS)
def test_allow_lets_pass_what_it_names_and_nothing_else(allowed: str) -> None:
    every = {each.guard for each in objections(*EVERYTHING, rejected=300)}
    left = {each.guard for each in objections(*EVERYTHING, rejected=300, allow=frozenset({allowed}))}
    assert left == every - {allowed}


def test_every_guard_that_objects_is_a_word_for_allow() -> None:
    purged = replace(FINE, newly_rejected=900)
    found = objections(*EVERYTHING, purged, rejected=300, build=AudienceBuild(None, 1))
    assert {each.guard for each in found} == set(ALLOWABLE_GUARDS)


def test_the_limits_are_those_of_the_job() -> None:
    plan = replace(FINE, members=1000, remove=100, add=100)
    assert objections(plan, rejected=100) == []
    strict = replace(JOB, max_shrink_percent=5, max_growth_percent=5, max_rejected_percent=5)
    assert {each.guard for each in objections(plan, rejected=100, job=strict)} == {
        "shrink",
        "growth",
        "rejected",
    }
    assert objections(plan, rejected=100, job=replace(strict, small_change=100)) == []


class TestNewlyRejected:
    """A new ruleset must not empty lists: people still wanted whose address is rejected by now are counted."""

    def test_above_its_limit_it_objects(self) -> None:
        plan = replace(FINE, members=2_000, wanted=2_000, newly_rejected=21)
        (objection,) = objections(plan)
        assert (objection.guard, objection.list_name) == ("newly_rejected", "VIP")
        assert "21 of the 2,000 members" in objection.sentence
        assert objections(plan, allow=frozenset({"newly_rejected"})) == []

    def test_at_its_limit_or_for_a_few_rows_it_does_not(self) -> None:
        assert guards(replace(FINE, members=3_000, wanted=3_000, newly_rejected=30)) == []
        assert guards(replace(FINE, members=30, wanted=1_000, add=0, remove=0, newly_rejected=20)) == []


class TestBuild:
    @pytest.mark.parametrize(
        ("seconds_old", "expected"), [(36 * 3600, []), (36 * 3600 + 1, ["stale"]), (None, ["stale"])]
    )
    def test_an_audience_older_than_its_limit_or_of_unknown_age_is_stale(
        self, seconds_old: float | None, expected: list[str]
    ) -> None:
        found = objections(FINE, build=AudienceBuild(seconds_old, 0))
        assert [each.guard for each in found] == expected

    def test_without_a_limit_age_does_not_matter(self) -> None:
        build = AudienceBuild(None, None)
        assert objections(FINE, build=build, job=replace(JOB, max_age_hours=None)) == []

    def test_a_failed_node_above_the_audience_objects(self) -> None:
        (objection,) = objections(FINE, build=AudienceBuild(60, 2))
        assert objection.guard == "failed_build"
        assert "2 nodes above hubspot_audience failed" in objection.sentence

    def test_both_can_be_allowed(self) -> None:
        allow = frozenset({"stale", "failed_build"})
        assert objections(FINE, build=AudienceBuild(None, 2), allow=allow) == []
