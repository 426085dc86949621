"""The doctor at the dbt project and its warehouse: parsed, connected, built, of one version. It only reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync import checks
from sync.errors import SyncError, WarehouseError
from sync.figures import Figures
from sync.findings import WAREHOUSE, Finding, not_checked, of_error, ok
from sync.ledger import Ledger
from sync.records import DeclaredList

_MODELS = (
    "hubspot_audience_candidates",
    "hubspot_audience",
    "hubspot_audience_lists",
    "hubspot_unjudged_emails",
    "hubspot_settled_changes",
    "hubspot_members",
    "hubspot_audience_rows",
    "hubspot_changes",
    "hubspot_sync_runs",
    "hubspot_rejected_updates",
)
"""Every model that a run reads."""
_OF_WAREHOUSE = ("models", "audience", "list names", "state")
OF_PROJECT = ("target", "versions", "connection", *_OF_WAREHOUSE)
"""The checks that need a project."""


@dataclass(slots=True)
class Known:
    """What the project told, for later checks; as it begins, where it could not."""

    settings: Mapping[str, object] | None = None
    """The vars of the job."""
    declared: tuple[DeclaredList, ...] | None = None
    rows: int = 0
    """Addresses of the audience that could be sent."""
    ledger: Ledger | None = None
    """Set once the state can be read."""


def attempted(check: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    """What a look at something finds, or the error it ends with."""
    try:
        return look()
    except SyncError as error:
        return [of_error(check, error)]


def check_project(warehouse: Any, version: str, known: Known) -> list[Finding]:
    """Look at a project that dbt can read, and note in `known` what it tells. `version` is the job's."""
    facts: dict[str, Any] = warehouse.call("hubspot_setup_facts")
    known.settings = warehouse.call("hubspot_sync_settings")
    known.declared = tuple(
        DeclaredList(each["name"], each["ownership"], each["max_members"])
        for each in warehouse.call("hubspot_list_declarations")
    )
    findings = [
        ok("project", f"dbt reads the project {facts['project']!r}, and the package hubspot_sync is in it."),
        ok(
            "target",
            f"Target {facts['target']!r} of profile {facts['profile']!r}: {facts['adapter']}, "
            f"schema {facts['schema']}.",
        ),
        checks.versions(version, str(facts["package_version"])),
    ]
    if facts["adapter"] == "duckdb":
        findings.append(checks.duckdb_file(facts))
    return findings + _check_warehouse(warehouse, facts, known)


def _check_warehouse(warehouse: Any, facts: Mapping[str, Any], known: Known) -> list[Finding]:
    findings = [*attempted("connection", lambda: [_connection(warehouse, facts)])]
    if findings[0].status != "ok":
        return findings + [not_checked(each, "the warehouse cannot be reached") for each in _OF_WAREHOUSE]
    missing: list[str] = []
    findings += attempted("models", lambda: [_models(warehouse, missing)])
    if missing:
        findings += [not_checked(each, "not every model is built") for each in ("audience", "list names")]
    else:
        findings += attempted("audience", lambda: [_audience(warehouse)])
        findings += attempted("list names", lambda: [_list_names(warehouse, known)])
    return [*findings, *attempted("state", lambda: [_state(warehouse, known)])]


def _connection(warehouse: Any, facts: Mapping[str, Any]) -> Finding:
    file = facts.get("file")
    # DuckDB would make an empty file, and say that all is well.
    if file and not os.path.exists(file):
        return Finding(
            "connection",
            "problem",
            f"There is no DuckDB file {os.path.abspath(file)} yet.",
            "Run `dbt build` first; a relative path counts from the folder that a command is started in.",
            WAREHOUSE,
        )
    warehouse.rows("hubspot_answer")
    return ok("connection", "The warehouse answers.")


def _models(warehouse: Any, missing: list[str]) -> Finding:
    for model in _MODELS:
        try:
            warehouse.check_built((model,))
        except WarehouseError as error:
            if error.code != "not_built":
                raise
            missing.append(model)
        except SyncError:
            missing.append(model)
            raise
    return checks.models(missing)


def _audience(warehouse: Any) -> Finding:
    return checks.audience(warehouse.call("hubspot_audience_columns_built"))


def _list_names(warehouse: Any, known: Known) -> Finding:
    counts = Figures(warehouse).audience_counts()
    known.rows = sum(fit for _, fit in counts.values())
    declared = {each.list_name for each in known.declared or ()}
    nameless, _ = counts.get(None, (0, 0))
    names = sorted(name for name in counts if name is not None and name not in declared)
    return checks.undeclared(names, nameless)


def _state(warehouse: Any, known: Known) -> Finding:
    missing = warehouse.call("hubspot_missing_state_tables")
    step, known_step = 0, 1
    if "schema_steps" not in (table for table, _ in missing):
        ((step, known_step),) = warehouse.rows("hubspot_schema_step")
    if "lists" not in (table for table, _ in missing):
        known.ledger = Ledger(warehouse)
    return checks.state(missing, int(step), int(known_step))
