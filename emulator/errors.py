"""HubSpot's error bodies, and the one exception that carries them.

Every body here follows a shape HubSpot documents or was seen to answer. Real bodies are uneven on purpose: a
rate-limit body has ``errorType`` and no ``category``, a JSON fault has neither.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

SHOWN_PROBLEMS = 3
"""How many entries ``errors`` holds at most: HubSpot cuts that array short, its ``message`` not."""

NOT_FOUND_MESSAGE = (
    "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
)


class RefusedError(Exception):
    """A request HubSpot answers with an error: ``status`` and the JSON ``body`` to send."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Problem:
    """One property value HubSpot refuses: the property's ``name``, HubSpot's ``code``, a ``message``."""

    name: str
    code: str
    message: str


def error(status: int, message: str, **members: Any) -> RefusedError:
    """A refusal with HubSpot's common members; ``members`` adds ``category``, ``context`` and the like."""
    return RefusedError(
        status, {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), **members}
    )


def invalid(message: str, **members: Any) -> RefusedError:
    """400, category VALIDATION_ERROR."""
    return error(400, message, category="VALIDATION_ERROR", **members)


def bad_json(what: str, line: int = 1, column: int = 1) -> RefusedError:
    """400 for a body that is not JSON or not of the expected shape; HubSpot sends no category with it."""
    return error(400, f"Invalid input JSON on line {line}, column {column}: {what}")


def no_such_path() -> RefusedError:
    """404 for a path or method nobody serves."""
    return error(404, "resource not found", category="OBJECT_NOT_FOUND")


def no_such_contact(record_id: str) -> RefusedError:
    """404 for one contact asked for by itself."""
    message = "Object not found.  objectId are usually numeric."
    return error(404, message, category="OBJECT_NOT_FOUND", context={"id": [record_id]})


def no_such_list(list_id: str) -> RefusedError:
    """404 for a list asked for by id."""
    return error(404, f"List does not exist with ID {list_id}.", category="OBJECT_NOT_FOUND")


def no_such_list_name(status: int, name: str) -> RefusedError:
    """A list asked for by name that is not there. HubSpot's ``status`` is not documented: 404 or 400."""
    category = "OBJECT_NOT_FOUND" if status == 404 else "VALIDATION_ERROR"
    return error(status, f"List does not exist with name {name} and object type ID 0-1.", category=category)


def dynamic_list(status: int, list_id: int) -> RefusedError:
    """A membership change of a DYNAMIC list. HubSpot's ``status`` is not documented: 400 or 403."""
    message = f"List {list_id} is DYNAMIC: memberships can only be changed on MANUAL or SNAPSHOT lists."
    return error(status, message, category="VALIDATION_ERROR" if status == 400 else "FORBIDDEN")


def too_many_ids(status: int, most: int) -> RefusedError:
    """A membership change that names more records than HubSpot takes; neither is documented."""
    message = f"The maximum number of record ids for this request is {most}."
    return invalid(message) if status == 400 else error(status, message)


def unknown_property(name: str) -> Problem:
    """The problem of a property the portal lacks."""
    return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')


def no_such_property(name: str) -> RefusedError:
    """404 for a property definition asked for by name."""
    return error(
        404, f"Property {name} does not exist", category="OBJECT_NOT_FOUND", context={"name": [name]}
    )


def property_exists(name: str) -> RefusedError:
    """409: property names are unique."""
    message = f"A property named '{name}' already exists."
    return error(409, message, category="CONFLICT", context={"name": [name]})


def unauthenticated() -> RefusedError:
    """401 for a missing or wrong token."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication "
        "and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return error(401, message, category="INVALID_AUTHENTICATION")


def missing_scopes(scopes: Sequence[str]) -> RefusedError:
    """403 for a token without the scopes an endpoint needs."""
    context = {"requiredGranularScopes": list(scopes), "links": ["https://developers.hubspot.com/scopes"]}
    message = "One or more of the following scopes are required."
    return error(403, message, category="MISSING_SCOPES", context=context)


def burst_limit(portal_id: int) -> RefusedError:
    """429 of the rolling ten-second limit."""
    return error(
        429,
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName=f"publicapi:private_app-api-calls-ten-secondly:1:{portal_id}",
    )


def secondly_limit() -> RefusedError:
    """429 of the limit on searches in a second."""
    message = "You have reached your secondly limit."
    return error(429, message, errorType="RATE_LIMIT", policyName="SECONDLY")


def daily_limit() -> RefusedError:
    """429 of the daily limit."""
    return error(
        429,
        "You have reached your daily limit.",
        errorType="RATE_LIMIT",
        policyName="DAILY",
        requestId=str(uuid.uuid4()),
    )


def duplicate_ids(ids: Sequence[str]) -> RefusedError:
    """400: a batch that names one record twice is refused whole."""
    message = f"Duplicate IDs found in batch input: [{', '.join(ids)}]. IDs must be unique"
    return invalid(message, context={"ids": list(ids)})


def duplicate_list_name() -> RefusedError:
    """400: list names are unique, whatever their case."""
    return invalid("List names must be unique", subCategory="ILS.DUPLICATE_LIST_NAMES")


def conflict(existing_id: str | None) -> RefusedError:
    """409: another contact has that address; None when that one is only about to be created."""
    known = "" if existing_id is None else f". Existing ID: {existing_id}"
    return error(409, f"Contact already exists{known}", category="CONFLICT")


def invalid_email(address: str) -> Problem:
    """The problem of an address that breaks HubSpot's rules; only its sentence names the address."""
    return Problem("email", "INVALID_EMAIL", f"Email address {address} is invalid")


def invalid_properties(problems: Sequence[Problem]) -> RefusedError:
    """400 for values HubSpot refuses: names properties and codes, never a record or an index.

    The array in ``message`` is whole, ``errors`` is cut short; INVALID_EMAIL alone comes without ``errors``.
    """
    told = [
        {"isValid": False, "message": each.message, "error": each.code, "name": each.name}
        for each in problems
    ]
    details = [
        {"message": each.message, "code": each.code, "context": {"propertyName": [each.name]}}
        for each in problems
        if each.code != "INVALID_EMAIL"
    ]
    members = {"errors": details[:SHOWN_PROBLEMS]} if details else {}
    text = json.dumps(told, separators=(",", ":"))
    return invalid(f"Property values were not valid: {text}", **members)


def missing_records(ids: Sequence[str], trace_ids: Sequence[str] = ()) -> Body:
    """The entry of a 207's ``errors`` that names every record not found, as sent."""
    context = {"ids": list(ids)}
    if trace_ids:
        context["objectWriteTraceId"] = list(trace_ids)
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": NOT_FOUND_MESSAGE,
        "context": context,
    }


def row_error(refusal: RefusedError, trace_id: str, **context: list[str]) -> Body:
    """The entry of a 207's ``errors`` for one row that carried a trace id."""
    body = {name: value for name, value in refusal.body.items() if name != "correlationId"}
    return body | {"context": {"objectWriteTraceId": [trace_id], **context}}


def trouble(status: int, portal_id: int) -> RefusedError:
    """The body of a scripted status: HubSpot's own for 401 and 429, a general one for the others."""
    if status == 401:
        return unauthenticated()
    if status == 429:
        return burst_limit(portal_id)
    if status == 403:
        return missing_scopes(["crm.lists.write"])
    return error(status, "There was a problem with the request.")
