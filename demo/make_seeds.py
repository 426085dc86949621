"""Write the demo's seeds: customer records of three systems, orders, suppressions; and HubSpot's contacts.

    python demo/make_seeds.py                       seeds/*.csv and demo/contacts.csv, as they are committed
    python demo/make_seeds.py --day 2 --out DIR     the same sources one day later, seeds only
    python demo/make_seeds.py --out DIR             day 1 into another folder, contacts.csv included

The same call writes the same bytes on every machine: only the standard library is used, chance is seeded.

Who should be on each list as of 2026-11-01 00:00:00, from the CSV files alone:

1. Email key of an address: strip white space and invisible marks at both ends, one leading `mailto:` in any
   case, one enclosing `<` `>` pair, strip again after each; then A-Z become a-z and nothing else changes.
2. Customers. A customer record is a row of shop_customers (id `shop:<customer_no>`), loyalty_members
   (`loyalty:<card_no>`) or crm_contacts (`crm:<contact_id>`). Two records are one customer if they share an
   email key, a shop customer number (customer_no, shop_customer), a loyalty card (card_no, loyalty_card), a
   phone number and the whole name, the surname or the given name, or the whole name, date of birth and
   postal code, directly or through others. Names are compared in lower case without accents, spaces and
   punctuation, given names as given_name_forms.csv has them, whole names whichever of the two comes first;
   dates of birth whichever of day and month comes first; phone numbers, all of which have a country code,
   by their 7 to 15 digits, with 00 for +; postal codes by their letters and digits. No link comes from an
   empty value, from a value in placeholder_keys.csv, from one that more than 10 records carry (of an
   address or phone number with a name: with any name), from an email key or a phone number, alone or with a
   name, whose records state different dates of birth, from a phone number and a given name whose records
   state different postal codes; nor, unless the given name is a part of it, from one whose records are of
   different names: two given names of given_name_forms.csv; or the given names do not all begin with the
   same three letters, nor do given name and surname, in either order, and of all given names the first and
   the last in the alphabet have different ends (5 letters) and neither contains the other, or there are
   more than two. A shop customer number links nevertheless if its records state one surname. If records
   linked so state two dates of birth, they are several people. A record without a date goes with the date
   that most of its values have (address, phone number, customer number, card) among the records that carry
   them, with none if two have as many; under a number of ours that two dates have, the first counts. Then
   only records of one date, or of none, are linked; a customer number and a card link as before.
3. Address of a customer: addresses without a coarse problem before broken ones before empty ones; then the
   shop before the loyalty scheme before the CRM; then the latest change; then the smaller record id.
   Coarse are, after the clean-up: nothing left, over 254 characters (over 4,096 before it), one of `"<>`,
   white space inside, not exactly one `@`, a local part that is empty or has a dot first, last or doubled,
   no dot (nor what IDNA reads as one) after the `@`; and, where the address is plain (dot-atom, `@`, labels of ASCII
   letters, digits and single hyphens inside, at most 64 characters), a last label of letters that is no top-level
   domain of IANA's list or is `arpa`.
4. Lapsed: the customer's shop accounts have at least one order with status `paid` until that moment, and
   the last of those is older than 180 days (before 2026-05-05 00:00:00).
5. Suppressed: a suppressions row names a key of any of the customer's records (email by email key,
   shop_customer, loyalty_card, crm_contact), or the customer's address has the email key of any record of a
   customer who is suppressed so.
6. On a list: its customers of point 9 whose address passes the strict rules. Of customers with one email
   key the one with the oldest record (then the smaller customer id, the id of its oldest record) keeps the
   address. In HubSpot the member is the contact that has the address as its email or among its additional
   ones, A-labels instead of Unicode in the domain, all in lower case; without such a contact nobody is added.
7. Segments. Lapsed customers: point 4, not suppressed. Best customers: of all who have paid orders until that
   moment, the tenth that paid most in all (rank times 100 at most 10 times the buyers; equal sums have one rank). New
   customers: the first paid order is at most 365 days old.
8. Campaigns, of customers who are not suppressed. `win_back`: lapsed, not new customers. Sub-audience of its best
   customers: 500 of 1,000 slots voucher (list "Lapsed customers with voucher"), then 400 reminder ("Lapsed
   customers"), then 100 control; of everybody else: 900 reminder, then 100 control. `thank_you`: best, not
   lapsed customers: 450 early access ("Best customers with early access"), then 450 gift ("Best customers with
   gift"), then 100 control.
9. Slot: the first 7 hexadecimal digits of the MD5 of `<campaign>:<customer id>`, modulo 1,000. Who was enrolled
   by an earlier build keeps id, slot and, while it stays in the campaign, sub-audience. A customer who goes by
   several enrolled ids is control if one of them is, otherwise what the one enrolled first is.
10. Held off a list: every address of customers who are suppressed, excluded from its campaign or in its control
   group, and every contact that has such an address.
"""

