"""Bearer tokens: which are taken, which scopes each has, when it expires, and whether it was revoked."""

from collections.abc import Iterable
from dataclasses import dataclass

from emulator import errors
from emulator.clock import Moment

Alternatives = tuple[frozenset[str], ...]
"""Sets of scopes any one of which is enough; none at all when every token is."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token may do: its ``scopes`` (None for all) until ``expires_at`` seconds of the clock, if ever."""

    scopes: frozenset[str] | None = None
    expires_at: float | None = None


class Tokens:
    """The tokens of one server. Without one named at the start any is taken that was not revoked."""

    def __init__(
        self, only: str | None = None, scopes: Iterable[str] | None = None, lifetime: float | None = None
    ) -> None:
        """``only``: the one token to take. ``scopes`` and ``lifetime`` (seconds) bind it, or every token."""
        self._only = only
        self._scopes = None if scopes is None else frozenset(scopes)
        self._lifetime = lifetime
        self.reset(0.0)

    def reset(self, now: float) -> None:
        """As at the start, where a lifetime begins ``now``, in seconds of the clock."""
        start = Token(self._scopes, None if self._lifetime is None else now + self._lifetime)
        self._default = start if self._only is None else None
        self._known: dict[str, Token | None] = {} if self._only is None else {self._only: start}

    def add(self, text: str, token: Token) -> None:
        """Take a token from now on, or give one other scopes and another end."""
        self._known[text] = token

    def revoke(self, text: str) -> None:
        """Take a token no more."""
        self._known[text] = None

    def check(self, header: str, moment: Moment, needed: Alternatives) -> None:
        """Let a request through by its ``Authorization`` header, or raise what HubSpot answers: 401 or 403."""
        text = bearer(header)
        token = self._known.get(text, self._default) if text else None
        if token is None or (token.expires_at is not None and moment.seconds >= token.expires_at):
            raise errors.unauthenticated()
        held = token.scopes
        if held is not None and needed and not any(each <= held for each in needed):
            raise errors.missing_scopes(sorted(frozenset().union(*needed) - held))


def bearer(header: str) -> str:
    """The token in an ``Authorization`` header, empty when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
