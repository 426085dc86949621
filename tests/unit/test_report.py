"""The report says what became of every row, in each of its forms, without an address in full."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync.forecast import forecast
from sync.report import LABELS, as_figures, as_json, as_markdown, as_text
from sync.results import STATUSES, ListPlan, ListReport, Objection, RejectedRows, Report

VIP = ListReport(
    plan=ListPlan("VIP", "811", members=1000, wanted=1250, add=200, remove=30, update=4),
    statuses={
        "on_list": 1168,
        "same_contact": 5,
        "not_in_hubspot": 40,
        "rejected_by_us": 20,
        "rejected_by_hubspot": 5,
        "held_out": 2,
        "excluded_by_consent": 4,
        "failed": 3,
        "not_sent": 3,
    },
    outcomes={"add": {"applied": 190, "already_so": 10}, "remove": {"applied": 30}},
)
NEW = ListReport(ListPlan("A | B", None, members=0, wanted=0), statuses={}, outcomes={})
REPORT = Report(
    run_no=7,
    status="done",
    portal_id="12345678",
    ruleset="rules-1",
    lists=(VIP, NEW),
    objections=(Objection("shrink", "VIP", "'VIP' would lose too much."),),
    rejected=(
        RejectedRows("VIP", "tld", 12, "an***@gmail.con", "an***@gmail.com"),
        RejectedRows("VIP", "no_at", 8, "no***", None),
    ),
    rejected_sql="select * from rejected",
    requests=42,
    contact_requests=7,
    seconds=12.345,
)


def test_every_status_has_a_label_for_people() -> None:
    assert set(LABELS) == set(STATUSES)
    assert len(set(LABELS.values())) == len(STATUSES)


class TestForecast:
    FORECAST = forecast(
        [
            ListPlan("VIP", "811", members=1000, wanted=0, add=501, remove=1, update=101),
            ListPlan("Mirror", "812", members=1000, wanted=0),
            ListPlan("New", None, members=0, wanted=0, add=5),
        ],
        lookups_due=201,
        mirrors=["Mirror"],
        membership_batch=500,
        reads_values=True,
        per_10_seconds=90,
        requests_left=None,
    )
    PLAN = replace(REPORT, status="planned", forecast=FORECAST)

    def test_counts_what_a_run_would_ask(self) -> None:
        assert (self.FORECAST.lookups, self.FORECAST.lists, self.FORECAST.changes) == (
            3,
            2 + 3 + 4,
            2 + 1 + 2 * 2 + 2,
        )
        assert self.FORECAST.requests == 21
        assert self.FORECAST.minutes == pytest.approx(21 / 540)

    @pytest.mark.parametrize(
        ("requests_left", "lookups"), [(0, 1), (1, 1), (5, 2), (6, 2), (7, 3), (99, 3)], ids=str
    )
    def test_counts_the_lookups_that_the_budget_lets_a_run_make(
        self, requests_left: int, lookups: int
    ) -> None:
        told = forecast(
            [],
            lookups_due=201,
            mirrors=[],
            membership_batch=500,
            reads_values=True,
            per_10_seconds=90,
            requests_left=requests_left,
        )
        assert told.lookups == lookups

    def test_is_in_every_form_of_a_plan(self) -> None:
        line = "A run now: 21 requests (3 lookups, 9 about lists, 9 changes), 0.0 minutes at 90 in 10 s"
        assert line in as_text(self.PLAN)
        assert line in as_markdown(self.PLAN)
        assert json.loads(as_json(self.PLAN))["forecast"]["requests"] == 21

    def test_is_in_none_of_a_run(self) -> None:
        assert "A run now" not in as_text(REPORT) + as_markdown(REPORT)
        assert "forecast" not in json.loads(as_json(REPORT))


class TestFigures:
    def test_are_the_counts_of_each_list(self) -> None:
        assert as_figures(REPORT) == {
            "requests": 42,
            "contact_requests": 7,
            "lists": {
                "VIP": {
                    "wanted": 1250,
                    "members_before": 1000,
                    "planned": {"add": 200, "remove": 30, "update": 4},
                    "statuses": VIP.statuses,
                    "outcomes": VIP.outcomes,
                },
                "A | B": {
                    "wanted": 0,
                    "members_before": 0,
                    "planned": {"add": 0, "remove": 0, "update": 0},
                    "statuses": {},
                    "outcomes": {},
                },
            },
        }

    def test_hold_no_address_not_even_masked(self) -> None:
        assert "@" not in json.dumps(as_figures(REPORT))


class TestJson:
    def test_holds_all_of_it_and_the_same_figures(self) -> None:
        whole = json.loads(as_json(REPORT))
        assert {name: whole[name] for name in as_figures(REPORT)} == as_figures(REPORT)
        assert (whole["run_no"], whole["status"], whole["portal_id"]) == (7, "done", "12345678")
        assert (whole["ruleset"], whole["seconds"]) == ("rules-1", 12.3)
        assert whole["objections"] == [
            {"guard": "shrink", "list_name": "VIP", "sentence": "'VIP' would lose too much."}
        ]
        assert [(each["code"], each["rows"]) for each in whole["rejected"]] == [("tld", 12), ("no_at", 8)]
        assert whole["rejected_sql"] == "select * from rejected"

    def test_the_same_report_is_the_same_text(self) -> None:
        assert as_json(REPORT) == as_json(replace(REPORT))


class TestText:
    LINES = as_text(REPORT).splitlines()

    def test_begins_with_the_run_and_how_it_ended(self) -> None:
        assert self.LINES[0] == "Run 7 · done · portal 12345678 · 12.3 s"

    def test_accounts_for_every_row(self) -> None:
        counted = [
            line.split(maxsplit=1)
            for line in self.LINES
            if line.startswith("  ") and line.split()[0][0].isdigit()
        ]
        figures = {label: int(count.replace(",", "")) for count, label in counted}
        assert {status: figures[LABELS[status]] for status in STATUSES} == VIP.statuses
        assert sum(VIP.statuses.values()) == VIP.plan.wanted == 1250
        assert "      1,250  audience rows" in self.LINES

    def test_leaves_out_what_is_nothing(self) -> None:
        statuses = {"on_list": 3, "failed": 0}
        text = as_text(replace(REPORT, lists=(replace(VIP, statuses=statuses, outcomes={}),)))
        assert LABELS["failed"] not in text

    def test_says_what_was_done_with_which_outcome(self) -> None:
        assert "  add: 10 already so, 190 applied" in self.LINES
        assert "  remove: 30 applied" in self.LINES

    @pytest.mark.parametrize(("status", "verb"), [("planned", "would"), ("done", "planned:")])
    def test_a_plan_speaks_of_what_it_would_do(self, status: str, verb: str) -> None:
        text = as_text(replace(REPORT, status=status))
        assert f"  {verb} add 200, remove 30, update properties of 4\n" in text
        assert f"  {verb} change nothing\n" in text

    def test_tells_lists_apart_that_are_not_there_yet(self) -> None:
        assert "List 'VIP' (HubSpot list 811), 1,000 members before" in self.LINES
        assert "List 'A | B' (not in HubSpot yet), 0 members before" in self.LINES

    def test_shows_each_reason_of_rejection_masked_and_where_to_see_it_all(self) -> None:
        text = "\n".join(self.LINES)
        assert "12  tld                an***@gmail.con  perhaps an***@gmail.com" in text
        assert "8  no_at              no***\n" in text
        assert "  in full: select * from rejected" in self.LINES

    def test_lists_every_objection(self) -> None:
        assert "Objection: 'VIP' would lose too much." in self.LINES

    def test_ends_with_what_it_cost(self) -> None:
        assert self.LINES[-1] == "Requests to HubSpot: 42, of these about contacts: 7"


class TestMarkdown:
    LINES = as_markdown(REPORT).splitlines()

    def test_is_a_table_with_a_row_for_each_list(self) -> None:
        assert self.LINES[0] == "### HubSpot sync: run 7, done"
        assert "| VIP | 1,000 | 200 | 30 | 4 | 1,250 | 20 | 40 |" in self.LINES
        assert all(line.count("|") == 9 for line in self.LINES[2:5])

    def test_a_name_cannot_break_the_table(self) -> None:
        assert "| A \\| B | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in self.LINES

    @pytest.mark.parametrize(
        ("name", "cell"),
        [
            ("A\nB", "A B"),
            ("A\r\n\tB", "A B"),
            ("A\u2028B", "A B"),
            ("A\x85B", "A B"),
            # A backslash before a bar does not undo its escape.
            ("A\\|B", "A\\\\\\|B"),
        ],
    )
    def test_a_name_stays_in_its_cell_and_line(self, name: str, cell: str) -> None:
        vip = replace(REPORT.lists[0], plan=replace(REPORT.lists[0].plan, list_name=name))
        lines = as_markdown(replace(REPORT, lists=(vip,))).splitlines()
        assert lines[4].startswith(f"| {cell} | 1,000 |")

    def test_lists_every_objection(self) -> None:
        assert self.LINES[-1] == "- **Objection:** 'VIP' would lose too much."
