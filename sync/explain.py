"""Why a customer is, or is not, on a list: facts of the warehouse become one sentence per list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync.masking import mask

Row = dict[str, Any]

_CLEAREST_FIRST = (
    "on_list",
    "failed",
    "same_contact",
    "not_sent",
    "held_out",
    "excluded_by_consent",
    "rejected_by_hubspot",
    "not_in_hubspot",
    "rejected_by_us",
)
"""Which row of a customer speaks for a list that has several."""
_MAY_BE_ON = ("on_list", "failed", "held_out")
_WAITS = {
    None: "no run has come to it.",
    "unjudged": "its address has no verdict; the next run judges it.",
    "unresolved": "its contact is not known; the next run looks the address up.",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the warehouse knows of an address, a customer or a customer record."""

    asked: str
    """As it was asked for. Personal data: only `shown` may leave."""
    sections: dict[str, list[Row]]
    """Rows by what they are about; `sync.person` has their columns. A part the project lacks is not there."""
    lists: tuple[str, ...]
    """Names of the declared lists."""
    sql: tuple[str, ...]
    """Statements that show the addresses in full."""

    def rows(self, section: str) -> list[Row]:
        """The rows of a section; none where the project lacks it."""
        return self.sections.get(section, [])

    @property
    def shown(self) -> str:
        """What was asked for, fit for a terminal: an address is masked."""
        return mask(self.asked) if "@" in self.asked else self.asked[:100]


@dataclass(frozen=True, slots=True)
class Answer:
    """One customer and one list, or a customer without a list."""

    customer_id: str | None
    list_name: str | None
    is_member: str
    """`yes`, `maybe` or `no`, as the ledger believes."""
    status: str | None
    """Status of the audience row; None where the audience has none."""
    sentence: str


def answers(facts: Facts) -> list[Answer]:
    """Say for each customer why it is on which list, or on none."""
    found: list[Answer] = []
    for customer in (row["customer_id"] for row in facts.rows("customers")):
        rows = [row for row in facts.rows("statuses") if row["customer_id"] == customer]
        of_customer = [_of_row(facts, row) for row in _speakers(rows)]
        named = {answer.list_name for answer in of_customer}
        of_customer += [
            _of_leftover(facts, customer, member)
            for member in facts.rows("members")
            if member["customer_id"] == customer and member["list_name"] not in named
        ]
        found += of_customer or [_absent(facts, customer)]
    named = {answer.list_name for answer in found}
    found += [
        _of_leftover(facts, None, member)
        for member in facts.rows("members")
        if member["list_name"] not in named
    ]
    return found or [_unknown(facts)]


def other_lists(facts: Facts) -> list[str]:
    """Declared lists that no answer speaks of, where one speaks of a list at all."""
    named = {answer.list_name for answer in answers(facts)}
    return [name for name in facts.lists if name not in named] if named != {None} else []


def _speakers(rows: list[Row]) -> Iterator[Row]:
    order = {status: number for number, status in enumerate(_CLEAREST_FIRST)}
    for name in dict.fromkeys(row["list_name"] for row in rows):
        of_list = (row for row in rows if row["list_name"] == name)
        yield min(of_list, key=lambda row: order.get(row["status"], len(order)))


def _of_row(facts: Facts, row: Row) -> Answer:
    member = _member(facts, row)
    is_member = member["is_member"] if member and row["status"] in _MAY_BE_ON else "no"
    sentence = f"{row['customer_id']} {_why(facts, row, member)}"
    return Answer(row["customer_id"], row["list_name"], is_member, row["status"], sentence)


def _why(facts: Facts, row: Row, member: Row | None) -> str:
    name, contact = repr(row["list_name"]), row["contact_id"]
    match row["status"]:
        case "on_list":
            return f"is on {name} {_where(row)}, {_added(member)}."
        case "failed":
            return f"may be on {name} {_where(row)}: its add had no clear answer; the next run settles it."
        case "same_contact" if row["kept_by"] not in (None, row["customer_id"]):
            return f"is not on {name} by itself: {row['kept_by']} has the same address and stands for both."
        case "same_contact" if member and member["customer_id"]:
            return f"is not on {name} by itself: contact {contact} is there for {member['customer_id']}."
        case "same_contact":
            return f"is not on {name} by itself: another row leads to contact {contact} and stands for both."
        case "not_in_hubspot":
            return f"is not on {name}: HubSpot knows no contact with the address."
        case "rejected_by_us":
            return f"is not on {name}: we reject the address ({row['code']})."
        case "rejected_by_hubspot" if contact is None:
            return f"is not on {name}: HubSpot refuses to look the address up."
        case "rejected_by_hubspot":
            return f"is not on {name}: HubSpot refuses contact {contact} ({_refusal(facts, row)})."
        case "held_out":
            return f"is held out of {name}: {_held_by(facts, row)}{_still_on(facts, row, member)}."
        case "excluded_by_consent":
            return (
                f"is not on {name}: var hubspot_exclude keeps contact {contact} off ({_flags(facts, row)})."
            )
        case "not_sent":
            return f"is not on {name} yet: {_waits_for(facts, row)}"
        case status:
            return f"is not on {name}: {status.replace('_', ' ')}."


