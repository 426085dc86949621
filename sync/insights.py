"""Segments and campaigns in figures, for a marketer's eyes and as JSON. Names of models become names for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

Number = int | float | Decimal

ALL = "(all customers)"
"""Segment of the row for all customers; no model can have this name."""
_HEADINGS = (
    ("", "Segment"),
    ("", "Customers"),
    ("Share", "of all"),
    ("Reachable", "by email"),
    ("Found on", "HubSpot"),
    ("Ordered in", "last 365 days"),
    ("Revenue", "all time"),
    ("Revenue", "365 days"),
    ("Average", "order"),
)
_MEANINGS = """
Reachable by email: the address is well-formed and the customer is not suppressed nor, as far as HubSpot was asked,
has opted out or bounced.
Found on HubSpot: of the customers HubSpot was asked about. It is asked about those who are wanted on a list.
Revenue and average order: in the currency of your orders.
""".strip()


_CAMPAIGN_HEADINGS = (
    ("", "Treatment"),
    ("", "Customers"),
    ("Put on", "the list"),
    ("", "Ordered since"),
    ("Compared with", "control, in points"),
    ("Revenue", "per customer"),
    ("Compared", "with control"),
)
_CAMPAIGN_MEANINGS = """
Customers: as first assigned, on the list or not. Ordered since: since the first of them were put on it.
Compared with control: the share who ordered, and the revenue per customer, minus those of the control group.
19 in 20 such ranges hold the true difference; one that reaches from minus to plus may be chance.
""".strip()


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the model `segment_insights`, without its time."""

    segment: str
    customers: int
    share_of_customers: Number | None
    """0 to 1, like every share."""
    reachable_by_email: int
    looked_up: int
    on_hubspot: int
    active_365_days: int
    revenue: Number
    revenue_365_days: Number
    average_order_value: Number | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """A row of the model `segment_overlaps`."""

    segment: str
    other_segment: str
    customers: int
    share_of_segment: Number | None
    share_of_other: Number | None


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the model `campaign_results`, as much of it as is shown. Differences are from the control group."""

    campaign: str
    sub_audience: str
    treatment: str
    is_control: bool
    customers: int
    customers_exposed: int
    customers_counted: int
    customers_ordered: int
    ordered_share: Number | None
    ordered_share_difference_low: Number | None
    ordered_share_difference_high: Number | None
    revenue_per_customer: Number | None
    revenue_per_customer_difference_low: Number | None
    revenue_per_customer_difference_high: Number | None


@dataclass(frozen=True, slots=True)
class Insights:
    """The figures of all segments: that of all customers first, pairs that share the most first."""

    as_of: datetime
    """UTC, without a zone."""
    segments: tuple[Segment, ...]
    overlaps: tuple[Overlap, ...]
    results: tuple[Result, ...] = ()
    """Of each campaign the sub-audiences, the control group last."""


def as_json(insights: Insights) -> str:
    """The figures that are shown as one JSON object, by the names of the models' columns."""
    whole = {
        "as_of": f"{insights.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "segments": [asdict(each) for each in insights.segments],
        "overlaps": [asdict(each) for each in insights.overlaps],
        "results": [asdict(each) for each in insights.results],
    }
    return json.dumps(whole, indent=2, default=float)


def as_text(insights: Insights) -> str:
    """The figures as a table, with what its headings mean, and the pairs of segments below."""
    at = insights.as_of
    parts = [
        f"Your segments on {at.day} {at:%B %Y}, {at:%H:%M} UTC",
        "\n".join(_aligned([*zip(*_HEADINGS, strict=True), *map(_cells, insights.segments)])),
        _MEANINGS,
    ]
    if insights.overlaps:
        parts.append("\n".join(_pairs(insights.overlaps)))
    if insights.results:
        parts += ["What came of your campaigns", "\n".join(_treatments(insights.results)), _CAMPAIGN_MEANINGS]
    return "\n\n".join(parts)


def title(segment: str) -> str:
    """A segment's name for people: `segment_best_customers` is "Best customers"."""
    words = segment.strip("()").removeprefix("segment_").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _cells(each: Segment) -> tuple[str, ...]:
    return (
        title(each.segment),
        f"{each.customers:,}",
        _percent(each.share_of_customers),
        _part(each.reachable_by_email, each.customers),
        f"{each.on_hubspot:,} of {each.looked_up:,}" if each.looked_up else "not asked",
        _part(each.active_365_days, each.customers),
        f"{each.revenue:,.0f}",
        f"{each.revenue_365_days:,.0f}",
        "-" if each.average_order_value is None else f"{each.average_order_value:,.2f}",
    )


def _part(count: int, whole: int) -> str:
    return f"{count:,} ({count / whole:.0%})" if whole else f"{count:,}"


def _percent(share: Number | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells below each other: the first column to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        figures = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join((first.ljust(widths[0]), *figures))


def _pairs(overlaps: Sequence[Overlap]) -> Iterator[str]:
    yield "Customers who are in two segments"
    shared = [each for each in overlaps if each.customers]
    yield from _aligned(
        [
            (
                f"  {title(each.segment)} and {title(each.other_segment)}",
                f"{each.customers:,}",
                f"{_percent(each.share_of_segment)} of {title(each.segment)}",
                f"{_percent(each.share_of_other)} of {title(each.other_segment)}",
            )
            for each in shared
        ]
    )
    apart = len(overlaps) - len(shared)
    if apart:
        yield f"  Pairs of segments that share nobody: {apart:,}"


def _treatments(results: Sequence[Result]) -> Iterator[str]:
    lines = list(_aligned([*zip(*_CAMPAIGN_HEADINGS, strict=True), *map(_outcome, results)]))
    yield from lines[:2]
    before = None
    for result, line in zip(results, lines[2:], strict=True):
        if (result.campaign, result.sub_audience) != before:
            before = (result.campaign, result.sub_audience)
            yield f"{title(result.campaign)}, {result.sub_audience}"
        yield line


def _outcome(each: Result) -> tuple[str, ...]:
    counting = each.customers_counted > 0
    return (
        f"  {each.treatment}",
        f"{each.customers:,}",
        "control group" if each.is_control else f"{each.customers_exposed:,}",
        _part(each.customers_ordered, each.customers_counted) if counting else "not yet",
        _range(each.ordered_share_difference_low, each.ordered_share_difference_high, 100, ".1f"),
        "-" if each.revenue_per_customer is None else f"{each.revenue_per_customer:,.2f}",
        _range(each.revenue_per_customer_difference_low, each.revenue_per_customer_difference_high, 1, ".2f"),
    )


def _range(low: Number | None, high: Number | None, scale: int, form: str) -> str:
    if low is None or high is None:
        return "-"
    return f"{float(low) * scale:+,{form}} to {float(high) * scale:+,{form}}"
