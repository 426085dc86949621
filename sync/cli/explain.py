"""`explain`: why a customer is, or is not, on a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.cli.subject_input import checked_subject, read_subject
from sync.console import Console
from sync.explain import Facts, Row, answers, other_lists
from sync.masking import mask, mask_all

_WHAT = "address, customer id or record id"
_DIVIDED = {
    None: "",
    "by_birthdate": ", kept apart by date of birth from records that share its keys",
    "fits_several": ", kept apart: people of different dates of birth share as many of its keys",
}
"""How the record's group was divided, by what macro `hubspot_explain_records` says of it."""
_MASKED = ("email", "wire_email", "primary_email", "suggestion")


@click.command()
@click.argument("subject", metavar="EMAIL|CUSTOMER_ID|RECORD_ID|-")
@project_options
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
def explain(project: Project, subject: str, json_wanted: bool) -> None:
    """Say why a customer is, or is not, on a list, from the warehouse alone.

    Takes an address, a customer id or the id of a customer record; with - it comes on standard input, which
    keeps it out of the shell's history. Addresses are shown masked, with the SQL that shows them in full.
    """
    from sync.person import MODELS, Person
    from sync.runs import Runs

    asked = read_subject(_WHAT) if subject == "-" else checked_subject(subject, _WHAT)
    with Console() as console, project.open(console) as warehouse:
        warehouse.check_built(MODELS)
        Runs(warehouse, 0).create_state()
        with Person(warehouse, asked) as person:
            facts = person.facts()
    show(as_json(facts) if json_wanted else as_text(facts))


def as_json(facts: Facts) -> str:
    """The facts as one JSON object; addresses are masked."""
    return json.dumps(_as_data(facts), indent=2)


def as_text(facts: Facts) -> str:
    """One sentence per list, and below what it rests on; addresses are masked."""
    return mask_all("\n".join(_as_lines(facts)))


def _as_data(facts: Facts) -> dict[str, Any]:
    return {
        "asked": facts.shown,
        "answers": [
            {
                "customer_id": _shown("customer_id", answer.customer_id),
                "list_name": answer.list_name,
                "is_member": answer.is_member,
                "status": answer.status,
                "sentence": mask_all(answer.sentence),
            }
            for answer in answers(facts)
        ],
        "other_lists": other_lists(facts),
        **{name: [_masked(row) for row in rows] for name, rows in facts.sections.items()},
        "sql": [mask_all(statement) for statement in facts.sql],
    }


def _masked(row: Row) -> Row:
    return {column: _shown(column, value) for column, value in row.items()}


def _shown(column: str, value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if column == "key_value":
        # An address, number, name, date, or several of them.
        return " ".join(map(mask, str(value).split()))
    return mask(str(value).strip()) if column in _MASKED else mask_all(str(value))


def _as_lines(facts: Facts) -> Iterator[str]:
    yield from (answer.sentence for answer in answers(facts))
    if others := other_lists(facts):
        yield f"No audience row for other lists: {', '.join(map(repr, others))}."
    for section, (title, as_line) in _LINES.items():
        rows = facts.rows(section)
        if section == "match_keys":
            rows = _keys(rows)
        if rows:
            yield from ("", title)
            yield from (f"  {as_line(_masked(row))}" for row in rows)
    if facts.sql:
        yield from ("", "In full, with addresses:")
        yield from (f"  {statement}" for statement in facts.sql)


def _keys(rows: list[Row]) -> list[Row]:
    """One row per key, with all records that carry it: two addresses may look alike once they are masked."""
    keys: dict[tuple[str, ...], Row] = {}
    for row in rows:
        name = (row["customer_id"], row["key_type"], row["key_value"])
        before = keys.get(name)
        keys[name] = row | {"record_id": f"{before['record_id']}, {row['record_id']}"} if before else row
    return list(keys.values())


def _record(row: Row) -> str:
    problem = f", coarse check: {row['coarse_problem']}" if row["coarse_problem"] else ""
    return f"{row['record_id']} of {row['customer_id']}: {row['email']}{problem}{_DIVIDED[row['divided']]}"


def _match_key(row: Row) -> str:
    effect = f"links nobody ({row['no_link_reason']}):" if row["no_link_reason"] else "links"
    return f"{row['key_type']} {row['key_value']} {effect} {row['record_id']}"


def _candidate(row: Row) -> str:
    path = " / ".join(row[part] for part in ("campaign", "sub_audience", "treatment") if row[part])
    told = f"{row['customer_id']} for {row['list_name']!r}: {row['email']}" + (f", {path}" if path else "")
    if row["coarse_problem"]:
        return f"{told}, coarse check: {row['coarse_problem']}"
    return told if row["key_rank"] == 1 else f"{told}, number {row['key_rank']} with this address"


def _hold(row: Row) -> str:
    list_name = f"{row['list_name']!r}" if row["list_name"] else "every list"
    about = "".join(f", {row[part]}" for part in ("campaign", "reason") if row[part])
    contact = f", contact {row['contact_id']}" if row["contact_id"] else ""
    who = row["customer_id"] or "nobody's address"
    return f"{who} off {list_name}{about}: {row['email']}{contact}"


def _verdict(row: Row) -> str:
    told = f"{row['email']}: {row['verdict']} on {_day(row['judged_at'])}"
    if row["verdict"] != "accepted":
        told += f" ({row['code']}): {row['detail']}"
    if row["suggestion"]:
        told += f" Perhaps {row['suggestion']}?"
    return told if row["is_current"] else f"{told} (under an older ruleset)"


def _lookup(row: Row) -> str:
    told = f"{row['wire_email']}: {row['outcome']} on {_day(row['looked_up_at'])}"
    if row["contact_id"]:
        flags = "".join(f", {name.replace('_', ' ')}" for name in ("opted_out", "bounced") if row[name])
        told += f", contact {row['contact_id']}, primary address {row['primary_email']}{flags}"
    return told


def _member(row: Row) -> str:
    whose = f"added in run {row['added_in_run']}" if row["added_by_us"] else "put there by somebody else"
    believed = {"yes": "is a member", "maybe": "may be a member"}[row["is_member"]]
    return f"contact {row['contact_id']} {believed} of {row['list_name']!r} (list {row['list_id']}), {whose}"


def _change(row: Row) -> str:
    told = f"run {row['run_no']}, {str(row['occurred_at'])[:19]} UTC: {row['action']} contact {row['contact_id']}"
    why = f" ({row['code']})" if row["code"] else ""
    quoted = f", correlation id {row['correlation_id']}" if row["correlation_id"] else ""
    return f"{told}, {row['list_name']!r}: {row['outcome']}{why}{quoted}"


def _day(moment: Any) -> str:
    return str(moment)[:10]


_LINES: dict[str, tuple[str, Callable[[Row], str]]] = {
    "records": ("Customer records:", _record),
    "match_keys": ("Why they are one customer:", _match_key),
    "aliases": (
        "Ids of earlier builds:",
        lambda row: f"{row['alias_id']} was merged into {row['customer_id']} on {_day(row['alias_since'])}",
    ),
    "segments": ("Segments:", lambda row: f"{row['customer_id']} is in {row['segment']}"),
    "candidates": ("Audience rows:", _candidate),
    "holds": ("Held out:", _hold),
    "verdicts": ("Verdict:", _verdict),
    "lookups": ("Newest lookup:", _lookup),
    "members": ("Members, as the ledger believes:", _member),
    "pending": (
        "What the next run would change:",
        lambda row: f"{row['action']} contact {row['contact_id']}, {row['list_name']!r}",
    ),
    "changes": ("Newest changes:", _change),
}
