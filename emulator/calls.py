"""One request on its way to a handler: what it carries, which rows a fault makes vanish, what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from emulator import shapes
from emulator.behaviour import Behaviour
from emulator.crm import Portal
from emulator.errors import RefusedError, invalid
from emulator.limits import Limits


@dataclass(slots=True)
class Call:
    """A request that names a route; handlers read it and count in ``changed`` what they did."""

    portal: Portal
    version: str
    """The API version of the path: ``v3`` or a date."""
    at: str
    """When it arrived: ISO 8601, UTC."""
    params: Mapping[str, str]
    """Values of the path's ``{parts}``, decoded."""
    query: Mapping[str, str]
    query_text: str
    """The query as sent, for parameters that may come several times."""
    raw: bytes
    content_type: str
    link: str
    """The URL of this request without its query."""
    limits: Limits
    behaviour: Behaviour
    """How to behave where HubSpot's own way is not known."""
    vanishing_rows: int = 0
    """How many rows of the request a scripted fault makes this server overlook; -1 for all."""
    changed: dict[str, int] = field(default_factory=dict)

    def body(self, check: shapes.Check) -> Any:
        """The JSON body, once it has passed ``check``. Raises :class:`~emulator.errors.RefusedError`."""
        return shapes.checked(shapes.parse(self.raw, self.content_type), check)

    def seen(self, rows: list[Any]) -> list[Any]:
        """The rows this server takes notice of: all of them, unless a scripted fault hides the first ones."""
        if self.vanishing_rows < 0:
            return []
        hidden = min(self.vanishing_rows, len(rows))
        self.vanishing_rows -= hidden
        return rows[hidden:]

    def several(self, name: str) -> list[str]:
        """Every value of a query parameter that may come several times, in order."""
        return [value for each, value in parse_qsl(self.query_text, keep_blank_values=True) if each == name]

    def flag(self, name: str) -> bool:
        """A ``true`` or ``false`` of the query, false when absent. Raises as :meth:`number` does."""
        given = self.query.get(name, "false")
        if given not in ("true", "false"):
            raise invalid(f"{name} must be true or false")
        return given == "true"

    def number(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 1 to ``most`` of the query. Raises :class:`~emulator.errors.RefusedError`."""
        given = self.query.get(name)
        if given is None:
            return default
        if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
            raise invalid(f"{name} must be a whole number from 1 to {most}")
        return int(given)

    def count(self, what: str, amount: int) -> None:
        """Note in the request log that this request changed ``amount`` things."""
        self.changed[what] = self.changed.get(what, 0) + amount


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the JSON body to send; None for no body."""

    status: int
    body: object


def refused(refusal: RefusedError) -> Answer:
    """The answer that says no."""
    return Answer(refusal.status, refusal.body)
