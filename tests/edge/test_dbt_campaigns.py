"""Campaigns enrol, remember and hold: nobody moves who need not, and nobody held is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.campaign_project import CampaignProject, slot, treatments
from tests.dbt_project import Target


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CampaignProject:
    """A project of each engine in turn."""
    target: Target = request.param
    return CampaignProject(target, tmp_path_factory.mktemp(target))


@pytest.fixture
def team(warehouse: CampaignProject) -> CampaignProject:
    """That project without people, campaigns or memory."""
    warehouse.clear()
    return warehouse


on_duckdb = pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
"""For rules that no engine has a say in."""


def given(campaign: str, treatment: str, count: int, prefix: str = "c") -> list[str]:
    """Ids whose slots are in the half of a treatment that comes first (a) or last (control)."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        is_first = slot(campaign, f"crm:{prefix}{number}") < 500
        if is_first == (treatment == "a"):
            found.append(f"{prefix}{number}")
    return found


def test_moving_a_treatment_from_50_to_60_per_cent_moves_a_tenth_and_nobody_else(
    team: CampaignProject,
) -> None:
    team.add_many(2000)
    team.declare("first", treatments=treatments(("a", 50), ("control", 50)))
    team.build()
    before = team.assignments()
    team.declare("first", treatments=treatments(("a", 60), ("control", 40)))
    team.rebuild()
    after = team.assignments()
    moved = {
        (before[customer], after[customer]) for customer in before if before[customer] != after[customer]
    }
    count = sum(before[customer] != after[customer] for customer in before)
    assert moved == {("control", "a")}
    # 200 are expected, with a standard deviation of 13.4; ids are the same every time.
    assert abs(count - 200) <= 3 * 13.4
    ((rows,),) = team.query("select count(*) from campaign_first where build_no = 2")
    assert rows == count


def test_everybodys_slot_is_as_documented(team: CampaignProject) -> None:
    team.add_many(300)
    team.declare("first", treatments=treatments(("a", 50), ("control", 50)))
    team.build()
    rows = team.query("select customer_id, slot, treatment from campaign_members")
    assert len(rows) == 300
    for customer_id, number, treatment in rows:
        assert number == slot("first", customer_id)
        assert treatment == ("a" if number < 500 else "control")


@on_duckdb
def test_campaigns_draw_independently(team: CampaignProject) -> None:
    team.add_many(1000)
    team.declare("first")
    team.declare("second", treatments=treatments(("b", 50), ("control", 50)))
    team.build()
    first, second = team.assignments("first"), team.assignments("second")
    in_both = sum(first[customer] == "a" and second[customer] == "b" for customer in first)
    assert abs(in_both - 250) <= 3 * 13.7


def test_new_customers_and_a_full_refresh_move_nobody(team: CampaignProject) -> None:
    team.add_many(200)
    team.declare("first")
    team.build()
    before = team.assignments()
    team.add_many(300, prefix="new")
    team.build("--full-refresh")
    after = team.assignments()
    assert len(after) == 500
    assert {customer: after[customer] for customer in before} == before
    ((rows,),) = team.query("select count(*) from campaign_first")
    assert rows == 500


def test_who_leaves_is_remembered_and_comes_back_to_the_same_slot(team: CampaignProject) -> None:
    (leaver,) = given("first", "a", 1)
    team.add(leaver)
    team.declare("first", exclude=["segment_staff"])
    team.build()
    team.query("update people set surname = 'Staff'")
    team.build()
    assert team.assignments() == {}
    team.query("update people set surname = null")
    team.build()
    assert team.assignments() == {leaver: "a"}
    rows = team.query("select slot, treatment, is_active, build_no from campaign_first order by build_no")
    number = slot("first", f"crm:{leaver}")
    assert rows == [(number, "a", True, 1), (number, "a", False, 2), (number, "a", True, 3)]


def test_a_build_that_is_told_to_read_no_rows_lets_nobody_leave(team: CampaignProject) -> None:
    team.add_many(50)
    team.declare("first")
    team.build()
    team.run("run", "--select", "campaign_first", "--empty")
    assert team.query("select count(*), max(build_no) from campaign_first") == [(50, 1)]


