"""What one emulated HubSpot is made of, in one place for those who serve it and those who arrange it."""

from dataclasses import dataclass, field

from emulator.behaviour import Switchboard
from emulator.clock import Clock
from emulator.crm import Portal
from emulator.faults import Script
from emulator.journal import Journal
from emulator.limits import Limits
from emulator.tokens import Tokens


@dataclass(slots=True)
class World:
    """A portal, its clock and limits, how it behaves, what goes wrong, and the log of what was asked of it."""

    portal: Portal
    clock: Clock
    limits: Limits
    behaviour: Switchboard
    tokens: Tokens
    journal: Journal = field(default_factory=Journal)
    script: Script = field(default_factory=Script)

    def reset(self, *, portal: bool) -> None:
        """Begin again: no log, counters, faults, rules or used limits, switches and tokens as at the start, the
        clock running.

        With ``portal`` its contacts, lists and own properties are gone too. The clock never goes back.
        """
        self.journal.clear()
        self.script.replace([])
        self.limits.clear()
        self.behaviour.reset()
        self.clock.freeze(False)
        self.tokens.reset(self.clock.now().seconds)
        if portal:
            self.portal = Portal(self.portal.portal_id, self.portal.time_zone, self.portal.account_type)
        self.portal.contacts.created = 0
        self.portal.rules = ()
