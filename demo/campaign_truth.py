"""Who belongs on each list of the demo's campaigns, from its customers alone (points 7 to 10 of the rule).

The rule is the one in words at the top of ``demo/make_seeds.py``. Nothing here reads a file or knows a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Customer:
    """A customer. ``wire`` is the address as HubSpot gets it, None if the strict rules refuse it.

    ``records`` are the ids of its records, the oldest first; ``emails`` the email keys of all of them, ``email``
    that of its address. The segments are those of point 7, whoever is suppressed.
    """

    records: tuple[str, ...]
    emails: frozenset[str]
    email: str
    wire: str | None
    suppressed: bool
    lapsed: bool
    is_new: bool
    is_best: bool

    @property
    def id(self) -> str:
        """The id of its oldest record."""
        return self.records[0]


Condition = Callable[[Customer], bool]


@dataclass(frozen=True)
class Treatment:
    """How many of a thousand get it, and the list that they are put on; control without one."""

    name: str
    slots: int
    list_name: str | None


@dataclass(frozen=True)
class Campaign:
    """Whom it includes and excludes; its sub-audiences in order, each with its treatments."""

    name: str
    include: Condition
    exclude: Condition
    sub_audiences: tuple[tuple[str, Condition, tuple[Treatment, ...]], ...]

    @property
    def lists(self) -> set[str]:
        """The names of its lists."""
        treatments = [each for _, _, given in self.sub_audiences for each in given]
        return {each.list_name for each in treatments if each.list_name}


@dataclass
class Enrolled:
    """An id that was enrolled: in which build first, in what sub-audience, and whether it still is."""

    since: int
    sub_audience: str
    active: bool = True


@dataclass(frozen=True)
class Place:
    """What became of a customer in a campaign."""

    sub_audience: str
    treatment: Treatment


@dataclass
class Truth:
    """The customers of the newest build and where the campaigns put them, after one build after another."""

    customers: Sequence[Customer] = ()
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    """By campaign and customer id."""
    _enrolled: dict[tuple[str, str], Enrolled] = field(default_factory=dict)
    _builds: int = 0

    def build(self, customers: Sequence[Customer]) -> None:
        """Take the customers of one more day; those who were enrolled stay where they were (point 9)."""
        self._builds += 1
        self.customers = customers
        self.places.clear()
        for campaign in CAMPAIGNS:
            for customer in customers:
                if place := self._placed(campaign, customer):
                    self.places[campaign.name, customer.id] = place

    def _placed(self, campaign: Campaign, customer: Customer) -> Place | None:
        fits = [name for name, condition, _ in campaign.sub_audiences if condition(customer)]
        inside = campaign.include(customer) and not campaign.exclude(customer) and not customer.suppressed
        known = [each for each in customer.records if (campaign.name, each) in self._enrolled]
        if not inside:
            for each in known:
                self._enrolled[campaign.name, each].active = False
            return None
        found = []
        for each in known or [customer.id]:
            enrolled = self._enrolled.setdefault((campaign.name, each), Enrolled(self._builds, fits[0]))
            if not enrolled.active:
                enrolled.sub_audience, enrolled.active = fits[0], True
            treatment = self._treatment(campaign, enrolled.sub_audience, each)
            found.append((treatment.list_name is not None, enrolled.since, each, enrolled, treatment))
        _, _, _, enrolled, treatment = min(found, key=lambda one: one[:3])
        return Place(enrolled.sub_audience, treatment)

    @staticmethod
    def _treatment(campaign: Campaign, sub_audience: str, customer_id: str) -> Treatment:
        [treatments] = [given for name, _, given in campaign.sub_audiences if name == sub_audience]
        end = 0
        for treatment in treatments:
            end += treatment.slots
            if slot(campaign.name, customer_id) < end:
                return treatment
        raise AssertionError("the treatments of a sub-audience share a thousand slots")

    def held(self, list_name: str) -> set[str]:
        """Email keys that keep every contact they reach off this list (point 10)."""
        emails = {each for customer in self.customers if customer.suppressed for each in customer.emails}
        for campaign in CAMPAIGNS:
            if list_name not in campaign.lists:
                continue
            for customer in self.customers:
                place = self.places.get((campaign.name, customer.id))
                if campaign.exclude(customer) or (place and place.treatment.list_name is None):
                    emails |= customer.emails
        return emails

    def wanted(self, list_name: str) -> Iterator[Customer]:
        """Customers whose treatment has this list and whose address is not held, the oldest first."""
        held = self.held(list_name)
        for customer in self.customers:
            mine = {self.places.get((each.name, customer.id)) for each in CAMPAIGNS}
            if customer.email not in held and any(
                each and each.treatment.list_name == list_name for each in mine
            ):
                yield customer

    def control(self) -> set[tuple[str, str]]:
        """Campaign and customer id of everybody in a control group."""
        return {key for key, place in self.places.items() if place.treatment.list_name is None}

    def told(self, customer: Customer) -> str:
        """Where the campaigns have put a customer, in words."""
        if customer.suppressed:
            return "is suppressed"
        places = {each.name: self.places.get((each.name, customer.id)) for each in CAMPAIGNS}
        found = [f"has {place.treatment.name} in {name}" for name, place in places.items() if place]
        return " and ".join(found) or "is in no campaign"


def slot(campaign: str, customer_id: str) -> int:
    """The place of a customer among the thousand of a campaign (point 9)."""
    digest = hashlib.md5(f"{campaign}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:7], 16) % 1000


def _is_best(customer: Customer) -> bool:
    return customer.is_best


def _is_lapsed(customer: Customer) -> bool:
    return customer.lapsed and not customer.suppressed


def _is_new(customer: Customer) -> bool:
    return customer.is_new


def _is_anybody(_: Customer) -> bool:
    return True


_REMINDER = "Lapsed customers"
_CONTROL = Treatment("control", 100, None)
CAMPAIGNS = (
    Campaign(
        "win_back",
        include=_is_lapsed,
        exclude=_is_new,
        sub_audiences=(
            (
                "best customers",
                _is_best,
                (
                    Treatment("voucher", 500, "Lapsed customers with voucher"),
                    Treatment("reminder", 400, _REMINDER),
                    _CONTROL,
                ),
            ),
            ("everybody else", _is_anybody, (Treatment("reminder", 900, _REMINDER), _CONTROL)),
        ),
    ),
    Campaign(
        "thank_you",
        include=_is_best,
        exclude=_is_lapsed,
        sub_audiences=(
            (
                "everybody",
                _is_anybody,
                (
                    Treatment("early access", 450, "Best customers with early access"),
                    Treatment("gift", 450, "Best customers with gift"),
                    _CONTROL,
                ),
            ),
        ),
    ),
)
LISTS = tuple(sorted({name for campaign in CAMPAIGNS for name in campaign.lists}))