@on_duckdb
def test_a_campaign_built_without_its_slots_keeps_its_control_group(team: CampaignProject) -> None:
    team.add_many(50)
    team.declare("first")
    team.build()
    before = team.assignments()
    team.declare(
        "first",
        sub_audiences=[{"name": "all"}],
        treatments=[
            {"name": "a", "percent": 50, "list": "A"},
            {"name": "held", "percent": 50, "control": True},
        ],
    )
    team.run("run", "--select", "campaign_first campaign_members")
    assert team.assignments() == before
    team.rebuild()
    assert team.assignments() == {
        customer: "held" if treatment == "control" else treatment for customer, treatment in before.items()
    }


@on_duckdb
def test_a_build_without_a_change_adds_no_row(team: CampaignProject) -> None:
    team.add_many(50)
    team.declare("first")
    team.build()
    team.rebuild()
    assert team.query("select count(*), max(build_no) from campaign_first") == [(50, 1)]
    assert team.query("select count(*) from campaign_slots where campaign = 'first'") == [(1000,)]


def test_the_first_condition_that_fits_decides_and_who_fits_none_is_left_out(team: CampaignProject) -> None:
    team.add("both", country="AT", given="Lena")
    team.add("second", country="DE", given="Lena")
    team.add("none", country="DE", given="Max")
    own = treatments(("b", 100))
    team.declare(
        "first",
        sub_audiences=[
            {"name": "It's AT", "where": "country = 'AT'", "treatments": own},
            {"name": "Lenas", "where": "given_name = 'Lena'"},
        ],
    )
    team.build()
    rows = team.query("select customer_id, sub_audience from campaign_members order by customer_id")
    assert rows == [("crm:both", "It's AT"), ("crm:second", "Lenas")]
    assert team.assignments()["both"] == "b"


@on_duckdb
def test_a_customer_stays_in_its_sub_audience_until_that_is_gone(team: CampaignProject) -> None:
    team.add("x", country="AT")
    at, rest = {"name": "at", "where": "country = 'AT'"}, {"name": "rest"}
    team.declare("first", sub_audiences=[at, rest])
    team.build()
    team.query("update people set country = 'DE'")
    team.build()
    assert team.query("select sub_audience from campaign_members") == [("at",)]
    team.declare("first", sub_audiences=[{**at, "name": "austria"}, rest])
    team.rebuild()
    assert team.query("select sub_audience from campaign_members") == [("rest",)]


@on_duckdb
def test_nobody_comes_in_before_the_start_nor_leaves_or_comes_in_after_the_end(team: CampaignProject) -> None:
    team.add("x")
    team.declare("first", starts_on="2026-11-10", ends_on="2026-11-20", exclude=["segment_staff"])
    team.build(variables={"as_of": "2026-11-09 23:59:59"})
    assert team.assignments() == {}
    team.rebuild({"as_of": "2026-11-10 00:00:00"})
    assert set(team.assignments()) == {"x"}
    team.add("y")
    team.build(variables={"as_of": "2026-11-19 23:59:59"})
    assert set(team.assignments()) == {"x", "y"}
    before = team.assignments()
    team.add("z")
    team.declare(
        "first",
        include=["segment_staff"],
        starts_on="2026-11-10",
        ends_on="2026-11-20",
        treatments=treatments(("a", 99), ("control", 1)),
    )
    team.build(variables={"as_of": "2026-11-20 00:00:00"})
    assert team.assignments() == before


def test_a_one_time_campaign_is_fixed_by_the_first_build_after_its_start(team: CampaignProject) -> None:
    team.add("x")
    team.declare("first", kind="one_time", starts_on="2026-11-10")
    team.build(variables={"as_of": "2026-11-09 23:59:59"})
    assert team.assignments() == {}
    team.rebuild({"as_of": "2026-11-11 00:00:00"})
    before = team.assignments()
    assert set(before) == {"x"}
    team.add("y")
    team.query("update people set country = 'AT'")
    changed = [{"name": "nobody", "where": "country = 'DE'"}]
    team.declare("first", kind="one_time", starts_on="2026-11-10", sub_audiences=changed)
    team.build(variables={"as_of": "2026-12-01 00:00:00"})
    assert team.assignments() == before


