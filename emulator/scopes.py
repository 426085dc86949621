"""Which scopes an endpoint needs, by the kind of its path and whether it reads or writes."""

from emulator.tokens import Alternatives

_READING_ENDS = ("/batch/read", "/search", "/all")
"""How a POST ends that only reads."""

_NEEDED: dict[str, dict[bool, Alternatives]] = {
    "/objects/": {
        True: (frozenset(["crm.objects.contacts.read"]),),
        False: (frozenset(["crm.objects.contacts.write"]),),
    },
    "/lists": {
        True: (frozenset(["crm.lists.read"]),),
        False: (frozenset(["crm.lists.read", "crm.lists.write"]),),
    },
    "/properties/": {
        True: (frozenset(["crm.objects.contacts.read"]), frozenset(["crm.schemas.contacts.read"])),
        False: (frozenset(["crm.schemas.contacts.write"]),),
    },
    "/imports": {True: (frozenset(["crm.import"]),), False: (frozenset(["crm.import"]),)},
}


def scopes_needed(route: str) -> Alternatives:
    """The scopes for a route, ``POST /crm/v3/lists`` say; an endpoint of the account needs none."""
    method, _, path = route.partition(" ")
    reads = method == "GET" or path.endswith(_READING_ENDS)
    return next((by_use[reads] for part, by_use in _NEEDED.items() if part in path), ())
