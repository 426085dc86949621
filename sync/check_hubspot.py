"""The doctor at HubSpot: does it answer, to whom, what is the token allowed, which lists are there.

No request changes anything: what is sent to routes that write is empty, or about the record 0, which cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sync import checks, config, lists
from sync.answers import usage_of
from sync.caller import Caller, unreachable
from sync.check_project import Known, attempted
from sync.errors import SyncError
from sync.findings import SETTINGS, Finding, not_checked, of_error, ok, warning
from sync.hubspot import HubSpot
from sync.preflight import read_definitions
from sync.properties import problems
from sync.records import Reply

_NOBODY = "nobody@example.com"
"""An address that no contact can have: the domain is reserved (RFC 2606)."""
_NO_RECORD = "0"
_NO_LIST = "A list that does not exist"
_WRITING = ("update contacts", "change members")
_READING = ("read contacts", "read lists", "read members")
OF_HUBSPOT = ("hubspot", "token", "portal", *_READING, *_WRITING, "lists", "properties", "quota")
"""The checks that need HubSpot."""


@dataclass(slots=True)
class Examination:
    """HubSpot as one token sees it. `new_caller` gives a caller that no earlier refusal has stopped."""

    hubspot: HubSpot
    base_url: str
    portal_id: str | None
    known: Known
    membership_batch: int
    new_caller: Callable[[], Caller]
    _portal: str = ""
    _found: lists.FoundLists | None = field(default=None)

    def findings(self) -> list[Finding]:
        """Look at everything."""
        reply, refusal = self._ask(self.hubspot.account)
        opening = self._account(reply, refusal)
        if opening[-1].status == "problem":
            done = {each.check for each in opening}
            why = "HubSpot does not say which portal this is"
            return opening + [not_checked(each, why) for each in OF_HUBSPOT if each not in done]
        self._portal = str(reply.body["portalId"])
        portal = checks.portal(
            self._portal, str(reply.body.get("accountType") or ""), self.portal_id, self._allowed_portals()
        )
        found = [*opening, portal, *self._reading()]
        # First the lists, so that there is one to try an empty change on.
        of_lists = self._lists(can_read=not any(each.status == "problem" for each in found))
        if portal.status == "ok":
            found += self._writing()
        else:
            found += [not_checked(each, "HUBSPOT_PORTAL_ID does not name this portal") for each in _WRITING]
        return [*found, *of_lists, *self._properties(), self._quota()]

    def _ask(self, request: Callable[[], Reply]) -> tuple[Reply, SyncError | None]:
        caller = self.new_caller()
        reply = caller.call(request).reply
        return reply or Reply(0, {}), caller.stopped_by

    def _account(self, reply: Reply, refusal: SyncError | None) -> list[Finding]:
        if reply.status == 0 or (reply.status >= 500 and refusal is None):
            return [of_error("hubspot", unreachable(reply))]
        if refusal is not None:
            return [ok("hubspot", f"{self.base_url} answers."), of_error("token", refusal)]
        if reply.status != 200 or not reply.body.get("portalId"):
            sentence = f"{self.base_url} answered {reply.status}, and not as HubSpot does."
            mend = "Check HUBSPOT_BASE_URL and HUBSPOT_API_VERSION."
            return [Finding("hubspot", "problem", sentence, mend, SETTINGS)]
        return [ok("hubspot", f"{self.base_url} answers."), ok("token", "HubSpot takes the token.")]

    def _allowed_portals(self) -> list[str]:
        portals = (self.known.settings or {}).get("portals")
        return [str(each) for each in portals] if isinstance(portals, list | tuple) else []

    def _reading(self) -> list[Finding]:
        contacts, refusal = self._ask(lambda: self.hubspot.read_contacts([_NOBODY]))
        found = [checks.scope("read contacts", "crm.objects.contacts.read", contacts, refusal, (200, 207))]
        name = self.known.declared[0].list_name if self.known.declared else _NO_LIST
        by_name, refusal = self._ask(lambda: self.hubspot.list_by_name(name))
        # A name that is not there is 404 or 400, which of the two is not documented.
        found.append(checks.scope("read lists", "crm.lists.read", by_name, refusal, (200, 404, 400)))
        members, refusal = self._ask(lambda: self.hubspot.memberships([_NO_RECORD]))
        found.append(checks.scope("read members", "crm.lists.read", members, refusal, (200, 207)))
        return found

    def _writing(self) -> list[Finding]:
        update, refusal = self._ask(lambda: self.hubspot.update_contacts([(_NO_RECORD, {})]))
        contacts = checks.scope("update contacts", "crm.objects.contacts.write", update, refusal, (200, 207))
        ids = [each.list_id for each in self._found.by_name.values()] if self._found else []
        list_id = ids[0] if ids else _NO_RECORD
        change, refusal = self._ask(lambda: self.hubspot.change_members(list_id, add=[], remove=[]))
        if not ids and change.status in (400, 404):
            members = warning(
                "change members",
                "Unknown: there is no list yet to try an empty change on.",
                "See in HubSpot that the private app or service key has crm.lists.write.",
            )
        else:
            members = checks.scope("change members", "crm.lists.write", change, refusal, (200, 204))
        return [contacts, members]

    def _lists(self, *, can_read: bool) -> Sequence[Finding]:
        if self.known.declared is None:
            return [not_checked("lists", "the dbt project cannot be read")]
        if not self.known.declared:
            sentence = "No list is declared, so there is nothing to do."
            return [Finding("lists", "problem", sentence, "Declare one in var hubspot_lists.", SETTINGS)]
        if not can_read:
            return [not_checked("lists", "it is the wrong portal, or the token may not read them")]
        return attempted("lists", self._find_lists)

    def _find_lists(self) -> Sequence[Finding]:
        ledger = self.known.ledger
        recorded = ledger.recorded_lists(self._portal) if ledger else {}
        declared = self.known.declared or ()
        self._found = lists.find(self.hubspot, self.new_caller(), declared, recorded)
        objections: Mapping[str | None, Finding] = {
            each.list_name: checks.objected_list(each) for each in self._found.objections
        }
        by_name = self._found.by_name
        return [
            objections.get(each.list_name)
            or checks.declared_list(each.list_name, by_name.get(each.list_name), recorded.get(each.list_name))
            for each in declared
        ]

    def _properties(self) -> Sequence[Finding]:
        if self.known.settings is None:
            return [not_checked("properties", "the dbt project cannot be read")]
        attributes = config.attributes_of(self.known.settings)
        if not attributes:
            own = config.writes_properties(self.known.settings)
            return [checks.unmapped_properties(own)]

        def look() -> Sequence[Finding]:
            definitions = read_definitions(self.hubspot, self.new_caller(), attributes)
            return checks.mapped_properties(len(attributes), problems(attributes, definitions))

        return attempted("properties", look)

    def _quota(self) -> Finding:
        usage, _ = self._ask(self.hubspot.daily_usage)
        told = usage_of(usage) if usage.status == 200 else None
        return checks.quota(told, self.known.rows, self.membership_batch)