def test_suppression_and_exclusion_hold_also_in_a_campaign_that_is_over(team: CampaignProject) -> None:
    period: dict[str, Any] = {
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-20",
        "exclude": ["segment_staff"],
    }
    team.add("stays", "stopped", "staff")
    team.declare("first", treatments=treatments(("a", 100)), **period)
    team.build()
    assert team.wanted() == {("A", "stays"), ("A", "stopped"), ("A", "staff")}
    team.query("insert into stop values ('email', 'stopped@example.com')")
    team.query("update people set surname = 'Staff' where id = 'staff'")
    team.build(variables={"as_of": "2026-12-01 00:00:00"})
    assert set(team.assignments()) == {"stays", "stopped", "staff"}
    assert team.wanted() == {("A", "stays")}


def test_control_wins_where_enrolled_customers_merge_and_comes_apart_again(team: CampaignProject) -> None:
    (treated,), (control,) = given("first", "a", 1), given("first", "control", 1)
    team.add(treated, since="2018-01-01 00:00:00")
    team.add(control, since="2020-01-01 00:00:00")
    team.declare("first")
    team.build()
    assert team.assignments() == {treated: "a", control: "control"}
    team.query("update people set card = '77'")
    team.build()
    assert team.assignments() == {treated: "control"}
    assert team.wanted() == set()
    held = team.query("select list_name, email_key, reason from campaign_holds order by email_key")
    assert held == [("A", f"{each}@example.com", "control") for each in sorted([treated, control])]
    team.query("update people set card = null")
    team.build()
    assert team.assignments() == {treated: "a", control: "control"}


@on_duckdb
def test_control_of_a_merged_customer_is_that_of_today(team: CampaignProject) -> None:
    (treated,), (control,) = given("first", "a", 1), given("first", "control", 1)
    team.add(treated, control)
    team.declare("first")
    team.build()
    team.query("update people set card = '77'")
    team.declare("first", treatments=treatments(("a", 100)))
    team.build()
    assert list(team.assignments().values()) == ["a"]


def test_an_enrolment_follows_a_customer_to_its_new_id_and_stays_where_it_splits(
    team: CampaignProject,
) -> None:
    (older,), (enrolled,) = given("first", "control", 1, "o"), given("first", "a", 1)
    team.add(older, since="2010-01-01 00:00:00", surname="Staff")
    team.build()
    team.add(enrolled)
    team.declare("first", exclude=["segment_staff"])
    team.build()
    assert team.assignments() == {enrolled: "a"}
    team.query("update people set card = '77', surname = null")
    team.build()
    # By its own slot the older customer would be control, but it goes by the enrolment of the other id.
    assert team.assignments() == {older: "a"}
    assert team.query("select slot from campaign_members") == [(slot("first", f"crm:{enrolled}"),)]
    team.query(f"update people set card = null where id = '{older}'")
    team.build()
    assert team.assignments() == {enrolled: "a", older: "control"}


@on_duckdb
def test_of_two_enrolments_the_first_counts_where_nobody_is_control(team: CampaignProject) -> None:
    parts = treatments(("a", 50), ("b", 50))
    (late,), (early,) = given("first", "a", 1), given("first", "control", 1)
    team.add(early)
    team.declare("first", treatments=parts)
    team.build()
    team.add(late, since="2010-01-01 00:00:00")
    team.build()
    team.query("update people set card = '77'")
    team.build()
    assert list(team.assignments().values()) == ["b"]


def test_an_address_of_somebody_in_control_is_wanted_for_nobody(team: CampaignProject) -> None:
    (treated,), (control,) = given("first", "a", 1), given("first", "control", 1)
    team.add(treated, mail="home@example.com", born="1980-05-05")
    team.add(control, mail="own@example.com", born="1981-06-06", card="1")
    team.add("second-record", mail="Home@Example.com", born="1981-06-06", card="1")
    team.declare("first")
    team.build()
    assert team.assignments() == {treated: "a", control: "control"}
    assert team.wanted() == set()


