"""Campaign results against known answers, on every engine.

Each case is a sub-audience of one campaign: one build of `campaign_results` answers them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt_project import DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

Group = Sequence[Sequence[int]]
"""A group of customers: for each, the amounts of its orders."""

Results = Mapping[tuple[str, str], Mapping[str, Any]]
"""A row of the results, numbers with four decimals, by case and treatment."""

ENROLLED, EXPOSED, ORDERED = "2026-10-01 00:00:00", "2026-10-02 00:00:00", "2026-10-03 00:00:00"
PARTS = ("difference", "difference_low", "difference_high")
COLUMNS = (
    *(
        "sub_audience",
        "treatment",
        "customers",
        "customers_counted",
        "customers_ordered",
        "orders",
        "revenue",
    ),
    "ordered_share",
    *(f"{of}_{part}" for of in ("ordered_share", "revenue_per_customer") for part in (*PARTS, "differs")),
)


def share(times: int, of: int) -> Group:
    """So many customers who ordered once, for 10, of so many."""
    return [[10]] * times + [[]] * (of - times)


# Newcombe 1998, table II, method 10: cases a to e, g and h.
NEWCOMBE: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[str, str, str]]] = {
    "a": ((56, 70), (48, 80), ("0.2000", "0.0524", "0.3339")),
    "b": ((9, 10), (3, 10), ("0.6000", "0.1705", "0.8090")),
    "c": ((6, 7), (2, 7), ("0.5714", "0.0582", "0.8062")),
    "d": ((5, 56), (0, 29), ("0.0893", "-0.0381", "0.1926")),
    "e": ((0, 10), (0, 20), ("0.0000", "-0.1611", "0.2775")),
    "g": ((10, 10), (0, 20), ("1.0000", "0.6791", "1.0000")),
    "h": ((10, 10), (0, 10), ("1.0000", "0.6075", "1.0000")),
}
CASES: dict[str, dict[str, Group]] = {
    **{name: {"t": share(*one), "control": share(*other)} for name, (one, other, _) in NEWCOMBE.items()},
    "welch": {"t": [[4, 5], []] * 20, "control": [[4], []] * 25},
    "29 treated": {"t": share(10, 29), "control": share(5, 30)},
    "29 in control": {"t": share(10, 30), "control": share(5, 29)},
    "nobody ordered": {"t": share(0, 30), "control": share(0, 30)},
    "no control": {"t": share(3, 10)},
    "nobody exposed": {"t": share(3, 10), "control": share(3, 10)},
    "one in control": {"t": share(20, 40), "control": share(1, 1)},
    "two treatments": {"t": share(56, 70), "u": share(48, 80), "control": share(48, 80)},
}


@pytest.fixture(scope="module")
def results(project: DbtProject) -> Results:
    """The results of every case."""
    project.run("seed")
    project.run("run", "--select", "+campaign_results")
    # As tables, since no test can write to a view.
    for view in ("campaign_enrolments", "int_orders"):
        project.query(f"create table made as select * from {view} limit 0")
        project.query(f"drop view {view} cascade")
        project.query(f"alter table made rename to {view}")
    for case, groups in CASES.items():
        for treatment, group in groups.items():
            assign(project, case, treatment, group)
    project.run("run", "--select", "campaign_results")
    found = project.query(f"select {', '.join(COLUMNS)} from campaign_results")
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    return {
        (row["sub_audience"], row["treatment"]): {
            name: round(value, 4) if isinstance(value, Decimal) else value for name, value in row.items()
        }
        for row in rows
    }


def fill(project: DbtProject, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows, if there are any."""
    holes = ", ".join(["(" + ", ".join("?" * len(row)) + ")" for row in rows])
    if rows:
        project.query(
            f"insert into {table} ({columns}) values {holes}", [value for row in rows for value in row]
        )


