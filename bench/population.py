"""Records that a shop, a loyalty scheme and a CRM keep of invented people, and the truth about them.

Nothing here knows how the project links records. Beside what a record says stands what its fields truly are, so
that the truth about every pair of records is known, and which values are clean keys: right up to formatting, and
of one person only.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from bench.people import WORDS, Human, Inventor, plain

SYSTEMS = ("shop", "loyalty", "crm")
"""The CRM comes last: it writes down the others' numbers."""


@dataclass
class Record:
    """One row of one system."""

    system: str
    number: str
    human: int
    says: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """`email`, `phone`, `shop_number`, `card_number` without formatting, absent where mistyped or missing."""
    kinds: set[str] = field(default_factory=set)
    """What went wrong or differs, and what makes strangers look alike."""


class Population:
    """`humans` people and their `records`; the same arguments give the same.

    `first` is the first one's number: populations of other numbers share no key with this one.
    """

    def __init__(self, people: int, seed: int, first: int = 0) -> None:
        self._rng = random.Random(seed)
        self._first_record = first * 5
        inventor = Inventor(self._rng, first)
        self.humans = inventor.humans(people)
        self._companies = [f"{plain(each.surname)}.example" for each in self._rng.sample(self.humans, 60)]
        self.records: list[Record] = []
        self._numbers: dict[str, list[str]] = {"shop_number": [], "card_number": []}
        for human in self.humans:
            self._enrol(human)

    def clean_keys(self) -> dict[tuple[str, str], list[int]]:
        """Every clean key of two or more records, with their places in `records`."""
        holders: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, record in enumerate(self.records):
            for key in record.keys.items():
                holders[key].append(place)
        return {
            key: places
            for key, places in holders.items()
            if len(places) > 1 and len({self.records[place].human for place in places}) == 1
        }

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _enrol(self, human: Human) -> None:
        count = self._rng.choices((1, 2, 3, 4, 5), (45, 30, 15, 7, 3))[0]
        systems = sorted(self._rng.choices(SYSTEMS, (45, 25, 30), k=count), key=SYSTEMS.index)
        own: dict[str, list[str]] = {"shop_number": [], "card_number": []}
        for place, system in enumerate(systems):
            number = f"{1 + SYSTEMS.index(system)}{self._first_record + len(self.records):09}"
            record = Record(system, number, human.number, kinds=set(human.traits))
            self._write_name(record, human, place)
            self._write_email(record, human, place)
            self._write_home(record, human)
            self._write_phone(record, human)
            self._write_dates(record, human)
            self._write_numbers(record, own)
            self.records.append(record)

    def _write_name(self, record: Record, human: Human, place: int) -> None:
        given, surname, dice = human.given, human.surname, self._rng.random()
        if human.new_surname and place and self._chance(0.6):
            surname = human.new_surname
            record.kinds.add("married_name")
        if dice < 0.08:
            short = [each.split("|")[1:] for each in WORDS["given"] if each.startswith(f"{given}|")]
            if short:
                given = self._rng.choice(short[0])
                record.kinds.add("short_name")
        elif dice < 0.12:
            surname = self._slip(surname)
            record.kinds.add("name_typo")
        elif dice < 0.14:
            given, surname = surname, given
            record.kinds.add("swapped_names")
        elif dice < 0.24:
            upper, ascii_only = (given.upper(), surname.upper()), (plain(given), plain(surname))
            given, surname = self._rng.choice((upper, ascii_only, (f" {given}", f"{surname}  ")))
            record.kinds.add("name_formatting")
        record.says.update(given=given, surname=surname)

    def _write_email(self, record: Record, human: Human, place: int) -> None:
        email, kind = self._email(human, place)
        if kind:
            record.kinds.add(kind)
        record.says["email"] = email
        if kind in ("no_email", "placeholder_email"):
            return
        if self._chance(0.03):
            record.kinds.add("email_typo")
            record.says["email"] = self._slip(email)
            return
        record.keys["email"] = email
        if self._chance(0.2):
            record.kinds.add("email_formatting")
            local, _, domain = email.partition("@")
            forms = (email.upper(), f" {email}", f"{email}\t", f"mailto:{email}", f"{local.title()}@{domain}")
            record.says["email"] = self._rng.choice(forms)

    def _email(self, human: Human, place: int) -> tuple[str, str]:
        dice = self._rng.random()
        if dice < 0.08:
            return "", "no_email"
        if dice < 0.11:
            return self._rng.choice(WORDS["placeholder_emails"]), "placeholder_email"
        if dice < 0.14:
            return f"{self._rng.choice(WORDS['roles'])}@{self._rng.choice(self._companies)}", "role_email"
        if dice < 0.40 and human.household_email:
            return human.household_email, "household_email"
        if dice < 0.30 and place:
            return self._rng.choice(human.emails[1:]), "other_email"
        return human.emails[0], ""

    def _write_home(self, record: Record, human: Human) -> None:
        postal = human.postal
        if human.old_postal and self._chance(0.4):
            record.kinds.add("moved")
            postal = human.old_postal
        record.says["postal"] = "" if self._chance(0.2) else postal
        record.says["country"] = "" if record.system == "loyalty" or self._chance(0.15) else human.country

    def _write_phone(self, record: Record, human: Human) -> None:
        phone, kind = self._phone(human)
        if kind:
            record.kinds.add(kind)
        record.says["phone"] = phone
        if kind in ("no_phone", "placeholder_phone"):
            return
        if self._chance(0.03):
            record.kinds.add("phone_typo")
            record.says["phone"] = f"+{self._slip(phone)}"
            return
        prefix = WORDS["prefixes"][human.country]
        rest = phone.removeprefix(prefix)
        if self._chance(0.15):
            record.kinds.add("national_phone")
            record.says["phone"] = rest if prefix == "1" else f"0{rest}"
            if not record.says["country"]:
                return  # as dialled at home, and nothing says where that is
        else:
            spaced = f"+{prefix} {rest[:3]} {rest[3:]}", f"+{prefix} ({rest[:3]}) {rest[3:6]}-{rest[6:]}"
            record.says["phone"] = self._rng.choice((f"+{phone}", f"00{phone}", *spaced))
        record.keys["phone"] = phone

    def _phone(self, human: Human) -> tuple[str, str]:
        dice = self._rng.random()
        if dice < 0.35:
            return "", "no_phone"
        if dice < 0.37:
            return self._rng.choice(WORDS["placeholder_phones"]), "placeholder_phone"
        if dice < 0.47:
            return human.phones[1], "old_phone"
        if dice < 0.59:
            return human.landline, "landline"
        if dice < 0.60:
            return f"{WORDS['prefixes'][human.country]}5550{self._rng.randrange(40):06}", "switchboard"
        return human.phones[0], ""

    def _write_dates(self, record: Record, human: Human) -> None:
        birthdate, dice = human.birthdate, self._rng.random()
        known = {"shop": 0.4, "loyalty": 0.95, "crm": 0.0}[record.system]
        if not self._chance(known):
            record.says["birthdate"] = ""
        elif dice < 0.01:
            record.says["birthdate"] = "1900-01-01"
            record.kinds.add("placeholder_birthdate")
        elif dice < 0.04 and birthdate.day <= 12 and birthdate.day != birthdate.month:
            record.says["birthdate"] = date(birthdate.year, birthdate.day, birthdate.month).isoformat()
            record.kinds.add("birthdate_typo")
        else:
            record.says["birthdate"] = birthdate.isoformat()
        created = date(2015, 1, 1) + timedelta(days=self._rng.randrange(4_000))
        updated = created + timedelta(days=self._rng.randrange(300))
        record.says.update(created=f"{created} 08:00:00", updated=f"{updated} 09:00:00")

    def _write_numbers(self, record: Record, own: dict[str, list[str]]) -> None:
        """A shop or a scheme gives a number of its own; the CRM may hold one of each, and not always rightly."""
        if record.system != "crm":
            name = "shop_number" if record.system == "shop" else "card_number"
            record.says[name] = record.keys[name] = record.number
            own[name].append(record.number)
            self._numbers[name].append(record.number)
            return
        for name, numbers in own.items():
            record.says[name] = ""
            if not numbers or not self._chance(0.35):
                continue
            number = self._rng.choice(numbers)
            if self._chance(0.02):
                record.kinds.add("number_typo")
                record.says[name] = self._slip(number)
                continue
            if self._chance(0.02):
                record.kinds.add("wrong_number")
                number = self._rng.choice(self._numbers[name])
            record.says[name] = record.keys[name] = number

    def _slip(self, text: str) -> str:
        """One slip of the finger: a character left out, doubled, struck beside, or swapped with the next."""
        place = self._rng.randrange(len(text) - 1)
        a, b = text[place], text[place + 1]
        beside = WORDS["neighbours"].get(a.lower(), "e")
        slips = [each for each in (b, a + a + b, beside + b, b + a) if each != a + b]
        return text[:place] + self._rng.choice(slips) + text[place + 2 :]