@on_duckdb
def test_a_suppressed_address_that_no_customer_has_is_held_for_every_list(team: CampaignProject) -> None:
    team.query("insert into stop values (' Email', 'Gone@example.com'), ('phone', '+43 1 5550100')")
    team.declare("first")
    team.build()
    held = team.query("select list_name, campaign, customer_id, email_key, reason from campaign_holds")
    assert held == [(None, None, None, "gone@example.com", "suppressed")]


@on_duckdb
def test_a_var_of_holds_that_is_left_empty_lets_go_of_nobody(team: CampaignProject) -> None:
    asked = ("compile", "--inline", "{{ hubspot_sync.hubspot_holds_source() }}")
    nodes: Any = team.run(*asked, variables={"hubspot_holds_source": None}).result
    assert nodes.results[0].node.compiled_code == "campaign_holds"


@on_duckdb
def test_a_list_that_a_treatment_has_no_more_stays_held(team: CampaignProject) -> None:
    (control,) = given("first", "control", 1)
    team.add(control, *given("first", "a", 1))
    team.declare("first")
    team.build()
    other = treatments(("b", 50), ("control", 50))
    team.declare("first", treatments=other)
    team.rebuild()
    lists = team.query(f"select list_name from campaign_holds where customer_id = 'crm:{control}' order by 1")
    assert lists == [("A",), ("B",)]


def test_a_customer_in_several_campaigns_is_on_all_their_lists_or_on_that_of_the_first(
    team: CampaignProject,
) -> None:
    team.add_many(40)
    team.declare("first")
    team.declare("second", treatments=treatments(("b", 100)))
    team.build()
    treated = {customer for customer, treatment in team.assignments("first").items() if treatment == "a"}
    everybody = set(team.assignments("second"))
    assert team.wanted() == {("A", each) for each in treated} | {("B", each) for each in everybody}
    team.rebuild({"hubspot_campaign_overlap": "highest_priority"})
    assert team.wanted() == {("A", each) for each in treated}
    rows = team.query(
        "select campaign, overruled_by, count(*) from campaign_members group by 1, 2 order by 1"
    )
    assert rows == [("first", None, 40), ("second", "first", 40)]


@on_duckdb
def test_a_campaign_that_is_over_keeps_nobody_from_another(team: CampaignProject) -> None:
    team.add("x")
    team.declare("first", treatments=treatments(("a", 100)), ends_on="2026-11-20")
    team.declare("second", treatments=treatments(("b", 100)))
    policy = {"hubspot_campaign_overlap": "highest_priority"}
    team.build(variables=policy)
    assert team.wanted() == {("A", "x")}
    team.rebuild({**policy, "as_of": "2026-11-20 00:00:00"})
    assert team.wanted() == {("A", "x"), ("B", "x")}


def shares(*parts: tuple[str, float]) -> list[dict[str, Any]]:
    """Treatments without a control group; the first has the list."""
    return [
        {"name": name, "percent": percent, **({"list": "A"} if number == 0 else {})}
        for number, (name, percent) in enumerate(parts)
    ]


@on_duckdb
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((("a", 50), ("b", 50)), (("b", 40), ("a", 60))),
        ((("a", 30), ("b", 30), ("c", 40)), (("c", 50), ("a", 20), ("b", 30))),
        ((("a", 30), ("b", 30), ("c", 40)), (("b", 45.5), ("c", 24.5), ("a", 30))),
        ((("a", 30), ("b", 30), ("c", 40)), (("b", 60), ("a", 40))),
        ((("a", 90), ("b", 10)), (("new", 33.3), ("a", 33.3), ("b", 33.4))),
        ((("a", 0.1), ("b", 99.9)), (("a", 99.9), ("b", 0.1))),
    ],
)
def test_only_as_many_slots_move_as_must(
    team: CampaignProject, before: tuple[tuple[str, float], ...], after: tuple[tuple[str, float], ...]
) -> None:
    team.declare("first", treatments=shares(*before))
    team.run("run", "--select", "campaign_slots")
    had = team.slots()
    assert team.slot_counts() == {name: round(percent * 10) for name, percent in before}
    team.declare("first", treatments=shares(*after))
    team.run("run", "--select", "campaign_slots")
    assert team.slot_counts() == {name: round(percent * 10) for name, percent in after}
    moved = sum(had[number] != treatment for number, treatment in team.slots().items())
    gains = (max(0, round(percent * 10) - round(dict(before).get(name, 0) * 10)) for name, percent in after)
    assert moved == sum(gains)


