"""Segments in figures: what a marketer reads, to the character."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from sync.insights import ALL, Insights, Overlap, Result, Segment, as_json, as_text, title

AS_OF = datetime(2026, 11, 1, 6, 30)  # noqa: DTZ001 as the warehouse gives it
EVERYBODY = Segment(ALL, 2_749, 1, 2_594, 882, 600, 788, Decimal("434076.35"), 153_200, Decimal("123.703719"))
BEST = Segment("segment_best_customers", 124, 0.045107, 111, 0, 0, 106, 92_476.29, 37_436.91, 161.671836)
NOBODY = Segment("nobody_yet", 0, 0, 0, 0, 0, 0, 0, 0, None)


def test_figures_stand_below_headings_that_need_no_explanation() -> None:
    overlaps = (
        Overlap("segment_best_customers", "segment_new_customers", 1_003, Decimal("0.024194"), 0.5),
        Overlap("segment_best_customers", "nobody_yet", 0, 0, None),
        Overlap("nobody_yet", "segment_new_customers", 0, None, 0),
    )
    text = as_text(Insights(AS_OF, (EVERYBODY, BEST, NOBODY), overlaps))
    assert text == (
        "Your segments on 1 November 2026, 06:30 UTC\n"
        "\n"
        "                            Share    Reachable    Found on     Ordered in   Revenue   Revenue  Average\n"
        "Segment         Customers  of all     by email     HubSpot  last 365 days  all time  365 days    order\n"
        "All customers       2,749  100.0%  2,594 (94%)  600 of 882      788 (29%)   434,076   153,200   123.70\n"
        "Best customers        124    4.5%    111 (90%)   not asked      106 (85%)    92,476    37,437   161.67\n"
        "Nobody yet              0    0.0%            0   not asked              0         0         0        -\n"
        "\n"
        "Reachable by email: the address is well-formed and the customer is not suppressed nor, as far as HubSpot was"
        " asked,\nhas opted out or bounced.\n"
        "Found on HubSpot: of the customers HubSpot was asked about. It is asked about those who are wanted on a"
        " list.\n"
        "Revenue and average order: in the currency of your orders.\n"
        "\n"
        "Customers who are in two segments\n"
        "  Best customers and New customers  1,003  2.4% of Best customers  50.0% of New customers\n"
        "  Pairs of segments that share nobody: 2"
    )


def test_a_single_segment_has_no_pairs_and_no_customers_no_share() -> None:
    empty = Segment(ALL, 0, None, 0, 0, 0, 0, 0, 0, None)
    lines = as_text(Insights(AS_OF, (empty, NOBODY), ())).splitlines()
    assert lines[4].split()[:4] == ["All", "customers", "0", "-"]
    assert "two segments" not in "\n".join(lines)


def test_the_json_has_the_columns_of_the_models_and_plain_numbers() -> None:
    pair = Overlap("a", "b", 3, Decimal("0.25"), None)
    data = json.loads(as_json(Insights(AS_OF, (EVERYBODY,), (pair,))))
    assert data == {
        "as_of": "2026-11-01T06:30:00Z",
        "segments": [
            {
                "segment": "(all customers)",
                "customers": 2749,
                "share_of_customers": 1,
                "reachable_by_email": 2594,
                "looked_up": 882,
                "on_hubspot": 600,
                "active_365_days": 788,
                "revenue": 434076.35,
                "revenue_365_days": 153200,
                "average_order_value": 123.703719,
            }
        ],
        "results": [],
        "overlaps": [
            {
                "segment": "a",
                "other_segment": "b",
                "customers": 3,
                "share_of_segment": 0.25,
                "share_of_other": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("model", "name"),
    [("segment_best_customers", "Best customers"), ("VIPs", "VIPs"), (ALL, "All customers")],
)
def test_a_model_is_named_for_people(model: str, name: str) -> None:
    assert title(model) == name


def test_campaigns_are_told_a_line_for_each_treatment_below_their_sub_audience() -> None:
    best, rest = ("win_back", "best customers"), ("win_back", "everybody else")
    results = (
        Result(
            *best, "voucher", False, 1_000, 700, 1_000, 200, 0.2, 0.012, Decimal("0.0873"), 12.5, -1.5, 20
        ),
        Result(*best, "control", True, 100, 0, 100, 12, 0.12, None, None, 9.25, None, None),
        Result(*rest, "reminder", False, 20, 0, 0, 0, None, None, None, None, None, None),
    )
    text = as_text(Insights(AS_OF, (EVERYBODY,), (), results))
    assert text.partition("What came of your campaigns")[2] == (
        "\n\n"
        "                              Put on                      Compared with       Revenue         Compared\n"
        "Treatment   Customers       the list  Ordered since  control, in points  per customer     with control\n"
        "Win back, best customers\n"
        "  voucher       1,000            700      200 (20%)        +1.2 to +8.7         12.50  -1.50 to +20.00\n"
        "  control         100  control group       12 (12%)                   -          9.25                -\n"
        "Win back, everybody else\n"
        "  reminder         20              0        not yet                   -             -                -\n"
        "\n"
        "Customers: as first assigned, on the list or not. Ordered since: since the first of them were put on it.\n"
        "Compared with control: the share who ordered, and the revenue per customer, minus those of the control group."
        "\n19 in 20 such ranges hold the true difference; one that reaches from minus to plus may be chance."
    )
    assert json.loads(as_json(Insights(AS_OF, (EVERYBODY,), (), results)))["results"][1]["is_control"] is True
