"""What happens to the demo's people: orders, suppressions, and a second day."""

from __future__ import annotations

from datetime import datetime, timedelta

from demo.people import Chance, Person, Row
from demo.population import Population

# The sources hold UTC without saying so.
OPENED = datetime(2024, 6, 1)  # noqa: DTZ001
LAPSED_BEFORE = datetime(2026, 5, 5)  # noqa: DTZ001 -- 180 days before the demo's moment
CLOSED = datetime(2026, 10, 30)  # noqa: DTZ001
EVE = datetime(2026, 10, 31, 8)  # noqa: DTZ001
PAUSED = "paused until the end of October"
KEY_COLUMNS = {"shop_customer": "customer_no", "loyalty_card": "card_no", "crm_contact": "contact_id"}


class Commerce:
    """Orders and suppressions of the first day; `second_day` turns them, and some records, into the next."""

    def __init__(self, population: Population, chance: Chance) -> None:
        self.population = population
        self.chance = chance
        self.orders: list[Row] = []
        self._orders_by_account: dict[str, list[Row]] = {}
        self.suppressions: list[Row] = []
        self.movers: list[Person] = []
        self._suppressed: list[Person] = []
        self._place_orders()
        self._suppress_some()

    def _place_orders(self) -> None:
        """Seven accounts in ten have ordered; nearly half of these not in the last 180 days."""
        buyers = [person for person in self.population.people if person.shop_number]
        for person in buyers:
            if self.chance.hits(0.7):
                lapsed = self.chance.hits(0.45)
                for _ in range(1 + self.chance.below(5)):
                    status = self.chance.weighted({"paid": 92, "refunded": 5, "cancelled": 3})
                    moment = self.chance.moment(OPENED, LAPSED_BEFORE if lapsed else CLOSED)
                    self._order(person, moment, status)
        # The last second that counts as lapsed, and the first that does not.
        quiet = [person for person in self._plain() if not self._orders_of(person)]
        self._order(quiet[0], LAPSED_BEFORE - timedelta(seconds=1), "paid")
        self._order(quiet[1], LAPSED_BEFORE, "paid")

    def _order(self, person: Person, moment: datetime, status: str) -> None:
        cents = 490 + self.chance.below(24_000)
        order = {
            "order_no": str(5_000_001 + len(self.orders)),
            "customer_no": person.shop_number,
            "ordered_at": str(moment),
            "status": status,
            "amount_eur": f"{cents // 100}.{cents % 100:02}",
        }
        self.orders.append(order)
        self._orders_by_account.setdefault(person.shop_number, []).append(order)

    def _orders_of(self, person: Person) -> list[Row]:
        return self._orders_by_account.get(person.shop_number, [])

    def _suppress_some(self) -> None:
        """By address in any spelling, by number, and addresses of nobody we know."""
        people = self.population.people
        for _ in range(30):
            self._suppress(self.chance.pick(people), "email", "unsubscribed")
        for kind in ("shop_customer", "loyalty_card", "crm_contact"):
            known = [p for p in people if any(KEY_COLUMNS[kind] in row for row in p.records)]
            for _ in range(15):
                self._suppress(self.chance.pick(known), kind, "asked to be left alone")
        # One member of a family shares the address with the others, so it is closed to all of them.
        family = [
            p for p in people if p.linked_by == "nothing" and p.systems == ("shop",) and len(p.records) == 1
        ]
        for person in family[:3]:
            self._suppress(person, "shop_customer", "asked to be left alone")
        for person in self._lapsed()[40:46]:
            self._suppress(person, "email", PAUSED)
        for number in range(6):
            self._add_suppression("email", f"stranger{number}@example.net", "complaint")

    def _suppress(self, person: Person, kind: str, reason: str) -> None:
        if kind == "email":
            value = self.population.spelling(person.email)
        else:
            value = next(row[KEY_COLUMNS[kind]] for row in person.records if KEY_COLUMNS[kind] in row)
        if value.strip():
            self._suppressed.append(person)
            self._add_suppression(kind, value, reason)

    def _add_suppression(self, kind: str, value: str, reason: str) -> None:
        added = self.chance.moment(OPENED, CLOSED).date().isoformat()
        self.suppressions.append({"kind": kind, "value": value, "reason": reason, "added_on": added})

    def _plain(self) -> list[Person]:
        """Unsuppressed people with one shop account, no other record, and an address that only they have."""
        return [
            person
            for person in self.population.people
            if person.systems == ("shop",)
            and person.linked_by == "email"
            and person.email == person.wire
            and person not in self._suppressed
        ]

    def _last_paid(self, person: Person) -> str:
        return max(paid_at(self._orders_of(person)), default="")

    def _lapsed(self) -> list[Person]:
        return [person for person in self._plain() if "" < self._last_paid(person) < str(LAPSED_BEFORE)]

    def second_day(self) -> None:
        """Change 54 people: 30 leave the segment, 18 join it, 6 take another address."""
        lapsed = self._lapsed()
        active = [person for person in self._plain() if self._last_paid(person) >= str(LAPSED_BEFORE)]
        self._leave(
            lapsed[:12], [p for p in lapsed[12:-16] if len(self._orders_of(p)) == 1][:8], lapsed[-10:]
        )
        self._join(active)
        for person in lapsed[-16:-10]:
            self.movers.append(person)
            person.records[0].update(email=person.second_email, changed_at=str(EVE))

    def _leave(self, suppressed: list[Person], refunded: list[Person], returned: list[Person]) -> None:
        for number, person in enumerate(suppressed):
            self._suppress(person, "email" if number % 2 else "shop_customer", "unsubscribed")
            self.suppressions[-1]["added_on"] = str(EVE.date())
        for person in refunded:
            self._orders_of(person)[0]["status"] = "refunded"
        for person in returned:
            self._order(person, EVE, "paid")

    def _join(self, active: list[Person]) -> None:
        """Refunds that leave only old orders, suppressions taken back, accounts of a shop taken over."""
        for person in [p for p in active if min(paid_at(self._orders_of(p))) < str(LAPSED_BEFORE)][:8]:
            for order in self._orders_of(person):
                if order["ordered_at"] >= str(LAPSED_BEFORE):
                    order["status"] = "refunded"
        self.suppressions = [row for row in self.suppressions if row["reason"] != PAUSED]
        for _ in range(4):
            person = self.population.inventor.person()
            person.systems, person.linked_by = ("shop",), "email"
            self.population.enrol(person)
            person.records[0].update(registered_at=str(EVE), changed_at=str(EVE))
            self._order(person, LAPSED_BEFORE - timedelta(days=90), "paid")


def paid_at(orders: list[Row]) -> list[str]:
    """When the paid ones of these orders were placed."""
    return [order["ordered_at"] for order in orders if order["status"] == "paid"]
