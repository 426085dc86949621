"""Reading the portal's contacts from a CSV file.

Columns: ``email`` (required; may be blank on a row), ``hs_additional_emails`` (semicolon separated), ``id``;
every other column is a property, defined as a string property when HubSpot has none of that name.
"""

import csv
from pathlib import Path
from typing import TextIO

from emulator.contacts import AddressTakenError
from emulator.crm import ContactError, Portal


class ContactsFileError(ValueError):
    """A contacts file that cannot be loaded; says where and why in one sentence."""


def load_contacts(portal: Portal, path: Path, at: str) -> None:
    """Put every row of the file into the portal. Raises :class:`ContactsFileError`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _load(portal, file, str(path), at)
    except OSError as fault:
        raise ContactsFileError(f"cannot read the contacts file {path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ContactsFileError(f"the contacts file {path} is not UTF-8 text") from None


def _load(portal: Portal, file: TextIO, name: str, at: str) -> None:
    rows = csv.reader(file, strict=True)
    try:
        header: list[str] = next(rows, [])
        if "email" not in header:
            raise ContactsFileError(f"the contacts file {name} needs a header line with an 'email' column")
        if len(set(header)) < len(header) or "" in header:
            raise ContactError("a column name is blank or comes twice")
        portal.define(column for column in header if column != "id")
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise ContactError(f"{len(row)} fields where the header has {len(header)}")
            values = dict(zip(header, row, strict=True))
            if values.get("id") and portal.contacts.by_id(values["id"]):
                raise ContactError(f"the id {values['id']} comes twice")
            portal.put_by_hand(values, at)
    except (ContactError, AddressTakenError, csv.Error) as fault:
        raise ContactsFileError(f"{name}, line {rows.line_num}: {fault}") from None
