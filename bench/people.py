"""Invented people as they truly are: households, namesakes, twins, and everything a record could say of them."""

from __future__ import annotations

import json
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

WORDS: dict[str, Any] = json.loads((Path(__file__).parent / "words.json").read_text("utf-8"))
_UNDECOMPOSED = str.maketrans({"ø": "o", "Ł": "L", "ł": "l"})


@dataclass
class Human:
    """One person. Phone numbers are digits with the country's prefix, without its plus sign."""

    number: int
    given: str
    surname: str
    birthdate: date
    country: str
    postal: str
    landline: str
    phones: list[str] = field(default_factory=list)
    """The number in use, and an older one."""
    emails: list[str] = field(default_factory=list)
    """The address in use, and two others."""
    household_email: str = ""
    new_surname: str = ""
    """A second surname that some records hold, empty for most."""
    old_postal: str = ""
    """Where the person lived before, empty for most."""
    traits: set[str] = field(default_factory=set)
    """What makes others look like this person: `household`, `twin`, `same_name`."""


class Inventor:
    """Makes people up, a household at a time, from one source of chance. `first` is the first one's number."""

    def __init__(self, rng: random.Random, first: int = 0) -> None:
        self._rng = rng
        self._first = first
        self._humans: list[Human] = []

    def humans(self, number: int) -> list[Human]:
        """That many people."""
        while len(self._humans) < number:
            self._add_household()
        humans = self._humans[:number]
        names = Counter((each.given, each.surname) for each in humans)
        for each in humans:
            if names[each.given, each.surname] > 1:
                each.traits.add("same_name")
        return humans

    def _add_household(self) -> None:
        """One person in eight brings a family: one surname, home, landline and perhaps address for all."""
        head = self._human(self._surname(), self._rng.choice(list(WORDS["prefixes"])), self._postal())
        if self._rng.random() > 0.12:
            return
        head.traits.add("household")
        domain = self._rng.choice(WORDS["domains"])
        head.household_email = f"family.{plain(head.surname)}{head.number}@{domain}"
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            other = self._human(head.surname, head.country, head.postal)
            other.landline, other.household_email = head.landline, head.household_email
            other.traits.add("household")
            dice = self._rng.random()
            if dice < 0.08:
                other.given = head.given
            elif dice < 0.12:
                other.birthdate = head.birthdate
                other.traits.add("twin")
                head.traits.add("twin")

    def _human(self, surname: str, country: str, postal: str) -> Human:
        rng = self._rng
        human = Human(
            number=self._first + len(self._humans),
            given=rng.choice(WORDS["given"]).split("|")[0],
            surname=surname,
            birthdate=date(1938, 1, 1) + timedelta(days=rng.randrange(25_000)),
            country=country,
            postal=postal,
            landline=self._phone(country),
        )
        if self._humans and rng.random() < 0.02:
            namesake = rng.choice(self._humans)
            human.given, human.surname = namesake.given, namesake.surname
            human.postal = namesake.postal if rng.random() < 0.2 else postal
        human.phones = [self._phone(country), self._phone(country)]
        human.emails = [self._email(human, place) for place in range(3)]
        human.new_surname = self._surname() if rng.random() < 0.06 else ""
        human.old_postal = self._postal() if rng.random() < 0.12 else ""
        self._humans.append(human)
        return human

    def _surname(self) -> str:
        parts = (WORDS["surname_fronts"], WORDS["surname_middles"], WORDS["surname_ends"])
        return "".join(map(self._rng.choice, parts))

    def _postal(self) -> str:
        return f"{10_000 + int(self._rng.random() ** 2 * 3_000) * 7:05}"

    def _phone(self, country: str) -> str:
        return f"{WORDS['prefixes'][country]}555{self._rng.randrange(10**7):07}"

    def _email(self, human: Human, place: int) -> str:
        form = self._rng.choice(("{0}.{1}{2}", "{1}.{0}{2}", "{3}{1}{2}", "{0}_{1}{2}"))
        given, surname = plain(human.given), plain(human.surname)
        local = form.format(given, surname, human.number * 3 + place, given[:1])
        return f"{local}@{self._rng.choice(WORDS['domains'])}"


def plain(text: str) -> str:
    """Lower case without accents, as in an address."""
    decomposed = unicodedata.normalize("NFD", text.translate(_UNDECOMPOSED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()
