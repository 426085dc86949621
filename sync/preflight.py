"""Ask HubSpot how its contact properties are defined, and whether the mapping of attributes fits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.answers import definitions_of
from sync.caller import Caller, unreachable
from sync.errors import SettingsError, UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.pacing import is_passing
from sync.properties import payload_of, problems, with_unlisted
from sync.records import Attribute, PropertyDefinition, Reply
from sync.updates import Updates


def prepare_updates(
    ledger: Ledger, hubspot: HubSpot, caller: Caller, attributes: Sequence[Attribute]
) -> Updates | None:
    """What settles the plan's updates, or None when no property is to be written; then HubSpot is not asked.

    Raises `SettingsError` with every problem of the mapping, and `SyncError` when HubSpot does not tell.
    """
    names = {name for change in ledger.updates() for name in payload_of(change.payload) or ()}
    if not names:
        return None
    mapped = with_unlisted(attributes, names)
    definitions = read_definitions(hubspot, caller, mapped)
    if problem := check_mapping(mapped, definitions):
        raise problem
    return Updates(hubspot, caller, attributes, definitions)


def read_definitions(
    hubspot: HubSpot, caller: Caller, attributes: Sequence[Attribute]
) -> dict[str, PropertyDefinition]:
    """How HubSpot defines its contact properties, by name; archived ones only where an attribute is not found else.

    Raises `SyncError` when HubSpot does not tell.
    """
    definitions = definitions_of(_answer(hubspot, caller, archived=False))
    if all(each.name in definitions for each in attributes):
        return definitions
    return definitions_of(_answer(hubspot, caller, archived=True), archived=True) | definitions


def _answer(hubspot: HubSpot, caller: Caller, *, archived: bool) -> Reply:
    reply = caller.call(lambda: hubspot.property_definitions(archived=archived)).reply
    if caller.stopped_by is not None:
        raise caller.stopped_by
    if reply is None or is_passing(reply.status):
        raise unreachable(reply or Reply(0, {}))
    if reply.status != 200:
        raise UnfinishedError(
            "no_definitions",
            f"HubSpot does not list its contact properties (status {reply.status}), so nothing was sent.",
            "Check HUBSPOT_API_VERSION and the token's scope crm.objects.contacts.read, then run again.",
        )
    return reply


def check_mapping(
    attributes: Sequence[Attribute], definitions: Mapping[str, PropertyDefinition]
) -> SettingsError | None:
    """Every problem of the mapping as one error, or None."""
    found = problems(attributes, definitions)
    if not found:
        return None
    listed = "\n".join(f"- {each}" for each in found)
    return SettingsError(
        "attributes",
        f"Attributes do not fit HubSpot's properties, and nothing was sent:\n{listed}\n",
        "Correct var hubspot_attributes or the properties in HubSpot, then run again.",
    )
