"""What a scripted fault does in the middle of a client's work, just before it carries its request out.

``delete_list`` takes a list's id or name, ``delete_contact`` and ``merge_contacts`` a record id or an address,
``revoke_token`` a token, or true for the one that the request bears. What is not there (any more) is passed over.
"""

from dataclasses import dataclass

from emulator.contacts import Contact
from emulator.crm import Portal
from emulator.tokens import Tokens


class ActionError(ValueError):
    """An action that is none; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: its name, and what to do it to; the second of two contacts is merged into the first."""

    name: str
    targets: tuple[str, ...]

    def perform(self, portal: Portal, tokens: Tokens, bearer: str, at: str) -> None:
        """Do it now (``at``: ISO 8601, UTC) while a request with the token ``bearer`` waits."""
        match self.name:
            case "delete_list":
                _delete_list(portal, self.targets[0], at)
            case "delete_contact":
                if contact := _contact(portal, self.targets[0]):
                    portal.archive(contact, at)
            case "merge_contacts":
                primary, losing = (_contact(portal, each) for each in self.targets)
                if primary and losing and primary is not losing:
                    portal.merge(primary, losing, at)
            case "revoke_token":
                tokens.revoke(self.targets[0] if self.targets else bearer)


def read_actions(value: object) -> tuple[Action, ...]:
    """The actions of a ``do`` object, in its order. Raises :class:`ActionError`."""
    if not isinstance(value, dict) or not value:
        raise ActionError(f"do must be an object with {', '.join(_READERS)}")
    if unknown := sorted(set(value) - set(_READERS)):
        raise ActionError(f"do knows {', '.join(_READERS)}, not {unknown[0]!r:.60}")
    return tuple(Action(name, _READERS[name](name, target)) for name, target in value.items())


def _one(name: str, target: object) -> tuple[str, ...]:
    if not isinstance(target, str) or not target:
        raise ActionError(f"{name} must be a text that is not blank")
    return (target,)


def _token(name: str, target: object) -> tuple[str, ...]:
    return () if target is True else _one(f"{name}, unless it is true,", target)


def _two(name: str, target: object) -> tuple[str, ...]:
    if not isinstance(target, dict) or set(target) != {"primary", "losing"}:
        raise ActionError(f"{name} must be an object with 'primary' and 'losing'")
    return (*_one(f"primary of {name}", target["primary"]), *_one(f"losing of {name}", target["losing"]))


_READERS = {"delete_list": _one, "delete_contact": _one, "merge_contacts": _two, "revoke_token": _token}


def _contact(portal: Portal, text: str) -> Contact | None:
    return portal.contacts.by_id(text) or portal.contacts.by_address(text)


def _delete_list(portal: Portal, text: str, at: str) -> None:
    if found := portal.lists.find(text) or portal.lists.named(text):
        portal.lists.delete(found, at)