def test_the_sample_ratio_is_checked_over_those_who_come_in(team: CampaignProject) -> None:
    check = ("test", "--select", "assert_campaign_sample_ratios")
    team.add_many(400)
    team.declare("first")
    team.build()
    team.run(*check)
    # Leaving may be an effect of the treatment, so it is no sign of a wrong draw.
    team.query(
        "insert into campaign_first select campaign, customer_id, slot, sub_audience, treatment, is_control, "
        "list_name, false, 2, assigned_at from campaign_first where treatment = 'a'"
    )
    team.run(*check)
    wrong = (
        "insert into campaign_first select campaign, 'x' || n, slot, sub_audience, treatment, is_control, list_name, "
        "is_active, build_no, assigned_at from (select * from campaign_first where treatment = 'a' and build_no = 1 "
        "limit 1) as one cross join generate_series({}, {}) as numbers(n)"
    )
    team.query(wrong.format(1, 40))
    team.run(*check)
    team.query(wrong.format(41, 80))
    assert not team.invoke(*check).success


def test_attributes_come_from_their_sources_and_a_campaign_may_take_others(team: CampaignProject) -> None:
    team.add("x", given="Lena", country="AT")
    team.query("insert into favourites values ('crm:x', 'Acme \"A\"', 7)")
    team.declare("first", treatments=treatments(("a", 100)))
    team.declare(
        "second",
        treatments=treatments(("b", 100)),
        attributes={
            "first_name": {"column": "country"},
            "orders": {"column": "visits", "source": "favourites_of_customers"},
            "brand": {"column": "brand"},
        },
    )
    team.build("favourites_of_customers")
    own = dict(team.query("select campaign, properties from campaign_audience"))
    assert own == {
        "first": '{"first_name":"Lena","orders":"0"}',
        "second": '{"first_name":"AT","orders":"7","brand":"Acme \\"A\\""}',
    }
    team.query("delete from favourites")
    team.rebuild()
    # Only a campaign that writes a property may empty it.
    own = dict(team.query("select campaign, properties from campaign_audience"))
    assert own["first"] == '{"first_name":"Lena","orders":"0"}'
    assert own["second"] == '{"first_name":"AT","brand":""}'


@on_duckdb
def test_a_column_that_a_source_does_not_have_is_named(
    team: CampaignProject, capsys: pytest.CaptureFixture[str]
) -> None:
    team.add("x")
    team.declare("first", attributes={"first_name": {"column": "nickname"}})
    assert not team.invoke("run", "--select", "+campaign_audience").success
    words = (
        "Campaign first, key 'attributes', property 'first_name': column 'nickname': merged_customers has no"
    )
    assert words in capsys.readouterr().out


def shared(name: str, says_so: bool) -> list[dict[str, Any]]:
    """Treatments of which one fills list A, half and half with the control group."""
    treatment = {"name": name, "percent": 50, "list": "A", "shared_list": says_so}
    return [treatment, {"name": "control", "percent": 50, "control": True}]


@on_duckdb
def test_two_campaigns_share_a_list_only_where_both_say_so(
    team: CampaignProject, capsys: pytest.CaptureFixture[str]
) -> None:
    team.declare("first", treatments=shared("x", True))
    team.declare("second", treatments=shared("y", False))
    assert not team.invoke("run", "--select", "campaign_slots").success
    words = (
        "Campaign second, key 'treatments', treatment 'y': list 'A' is also filled by campaign first. Give"
    )
    assert words in capsys.readouterr().out


@on_duckdb
def test_whom_one_campaign_holds_is_held_for_a_list_that_it_shares(team: CampaignProject) -> None:
    team.add_many(40)
    team.declare("first", treatments=shared("x", True))
    team.declare("second", treatments=shared("y", True))
    team.build()
    first, second = team.assignments("first"), team.assignments("second")
    free = {customer for customer in first if "control" not in (first[customer], second[customer])}
    assert team.wanted() == {("A", customer) for customer in free}
    assert 0 < len(free) < 30
