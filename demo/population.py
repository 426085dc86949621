"""The records of the demo's people in three systems: a web shop, a loyalty scheme and a CRM.

About one person in four is in two or three of them, under other spellings, and the systems know of each other
only by addresses and by the numbers that the CRM holds.
"""

from __future__ import annotations

from datetime import datetime

from demo.people import Chance, Inventor, Person, Row, unaccented

PEOPLE = 2_520
FAMILIES = 40


class Population:
    """All people (`people`) and the rows of each system (`shop`, `loyalty`, `crm`), in one fixed order."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.inventor = Inventor(chance)
        self.people: list[Person] = []
        self.shop: list[Row] = []
        self.loyalty: list[Row] = []
        self.crm: list[Row] = []
        self._add_people()
        self._add_families()
        self._add_shared_and_placeholders()

    def _add_people(self) -> None:
        """Three in four are in one system; of the others most are linked by an address, a number or both."""
        odd = self._odd_addresses()
        room = PEOPLE // len(odd)
        for number in range(PEOPLE):
            person = self.inventor.person()
            if self.chance.hits(0.75):
                person.systems = (self.chance.weighted({"shop": 62, "loyalty": 20, "crm": 18}),)
            elif self.chance.hits(0.2):
                person.systems = ("shop", "loyalty", "crm")
            else:
                person.systems = self.chance.pick((("shop", "crm"), ("shop", "loyalty"), ("loyalty", "crm")))
            links = {"email": 45, "key": 25, "both": 25, "nothing": 5}
            person.linked_by = self.chance.weighted(links if "crm" in person.systems else {"email": 1})
            if number % room == 0 and odd:
                # Where a person has another address as well, the better one must survive the merge.
                person.linked_by = "key"
                person.systems = person.systems if "shop" in person.systems else ("shop",)
                raw, wire = odd.pop()
                address, wire = self.inventor.filled(raw, person), self.inventor.filled(wire, person)
                person.email, person.wire = address, wire
            self.enrol(person)

    def _odd_addresses(self) -> list[tuple[str, str]]:
        """Templates of raw and wire form, each once and the commonest mistakes more often, in mixed order."""
        odd = [(raw, "") for templates in self.inventor.oddities["rejected"].values() for raw in templates]
        odd += [(raw, wire) for raw, wire in self.inventor.oddities["accepted"]]
        odd += [
            (raw, "") for raw in ("", "LOCAL@gmail.con", "LOCAL@gmail", "LOCAL @DOMAIN") for _ in range(4)
        ]
        for place in range(len(odd) - 1, 0, -1):
            other = self.chance.below(place + 1)
            odd[place], odd[other] = odd[other], odd[place]
        return odd

    def enrol(self, person: Person) -> None:
        """Write the person's record into each of their systems, in that system's columns and spelling."""
        self.people.append(person)
        other = person.second_email if person.linked_by in ("key", "nothing") else person.email
        for system in person.systems:
            first = system == person.systems[0]
            email = person.email if first else self.spelling(other)
            given, surname = self._name(person, first)
            row = getattr(self, f"_{system}_row")(person, given, surname, email)
            person.records.append(row)
            getattr(self, system).append(row)

    def _name(self, person: Person, first: bool) -> tuple[str, str]:
        given = person.names[0] if first else self.chance.pick(person.names)
        surname = person.surname
        style = 0 if first else self.chance.below(8)
        if style == 1:
            return given.upper(), surname.upper()
        if style == 2:
            return given.lower(), surname.lower()
        if style == 3:
            return f" {given}", f"{surname}  "
        if style == 4:
            return unaccented(given), unaccented(surname)
        return given, surname

    def spelling(self, email: str) -> str:
        """The same address as another system may hold it; the email key stays the same."""
        style = self.chance.below(14)
        if style >= 8:
            return email
        local, at, domain = email.partition("@")
        return (
            *(email.upper(), local.title() + at + domain, local + at + domain.title(), f" {email}"),
            *(f"{email}  ", f"mailto:{email}", f"<{email}>", f"{email}\u00a0"),
        )[style]

    def _moments(self) -> tuple[datetime, datetime]:
        created = self.chance.moment(datetime(2019, 1, 1), datetime(2026, 9, 1))  # noqa: DTZ001
        return created, self.chance.moment(created, datetime(2026, 10, 15))  # noqa: DTZ001

    def _shop_row(self, person: Person, given: str, surname: str, email: str) -> Row:
        created, changed = self._moments()
        return {
            "customer_no": str(100_001 + len(self.shop)),
            "first_name": given,
            "last_name": surname,
            "email": email,
            "phone": person.phone if self.chance.hits(0.7) else "",
            "date_of_birth": person.birthdate if self.chance.hits(0.4) else "",
            "postcode": person.postal,
            "country": person.country,
            "registered_at": str(created),
            "changed_at": str(changed),
        }

    def _loyalty_row(self, person: Person, given: str, surname: str, email: str) -> Row:
        created, changed = self._moments()
        return {
            "card_no": f"{70_000_000 + len(self.loyalty) * 13:010}",
            "given": given,
            "surname": surname,
            "mail": email,
            "telephone": person.phone.replace("+", "00").replace(" ", "") if self.chance.hits(0.5) else "",
            "birthday": person.birthdate,
            "postal": person.postal if self.chance.hits(0.8) else "",
            "joined_on": str(created.date()),
            "updated_on": str(changed.date()),
        }

    def _crm_row(self, person: Person, given: str, surname: str, email: str) -> Row:
        created, changed = self._moments()
        keyed = person.linked_by in ("key", "both")
        cards = [row["card_no"] for row in person.records if "card_no" in row]
        return {
            "contact_id": str(900_001 + len(self.crm) * 7),
            "forename": given,
            "family_name": surname,
            "email_address": email,
            "mobile": person.phone if self.chance.hits(0.3) else "",
            "zip": person.postal if self.chance.hits(0.5) else "",
            "country_code": person.country.lower() if self.chance.hits(0.8) else "",
            "shop_customer": person.shop_number if keyed else "",
            "loyalty_card": cards[0] if keyed and cards else "",
            "created": created.isoformat() + "Z",
            "modified": changed.isoformat() + "Z",
        }

    def _add_families(self) -> None:
        """Two to four people of one surname under one address, all with a date of birth."""
        for _ in range(FAMILIES):
            head = self.inventor.person()
            head.email = head.wire = "family." + head.email
            for _ in range(2 + self.chance.below(3)):
                member = self.inventor.person()
                member.country, member.surname = head.country, head.surname
                member.names = self.chance.pick(self.inventor.countries[head.country]["given"]).split("|")
                member.email, member.wire = self.spelling(head.email), head.wire
                member.systems, member.linked_by = (self.chance.pick(("shop", "loyalty")),), "nothing"
                self.enrol(member)
                if member.shop_number:
                    member.records[0]["date_of_birth"] = member.birthdate

    def _add_shared_and_placeholders(self) -> None:
        """One address that a whole office uses, and addresses and numbers that stand for none."""
        placeholders = ("test@test.com", "Test@Test.com ", "none@none.com", "noemail@example.com")
        shared = ["reception@example.com"] * 14 + [email for email in placeholders for _ in range(3)]
        for email in shared:
            person = self.inventor.person()
            person.email, person.wire, person.systems = email, "", ("crm",)
            self.enrol(person)
            person.records[0]["loyalty_card"] = self.chance.pick(("", "0000000000"))
