"""How HubSpot is reached: the environment's settings, and every problem with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

API_VERSIONS = ("v3", "2026-03", "2026-09")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Access:
    """What the environment says, whatever the dbt project does."""

    token: str
    base_url: str
    api_version: str
    portal_id: str | None


def read_access(
    environ: Mapping[str, str], *, offline: bool = False, sends: bool = False, portals: object = ()
) -> tuple[Access, list[str]]:
    """The environment's settings and every problem with them; `portals` is var `hubspot_portals`.

    Offline no token is needed; who sends must name the portal.
    """
    problems: list[str] = []
    token = environ.get("HUBSPOT_ACCESS_TOKEN", "").strip()
    if not token and not offline:
        problems.append("HUBSPOT_ACCESS_TOKEN is not set: export the token of a service key or private app")
    if not re.fullmatch(r"[!-~]*", token):
        problems.append(
            "HUBSPOT_ACCESS_TOKEN holds a space or a character that no token has: copy the token anew"
        )
    portal_id = environ.get("HUBSPOT_PORTAL_ID", "").strip() or None
    if portal_id is None and sends:
        problems.append("HUBSPOT_PORTAL_ID is not set: export the id of the portal this job may write to")
    if portal_id is not None and not re.fullmatch(r"[0-9]+", portal_id):
        problems.append(
            "HUBSPOT_PORTAL_ID is not a number: it is the id beside the account's name in HubSpot"
        )
        portal_id = None
    problems += _portal_problems(portals, portal_id)
    base_url = environ.get("HUBSPOT_BASE_URL", "").strip().rstrip("/") or "https://api.hubapi.com"
    problems += _base_url_problems(base_url)
    api_version = environ.get("HUBSPOT_API_VERSION", "").strip() or "v3"
    if api_version not in API_VERSIONS:
        problems.append(
            f"HUBSPOT_API_VERSION is {api_version!r}: it must be one of {', '.join(API_VERSIONS)}"
        )
    return Access(token, base_url, api_version, portal_id), problems


def _portal_problems(portals: object, portal_id: str | None) -> list[str]:
    if not isinstance(portals, list | tuple):
        return [f"var hubspot_portals is {portals!r}: it must be a list of portal ids"]
    named = {str(portal) for portal in portals}
    if named and portal_id is not None and portal_id not in named:
        allowed = ", ".join(sorted(named))
        return [
            f"HUBSPOT_PORTAL_ID is {portal_id}: var hubspot_portals lets this project send only to {allowed}"
        ]
    return []


def _base_url_problems(base_url: str) -> list[str]:
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # raises for a port that is no number
        # No host has such a name, and looking one up would raise.
        if not all(0 < len(label) < 64 for label in (parts.hostname or "").removesuffix(".").split(".")):
            raise ValueError
    except ValueError:
        return [f"HUBSPOT_BASE_URL is {base_url!r}: it is not a URL"]
    # Not shown: it may hold a password.
    if parts.password is not None or parts.query or parts.fragment:
        return [
            "HUBSPOT_BASE_URL holds a password, a query or a fragment: give only https://, the host and a path"
        ]
    if parts.scheme == "https" and parts.hostname:
        return []
    # A token over plain HTTP is readable on the way; the emulator is on this machine.
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return []
    return [f"HUBSPOT_BASE_URL is {base_url!r}: it must begin with https:// (http:// only for this machine)"]
