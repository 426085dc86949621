"""What the state amounts to: counts for the guards, and what a report tells. It writes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sync.insights import Insights, Overlap, Result, Segment
from sync.masking import mask
from sync.records import Tables
from sync.results import AudienceBuild, RejectedRows, RejectedUpdates


class Figures:
    """The figures of the audience, of the plan and of runs."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def audience_counts(self) -> dict[str | None, tuple[int, int]]:
        """Per list name: rows wanted, and those that pass the coarse checks with an address of their own.

        None stands for rows that name no list.
        """
        return {
            name: (int(wanted), int(fit))
            for name, wanted, fit in self._tables.rows("hubspot_audience_counts")
        }

    def status_counts(self) -> dict[str, dict[str, int]]:
        """Audience rows per list name and status."""
        counts: dict[str, dict[str, int]] = {}
        for name, status, rows in self._tables.rows("hubspot_status_counts"):
            counts.setdefault(name, {})[status] = int(rows)
        return counts

    def audience_build(self) -> AudienceBuild:
        """How old the audience is, and whether what is above it failed."""
        ((seconds_old, failed),) = self._tables.rows("hubspot_newest_invocations")
        return AudienceBuild(
            None if seconds_old is None else float(seconds_old), None if failed is None else int(failed)
        )

    def completed_lists(self) -> set[str]:
        """Names of lists that a run once left complete: what comes before is their first load."""
        completed: set[str] = set()
        for (figures,) in self._tables.rows("hubspot_done_figures"):
            lists = json.loads(figures or "{}").get("lists", {})
            completed.update(name for name, counts in lists.items() if not counts["statuses"].get("not_sent"))
        return completed

    def change_counts(self) -> dict[str, dict[str, int]]:
        """The plan's changes per list name and action."""
        counts: dict[str, dict[str, int]] = {}
        for name, action, changes in self._tables.rows("hubspot_change_counts"):
            counts.setdefault(name, {})[action] = int(changes)
        return counts

    def newly_rejected_counts(self) -> dict[str, int]:
        """Per list name: the plan's removals of people still wanted whose address is rejected by now."""
        return {name: int(changes) for name, changes in self._tables.rows("hubspot_newly_rejected_counts")}

    def outcome_counts(self, run_no: int) -> dict[str, dict[str, dict[str, int]]]:
        """A run's changes per list name, action and outcome."""
        counts: dict[str, dict[str, dict[str, int]]] = {}
        for name, action, outcome, changes in self._tables.rows("hubspot_outcome_counts", run_no=run_no):
            counts.setdefault(name, {}).setdefault(action, {})[outcome] = int(changes)
        return counts

    def requests_today(self) -> int:
        """Requests to HubSpot of all runs since midnight UTC, as far as their ends or signs of life tell."""
        counts: dict[tuple[int, int], int] = {}
        for run_no, is_of_today, figures in self._tables.rows("hubspot_figures_of_today"):
            key = (int(run_no), int(is_of_today))
            counts[key] = max(counts.get(key, 0), int(json.loads(figures).get("requests", 0)))
        # Figures count from the start of a run, which may have been before midnight.
        return sum(n - counts.get((run_no, 0), 0) for (run_no, of_today), n in counts.items() if of_today)

    def insights(self, with_results: bool) -> Insights:
        """What `segment_insights`, `segment_overlaps` and, if wanted, `campaign_results` tell; they must be built."""
        rows = self._tables.rows("hubspot_segment_insights")
        pairs = self._tables.rows("hubspot_segment_overlaps")
        return Insights(
            as_of=rows[0][-1],
            segments=tuple(Segment(*row[:-1]) for row in rows),
            overlaps=tuple(Overlap(*row) for row in pairs),
            results=tuple(Result(*row) for row in self._tables.rows("hubspot_results"))
            if with_results
            else (),
        )

    def newest_runs(self, count: int) -> list[dict[str, Any]]:
        """The newest runs, newest first."""
        names = [
            "run_no",
            "status",
            "started_at",
            "finished_at",
            "last_seen_at",
            "portal_id",
            "ruleset",
            "version",
            "figures",
        ]
        return [
            dict(zip(names, row, strict=True))
            for row in self._tables.rows("hubspot_newest_runs", count=count)
        ]

    def rejected_sample(self, list_names: Sequence[str], sample_size: int) -> list[RejectedRows]:
        """The most frequent reasons for a rejection, each with a masked example."""
        rows = self._tables.rows(
            "hubspot_rejected_sample", list_names=list(list_names), sample_size=sample_size
        )
        return [
            RejectedRows(name, code, int(count), mask(email or ""), mask(suggestion) if suggestion else None)
            for name, code, count, email, suggestion in rows
        ]

    def rejected_sql(self) -> str:
        """The statement that shows rejected rows in full."""
        return f"select * from {self._tables.relation_name('hubspot_rejected_emails')}"  # noqa: S608 shown, not run

    def rejected_updates(self, list_names: Sequence[str]) -> list[RejectedUpdates]:
        """Property updates that are rejected as things stand, by list and reason."""
        rows = self._tables.rows("hubspot_rejected_update_counts", list_names=list(list_names))
        return [
            RejectedUpdates(name, code, column, prop, int(count)) for name, code, column, prop, count in rows
        ]

    def rejected_updates_sql(self) -> str:
        """The statement that shows rejected property updates in full."""
        view = self._tables.relation_name("hubspot_rejected_updates")
        return f"select * from {view} where is_current = 1"  # noqa: S608 shown, not run
