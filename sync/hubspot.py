"""HubSpot over HTTP: one method per endpoint, JSON to values. Whether to retry is not decided here.

Only the routes of ALLOWED can be called at all, and none of them can create a contact.
Shapes are those of HubSpot's contacts, lists and account-info guides.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from sync.errors import SyncError
from sync.records import RateLimit, Reply

ALLOWED = (
    ("GET", r"/account-info/(v3|\d{4}-\d{2})/details"),
    ("GET", r"/account-info/(v3|\d{4}-\d{2})/api-usage/daily/private-apps"),
    ("POST", r"/crm/(v3/objects|objects/\d{4}-\d{2})/contacts/batch/(read|update)"),
    ("GET", r"/crm/(v3/properties|properties/\d{4}-\d{2})/contacts"),
    ("POST", r"/crm/lists/\d{4}-\d{2}|/crm/v3/lists"),
    ("GET", r"/crm/(v3/lists|lists/\d{4}-\d{2})/\d+(/memberships)?"),
    ("GET", r"/crm/(v3/lists|lists/\d{4}-\d{2})/object-type-id/0-1/name/[^/]+"),
    ("PUT", r"/crm/(v3/lists|lists/\d{4}-\d{2})/\d+/memberships/add-and-remove"),
    ("POST", r"/crm/(v3/lists|lists/\d{4}-\d{2})/records/memberships/batch/read"),
)
"""Every method and path this job may send. Creating, upserting and importing contacts are not among them."""

MEMBERS_PER_PAGE = 250
_LONGEST_INTERVAL_MILLISECONDS = 60_000
_CONTACT_PROPERTIES = ("email", "hs_additional_emails", "hs_email_optout", "hs_email_hard_bounce_reason_enum")


class HubSpot:
    """One portal's API, usable from several threads; each has a connection pool of its own."""

    def __init__(self, base_url: str, token: str, api_version: str, timeout_seconds: float) -> None:
        self._base_url = base_url
        self._token = token
        self._timeout = (10.0, timeout_seconds)
        # Plain HTTP is for this machine only, and a proxy of the environment is not on the way to it.
        self._proxies = {"no_proxy": "localhost,127.0.0.1,::1"} if base_url.startswith("http://") else None
        self._local = threading.local()
        self._counting = threading.Lock()
        self._account = f"/account-info/{api_version}"
        in_v3 = api_version == "v3"
        self._contacts = "/crm/v3/objects/contacts" if in_v3 else f"/crm/objects/{api_version}/contacts"
        properties = "/crm/v3/properties" if in_v3 else f"/crm/properties/{api_version}"
        self._properties = f"{properties}/contacts"
        self._lists = "/crm/v3/lists" if in_v3 else f"/crm/lists/{api_version}"
        self.requests = 0
        """Requests sent so far."""
        self.contact_requests = 0
        """Of these, to contacts."""

    def account(self) -> Reply:
        """Read which portal the token belongs to (`portalId`)."""
        return self._send("GET", f"{self._account}/details")

    def daily_usage(self) -> Reply:
        """Read how many requests of today's quota the portal's private apps have used."""
        return self._send("GET", f"{self._account}/api-usage/daily/private-apps")

    def read_contacts(self, emails: Sequence[str]) -> Reply:
        """Look up to 100 addresses up, primary or secondary; answers 200, or 207 with OBJECT_NOT_FOUND."""
        return self._send(
            "POST",
            f"{self._contacts}/batch/read",
            {
                "idProperty": "email",
                "properties": list(_CONTACT_PROPERTIES),
                "propertiesWithHistory": [],
                "inputs": [{"id": email} for email in emails],
            },
        )

    def read_properties(self, contact_ids: Sequence[str], names: Sequence[str]) -> Reply:
        """Read properties of up to 100 contacts by record id; answers 200, or 207 with OBJECT_NOT_FOUND."""
        inputs = [{"id": contact_id} for contact_id in contact_ids]
        body = {"properties": list(names), "propertiesWithHistory": [], "inputs": inputs}
        return self._send("POST", f"{self._contacts}/batch/read", body)

    def property_definitions(self, *, archived: bool = False) -> Reply:
        """Read how the portal's contact properties are defined, the archived ones or all others."""
        return self._send("GET", self._properties, query={"archived": "true"} if archived else None)

    def update_contacts(self, updates: Sequence[tuple[str, dict[str, str]]]) -> Reply:
        """Write properties of up to 100 existing contacts, by record id."""
        inputs = [
            {"id": contact_id, "properties": properties, "objectWriteTraceId": contact_id}
            for contact_id, properties in updates
        ]
        return self._send("POST", f"{self._contacts}/batch/update", {"inputs": inputs})

    def list_by_id(self, list_id: str) -> Reply:
        """Read one list; 404 when it is gone."""
        return self._send("GET", f"{self._lists}/{list_id}")

    def list_by_name(self, name: str) -> Reply:
        """Find a list of contacts by name, ignoring case; 404 or 400 when there is none."""
        return self._send("GET", f"{self._lists}/object-type-id/0-1/name/{quote(name, safe='')}")

    def create_list(self, name: str) -> Reply:
        """Create an empty static list of contacts."""
        return self._send(
            "POST", self._lists, {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
        )

    def change_members(self, list_id: str, *, add: Sequence[str], remove: Sequence[str]) -> Reply:
        """Add and remove members by record id; HubSpot ignores what is so already."""
        body = {"recordIdsToAdd": list(add), "recordIdsToRemove": list(remove)}
        return self._send("PUT", f"{self._lists}/{list_id}/memberships/add-and-remove", body)

    def members_page(self, list_id: str, after: str | None) -> Reply:
        """Read up to 250 members of a list, in ascending record id, after a cursor."""
        query = {"limit": str(MEMBERS_PER_PAGE)} | ({"after": after} if after else {})
        return self._send("GET", f"{self._lists}/{list_id}/memberships", query=query)

    def memberships(self, contact_ids: Sequence[str]) -> Reply:
        """Read on which lists up to 100 contacts are."""
        inputs = [{"objectTypeId": "0-1", "recordId": contact_id} for contact_id in contact_ids]
        return self._send("POST", f"{self._lists}/records/memberships/batch/read", {"inputs": inputs})

    def _send(
        self, method: str, path: str, body: object = None, query: dict[str, str] | None = None
    ) -> Reply:
        if not any(method == allowed and re.fullmatch(pattern, path) for allowed, pattern in ALLOWED):
            raise SyncError(
                "route", f"The job may not call {method} {path}.", "This is a bug: please report it."
            )
        with self._counting:
            self.requests += 1
            self.contact_requests += path.startswith(self._contacts)
        try:
            answer = self._session().request(
                method,
                self._base_url + path,
                params=query,
                json=body,
                proxies=self._proxies,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Its text may hold the request; the caller only needs to know that no answer came.
            return Reply(0, {}, timed_out=isinstance(error, requests.ReadTimeout))
        body = _json_object(answer)
        return Reply(
            answer.status_code,
            body or {},
            _seconds(answer.headers.get("Retry-After")),
            _limit(answer.headers),
            # 504 and 524: HubSpot's edge has waited too long.
            timed_out=answer.status_code in (504, 524),
            is_garbled=body is None and 200 <= answer.status_code < 300,
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.auth = _Bearer(self._token)
            session.headers["User-Agent"] = "hubspot-sync"
        return session


class _Bearer(AuthBase):
    """The token as an auth object: a plain header would be replaced by a .netrc entry for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _json_object(answer: requests.Response) -> dict[str, object] | None:
    try:
        body = _storable(answer.json())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _storable(value: object) -> object:
    # JSON can spell NUL and half a character, which no warehouse takes: one such answer would cost all receipts.
    if isinstance(value, str):
        return value.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return {name: _storable(each) for name, each in value.items()} if isinstance(value, dict) else value


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None


def _limit(headers: Mapping[str, str]) -> RateLimit | None:
    most = _whole(headers.get("X-HubSpot-RateLimit-Max"))
    milliseconds = _whole(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds")) or 10_000
    # HubSpot's intervals are a second or ten: a run that believed in hours would wait for them, silently.
    if not most or milliseconds > _LONGEST_INTERVAL_MILLISECONDS:
        return None
    return RateLimit(most, _whole(headers.get("X-HubSpot-RateLimit-Remaining")), milliseconds / 1000)


def _whole(header: str | None) -> int | None:
    return int(header) if header and re.fullmatch(r"[0-9]{1,9}", header) else None