def assign(project: DbtProject, case: str, treatment: str, group: Group) -> None:
    """Enrol a group, expose its first customer unless the case forbids it, and let all order a day later."""
    ids = [f"{case}:{treatment}:{number}" for number in range(len(group))]
    is_control = treatment == "control"
    fill(
        project,
        "campaign_enrolments",
        "campaign, customer_id, slot, sub_audience, treatment, is_control, is_active, build_no, assigned_at",
        [("x", each, 0, case, treatment, is_control, True, 1, ENROLLED) for each in ids],
    )
    fill(project, "int_identities", "record_id, customer_id", [(each, each) for each in ids])
    orders = [(each, amount, ORDERED) for each, amounts in zip(ids, group, strict=True) for amount in amounts]
    fill(project, "int_orders", "record_id, amount, ordered_at", orders)
    if not is_control and case != "nobody exposed":
        exposure = ("x", ids[0], case, EXPOSED)
        fill(project, "campaign_exposures", "campaign, customer_id, sub_audience, exposed_at", [exposure])


def compared(row: Mapping[str, Any], measure: str) -> tuple[Any, ...]:
    """Difference, both ends of its interval, and whether that excludes 0."""
    return (*(row[f"{measure}_{part}"] for part in PARTS), row[f"{measure}_differs"])


@pytest.mark.parametrize("case", NEWCOMBE)
def test_the_interval_of_the_share_is_newcombes(results: Results, case: str) -> None:
    difference, low, high = (Decimal(value) for value in NEWCOMBE[case][2])
    excludes_zero = low > 0 or high < 0
    assert compared(results[case, "t"], "ordered_share") == (difference, low, high, excludes_zero)
    assert compared(results[case, "control"], "ordered_share") == (None,) * 4


def test_the_interval_of_the_revenue_is_welchs(results: Results) -> None:
    # 40 customers, half with 0 and half with 9: mean 4.5, variance 40 * 4.5² / 39 = 20.769231
    # 50 customers, half with 0 and half with 4: mean 2, variance 50 * 2² / 49 = 4.081633
    # difference 2.5 ± 1.959964 * sqrt(20.769231 / 40 + 4.081633 / 50) = 2.5 ± 1.519274
    answer = (Decimal("2.5"), Decimal("0.9807"), Decimal("4.0193"), True)
    assert compared(results["welch", "t"], "revenue_per_customer") == answer
    assert results["welch", "t"]["customers_ordered"] == 20
    assert results["welch", "t"]["orders"] == 40


@pytest.mark.parametrize("case", ["29 treated", "29 in control", "one in control"])
def test_fewer_than_30_customers_have_no_interval_of_the_revenue(results: Results, case: str) -> None:
    difference, *rest = compared(results[case, "t"], "revenue_per_customer")
    assert difference is not None
    assert rest == [None] * 3
    assert None not in compared(results[case, "t"], "ordered_share")


def test_nobody_ordered_is_no_difference(results: Results) -> None:
    row = results["nobody ordered", "t"]
    assert compared(row, "revenue_per_customer") == (0, 0, 0, False)
    assert compared(row, "ordered_share") == (0, Decimal("-0.1135"), Decimal("0.1135"), False)


def test_without_control_there_is_nothing_to_compare_with(results: Results) -> None:
    row = results["no control", "t"]
    assert compared(row, "ordered_share") + compared(row, "revenue_per_customer") == (None,) * 8
    assert (row["customers_counted"], row["customers_ordered"], row["revenue"]) == (10, 3, 30)


def test_before_anybody_is_exposed_nobody_counts(results: Results) -> None:
    row = results["nobody exposed", "t"]
    assert compared(row, "ordered_share") + compared(row, "revenue_per_customer") == (None,) * 8
    assert (row["customers"], row["customers_counted"], row["orders"], row["revenue"]) == (10, 0, 0, 0)
    assert row["ordered_share"] is None


def test_each_treatment_is_compared_with_the_same_control(results: Results) -> None:
    assert compared(results["two treatments", "t"], "ordered_share")[1] == Decimal("0.0524")
    assert compared(results["two treatments", "u"], "ordered_share")[0] == 0
