"""The invented people of the demo: names, dates of birth and addresses from one seeded source of chance.

Everything is invented: surnames and, in every address at a public provider, a marker such as `muster` or
`exemple`. Names, providers and formats by country are in `people.json`, broken and odd addresses in
`oddities.json`.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
_UNDECOMPOSED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "đ": "d"})

Row = dict[str, str]
T = TypeVar("T")


class Chance:
    """Choices from `random.random()` alone, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._next = random.Random(seed).random

    def hits(self, probability: float) -> bool:
        """True with this probability."""
        return self._next() < probability

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self._next() * limit)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def weighted(self, weights: dict[str, int]) -> str:
        """One key, each as likely as its weight."""
        left = self._next() * sum(weights.values())
        for key, weight in weights.items():
            if left < weight:
                return key
            left -= weight
        raise ValueError("weights must be above zero")

    def moment(self, first: datetime, last: datetime) -> datetime:
        """A whole second between the two."""
        return first + timedelta(seconds=self.below(int((last - first).total_seconds())))


@dataclass(eq=False)
class Person:
    """One human being, with the records that systems keep of them.

    `wire` is the first record's address in HubSpot's form, empty when it is broken; `second_email` is another
    of the person's addresses, always sound.
    """

    country: str
    names: list[str]
    surname: str
    birthdate: str
    phone: str
    postal: str
    email: str
    wire: str
    second_email: str
    systems: tuple[str, ...] = ()
    linked_by: str = ""
    records: list[Row] = field(default_factory=list)

    @property
    def shop_number(self) -> str:
        """The number of the person's shop account, empty without one."""
        return next((row["customer_no"] for row in self.records if "customer_no" in row), "")


class Inventor:
    """Makes people up. `countries` and `oddities` are the two data files."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.countries: dict[str, dict[str, Any]] = json.loads((HERE / "people.json").read_text("utf-8"))
        self.oddities: dict[str, Any] = json.loads((HERE / "oddities.json").read_text("utf-8"))
        self._taken: set[str] = set()

    def person(self) -> Person:
        """Somebody new with an address that nobody has."""
        code = self.chance.weighted({code: country["weight"] for code, country in self.countries.items()})
        country = self.countries[code]
        person = Person(
            country=code,
            names=self.chance.pick(country["given"]).split("|"),
            surname=self.chance.pick(country["surnames"]),
            birthdate=self.chance.moment(datetime(1938, 1, 1), datetime(2007, 1, 1)).date().isoformat(),  # noqa: DTZ001
            phone=self._digits(country["phone"]),
            postal=self._digits(country["postal"]),
            email="",
            wire="",
            second_email="",
        )
        person.email = person.wire = self._address(person)
        person.second_email = self._address(person)
        return person

    def _address(self, person: Person) -> str:
        """A free address made of the name, the country's marker and, mostly, a number."""
        given, surname = slug(person.names[-1]), slug(person.surname)
        form = self.chance.pick(("{0}.{1}", "{0}{1}", "{0}_{1}", "{1}.{0}", "{2}.{1}"))
        local = form.format(given, surname, given[:1]) + "." + self.countries[person.country]["marker"]
        own = f"{surname}.{self.chance.pick(('example.com', 'example.org', 'example.net'))}"
        domain = self.chance.weighted({**self.countries[person.country]["domains"], own: 4})
        number = self.chance.pick(("", str(1 + self.chance.below(99))))
        while f"{local}{number}@{domain}" in self._taken:
            number = str(int(number or 0) + 1)
        self._taken.add(f"{local}{number}@{domain}")
        return f"{local}{number}@{domain}"

    def _digits(self, pattern: str) -> str:
        """`#` becomes a digit, `@` a letter."""
        letters = "ABCDEFGHJKLMNPRSTUWXY"
        return re.sub("[#@]", lambda m: self.chance.pick("0123456789" if m[0] == "#" else letters), pattern)

    def filled(self, template: str, person: Person) -> str:
        """A template of `oddities.json` with the person's own parts."""
        local, _, domain = person.wire.partition("@")
        text = re.sub(r"PAD(\d+)", lambda m: local.ljust(int(m[1]), "x"), template)
        text = re.sub(r"LABEL(\d+)", lambda m: "b" * int(m[1]), text)
        parts = {
            "LOCAL": local,
            "DOMAIN": domain,
            "GIVEN": slug(person.names[0]),
            "SURNAME": slug(person.surname),
            "MARKER": self.countries[person.country]["marker"],
        }
        for token, part in parts.items():
            text = text.replace(token, part)
        return text


def unaccented(text: str) -> str:
    """The text without accents, as systems that know ASCII only keep it."""
    decomposed = unicodedata.normalize("NFD", text.translate(_UNDECOMPOSED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def slug(text: str) -> str:
    """A name as it stands in an address: lower case, ASCII letters only."""
    return re.sub("[^a-z]", "", unaccented(text.lower()))