from __future__ import annotations

import argparse
import copy
import csv
from pathlib import Path

from demo.commerce import Commerce
from demo.people import Chance, Person, Row
from demo.population import Population

ROOT = Path(__file__).resolve().parents[1]
SEED = 20_261_101
AS_OF = "2026-11-01 00:00:00"
STRANGERS = 480
PLACEHOLDERS = {
    "email": ("test@test.com", "none@none.com", "noemail@example.com", "n/a", "none", "unknown", "-"),
    "customer_key": ("0", "000000"),
    "loyalty_id": ("0000000000",),
}

Tables = dict[str, list[Row]]


def make() -> tuple[Tables, Tables, list[Row]]:
    """The sources of the first and of the second day, by seed, and HubSpot's contacts."""
    chance = Chance(SEED)
    population = Population(chance)
    commerce = Commerce(population, chance)
    first = copy.deepcopy(tables(population, commerce))
    commerce.second_day()
    return first, tables(population, commerce), contacts(population, commerce, chance)


def tables(population: Population, commerce: Commerce) -> Tables:
    """Rows by seed as things stand."""
    return {
        "shop_customers": population.shop,
        "loyalty_members": population.loyalty,
        "crm_contacts": population.crm,
        "shop_orders": sorted(commerce.orders, key=lambda order: (order["ordered_at"], order["order_no"])),
        "suppressions": commerce.suppressions,
        "placeholder_keys": [
            {"key_type": kind, "key_value": value}
            for kind, values in PLACEHOLDERS.items()
            for value in values
        ],
    }


def contacts(population: Population, commerce: Commerce, chance: Chance) -> list[Row]:
    """About 2,000 contacts: three customers in five, some of them under a second address, and strangers."""
    rows: list[Row] = []
    known: set[str] = set()
    for person in population.people:
        if not person.wire or person.wire in known or not chance.hits(0.6):
            continue
        primary, additional = person.wire, ""
        if person in commerce.movers:
            pass
        elif chance.hits(0.12):
            primary, additional = person.second_email, person.wire
        elif chance.hits(0.06):
            additional = f"{person.second_email};{population.inventor.person().wire}"
        known |= {primary, *additional.split(";")}
        rows.append(contact(person, primary, additional))
    # Half of those who move take an address that HubSpot knows as another contact.
    rows += [contact(person, person.second_email) for person in commerce.movers[:3]]
    rows += [
        contact(person, person.wire) for person in (population.inventor.person() for _ in range(STRANGERS))
    ]
    for number, row in enumerate(rows):
        row["id"] = str(20_000_101 + number * 50)
    return rows


def contact(person: Person, email: str, additional: str = "") -> Row:
    """One row of contacts.csv; the id is filled in at the end."""
    return {
        "id": "",
        "email": email,
        "hs_additional_emails": additional,
        "firstname": person.names[0],
        "lastname": person.surname,
    }


def write(path: Path, rows: list[Row]) -> None:
    """One CSV file, UTF-8, quoted where needed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--day", type=int, choices=(1, 2), default=1, help="state of the sources (default 1)")
    parser.add_argument("--out", type=Path, help="folder for all files (default: where they are committed)")
    arguments = parser.parse_args()
    first, second, hubspot = make()
    seeds = arguments.out or ROOT / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name, rows in (first if arguments.day == 1 else second).items():
        write(seeds / f"{name}.csv", rows)
    if arguments.day == 1:
        write((arguments.out or ROOT / "demo") / "contacts.csv", hubspot)


if __name__ == "__main__":
    main()