def _held_by(facts: Facts, row: Row) -> str:
    """Whose hold it is: the customer's own, or else that of somebody who has its address or contact."""
    holds = [each for each in facts.rows("holds") if each["list_name"] in (None, row["list_name"])]
    if own := [each for each in holds if each["customer_id"] == row["customer_id"]]:
        return f"it is held itself ({_about(own[0])})"
    of_contact = [each for each in holds if row["contact_id"] and each["contact_id"] == row["contact_id"]]
    what = f"contact {row['contact_id']} has an address that is held" if of_contact else "its address is held"
    if not (of_others := of_contact or holds):
        return what
    whose = f" for {of_others[0]['customer_id']}" if of_others[0]["customer_id"] else ""
    return f"{what}{whose} ({_about(of_others[0])})"


def _about(hold: Row) -> str:
    return ", ".join(filter(None, (hold["reason"], hold["campaign"])))


def _still_on(facts: Facts, row: Row, member: Row | None) -> str:
    if member is None:
        return ""
    leaves = ", and the next run removes it" if _is_pending(facts, row, "remove") else ""
    return f"; it is still there {_where(row)}, {_added(member)}{leaves}"


def _waits_for(facts: Facts, row: Row) -> str:
    if not row["is_declared"]:
        return "no such list is declared in var hubspot_lists."
    if row["row_state"] in _WAITS:
        return _WAITS[row["row_state"]]
    return "the next run adds it." if _is_pending(facts, row, "add") else "its add was not sent."


def _of_leftover(facts: Facts, customer: str | None, member: Row) -> Answer:
    """A member for whom the customer has no row on the list (any more); None for another customer's, or nobody's."""
    believed = "is" if member["is_member"] == "yes" else "may be"
    who = customer or f"Contact {member['contact_id']}"
    whose = f" for {member['customer_id']}" if customer is None and member["customer_id"] else ""
    sentence = f"{who} {believed} on {member['list_name']!r} {_where(member)}, {_added(member)}{whose}"
    if _is_pending(facts, member, "remove"):
        sentence += "; no audience row wants it there any more, and the next run removes it"
    elif customer:
        sentence += "; it has no audience row there any more, and nothing is about to remove it"
    return Answer(member["customer_id"], member["list_name"], member["is_member"], None, f"{sentence}.")


def _absent(facts: Facts, customer: str) -> Answer:
    by = [row["suppressed_by"] for row in facts.rows("suppressed") if row["customer_id"] == customer]
    reason = ""
    if "customer" in by:
        reason = ": it is suppressed"
    elif by:
        reason = ": it shares an address with a suppressed customer"
    elif of := {
        (row["list_name"] or "", _about(row)) for row in facts.rows("holds") if row["customer_id"] == customer
    }:
        told = ", ".join(
            f"{name!r} ({about})" if name else f"every list ({about})" for name, about in sorted(of)
        )
        reason = f": it is held out of {told}"
    return Answer(customer, None, "no", None, f"{customer} is in no audience{reason}.")


def _unknown(facts: Facts) -> Answer:
    ledger = ("verdicts", "lookups", "changes")
    earlier = "; the ledger knows it from earlier runs" if any(map(facts.rows, ledger)) else ""
    return Answer(None, None, "no", None, f"{facts.shown} is in no audience and no source{earlier}.")


def _where(row: Row) -> str:
    return f"(HubSpot list {row['list_id']}, contact {row['contact_id']})"


def _added(member: Row | None) -> str:
    if member is None or not member["added_by_us"]:
        return "put there by somebody else"
    return f"added in run {member['added_in_run']}"


def _member(facts: Facts, row: Row) -> Row | None:
    return next((each for each in facts.rows("members") if _is_same(each, row)), None)


def _is_pending(facts: Facts, row: Row, action: str) -> bool:
    return any(each["action"] == action and _is_same(each, row) for each in facts.rows("pending"))


def _is_same(one: Row, other: Row) -> bool:
    return bool(one["list_name"] == other["list_name"] and one["contact_id"] == other["contact_id"])


def _flags(facts: Facts, row: Row) -> str:
    lookups = [each for each in facts.rows("lookups") if each["contact_id"] == row["contact_id"]]
    flags = [flag for flag in ("bounced", "opted_out") if any(each[flag] for each in lookups)]
    return ", ".join(flags) or "see its consent"


def _refusal(facts: Facts, row: Row) -> str:
    codes = (
        each["code"]
        for each in facts.rows("changes")
        if each["outcome"] == "rejected" and _is_same(each, row) and each["code"]
    )
    return next(codes, "no reason given")
