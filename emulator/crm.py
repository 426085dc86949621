"""One portal as plain data: contacts, lists, property definitions, and the rules that touch more than one.

Knows nothing of HTTP. Times come in as arguments: ISO 8601 text in UTC.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

from emulator.addresses import acceptable
from emulator.contacts import Contact, Contacts, record_id
from emulator.lists import Lists
from emulator.properties import Definitions
from emulator.rules import Rule

ACCOUNT_TYPES = ("STANDARD", "SANDBOX", "DEVELOPER_TEST", "APP_DEVELOPER")
"""What kinds of account HubSpot tells apart; the first is the default."""


class ContactError(ValueError):
    """A contact given by hand (file or admin call) that HubSpot could not hold; says why in one sentence."""


class Portal:
    """A HubSpot account: its number, time zone, kind, contacts, lists, properties and validation rules."""

    def __init__(self, portal_id: int, time_zone: tzinfo = UTC, account_type: str = ACCOUNT_TYPES[0]) -> None:
        self.portal_id = portal_id
        self.time_zone = time_zone
        self.account_type = account_type
        self.contacts = Contacts()
        self.lists = Lists()
        self.definitions = Definitions()
        self.rules: tuple[Rule, ...] = ()

    def archive(self, contact: Contact, at: str) -> None:
        """Delete a contact: gone from lookups and from every list."""
        self.contacts.archive(contact, at)
        self.lists.forget(contact.id)

    def merge(self, primary: Contact, losing: Contact, at: str) -> None:
        """Merge two contacts; the primary keeps its id and inherits addresses and list memberships."""
        self.contacts.merge(primary, losing, at)
        self.lists.inherit(primary.id, losing.id, at)

    def put_by_hand(self, values: Mapping[str, str], at: str) -> Contact:
        """Add a contact, or edit the one whose ``id`` is given; names not defined become string properties.

        Raises :class:`ContactError` for an id that is not one or was lost in a merge, and for a malformed
        address; :class:`~emulator.contacts.AddressTakenError` for an address of another contact.
        """
        properties = {name: value for name, value in values.items() if name != "id"}
        number = self._hand_given_id(values.get("id", ""))
        for address in Contact(0, properties, at, at).addresses():
            if not acceptable(address):
                raise ContactError(f"{address!r} is not an address HubSpot accepts")
        self.define(properties)
        existing = None if number is None else self.contacts.by_id(str(number))
        if existing is None:
            return self.contacts.add(properties, at, number)
        self.contacts.change(existing, properties, at)
        return existing

    def define(self, names: Iterable[str]) -> None:
        """Make string properties of names not defined. Raises :class:`ContactError` for an illegal one."""
        try:
            self.definitions.add_strings(names)
        except ValueError as fault:
            raise ContactError(str(fault)) from None

    def _hand_given_id(self, text: str) -> int | None:
        if not text:
            return None
        number = record_id(text)
        if number is None:
            raise ContactError(f"{text!r} is not a record id: give a whole number without leading zeros")
        if self.contacts.is_merged(text):
            raise ContactError(f"the record id {text} was lost in a merge: give another")
        return number
