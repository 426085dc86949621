"""Settle what property updates are to write: values that do not fit go back, what HubSpot has is respected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.answers import missing_ids, refused_ids, values_of
from sync.caller import CONTACTS, Caller
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.properties import arrow, fault, left_to_write, mode_of, payload_of, with_unlisted
from sync.records import Attribute, Change, PropertyDefinition, Receipt, Reply

_UNFIT = "The properties must be one JSON object whose values are texts, without email."
_REFUSED = (400, 413, 414)


class Updates:
    """The updates of one run. A property without a definition is HubSpot's to judge."""

    def __init__(
        self,
        hubspot: HubSpot,
        caller: Caller,
        attributes: Sequence[Attribute] = (),
        definitions: Mapping[str, PropertyDefinition] | None = None,
    ) -> None:
        self._hubspot = hubspot
        self._caller = caller
        self._attributes = attributes
        self._modes = {each.name: each.mode for each in attributes}
        self._definitions = definitions or {}

    def settle(self, changes: Sequence[Change]) -> tuple[list[Receipt], tuple[Change, ...]]:
        """Take at most 100 updates; return the receipts that need no write, and the updates with what to write.

        A contact whose values HubSpot does not tell is in neither: it is surely not written.
        """
        receipts: list[Receipt] = []
        fit: list[tuple[Change, dict[str, str]]] = []
        for change in changes:
            properties = payload_of(change.payload)
            if properties is None:
                receipts.append(Receipt(change.change_no, "rejected", "properties", _UNFIT))
            elif faults := list(self._faults(properties)):
                sentences = "; ".join(sentence for _, sentence in faults)
                receipts.append(Receipt(change.change_no, "rejected", faults[0][0], sentences))
            else:
                fit.append((change, properties))
        present, absent = self._present(fit)
        writes: list[Change] = []
        for change, properties in fit:
            if change.contact_id in absent:
                receipts.append(Receipt(change.change_no, "missing", absent[change.contact_id]))
            elif change.contact_id in present:
                left = left_to_write(properties, self._modes, present[change.contact_id])
                if left:
                    writes.append(replace(change, payload=json.dumps(left)))
                else:
                    receipts.append(Receipt(change.change_no, "already_so"))
        return receipts, tuple(writes)

    def _faults(self, properties: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        for attribute in with_unlisted(self._attributes, properties):
            definition = self._definitions.get(attribute.name)
            value = properties.get(attribute.name)
            if definition is not None and value and (found := fault(definition, value)):
                yield found[0], f"{arrow(attribute)}: {found[1]}"

    def _present(
        self, fit: Sequence[tuple[Change, Mapping[str, str]]]
    ) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
        """What the contacts have, as far as it matters; and those HubSpot does not know any more, with a code."""
        respected = {
            change.contact_id: [
                name for name, value in properties.items() if value and self._is_respected(name)
            ]
            for change, properties in fit
        }
        present: dict[str, Mapping[str, str]] = {each: {} for each, names in respected.items() if not names}
        absent: dict[str, str] = {}
        asked = [each for each, names in respected.items() if names]
        names = sorted({name for each in respected.values() for name in each})
        # What an answer does not name may have been overlooked: it is asked for once more.
        silent: list[str] = []
        for _ in range(2):
            reply = self._read(asked, names) if asked else None
            if reply is None:
                return present, absent
            present |= values_of(reply)
            absent |= dict.fromkeys(missing_ids(reply), "not_in_hubspot")
            asked = [each for each in asked if each not in present and each not in absent]
            silent = [each for each in asked if each not in refused_ids(reply)]
        # Refused is not gone: the contact is there, and HubSpot does not show it just now.
        return present, absent | dict.fromkeys(silent, "not_named")

    def _read(self, contact_ids: Sequence[str], names: Sequence[str]) -> Reply | None:
        reply = self._caller.call(
            lambda: self._hubspot.read_properties(contact_ids, names), about=CONTACTS
        ).reply
        if reply is not None and reply.status in _REFUSED:
            self._caller.stop(_read_refused())
        return reply if reply is not None and reply.status in (200, 207) else None

    def _is_respected(self, name: str) -> bool:
        return mode_of(name, self._modes) == "set_if_empty"


def _read_refused() -> UnfinishedError:
    return UnfinishedError(
        "read_refused",
        "HubSpot refuses to read the properties of a batch of contacts.",
        "Check HUBSPOT_API_VERSION and HubSpot's changelog; what was not sent is sent by the next run.",
    )
