"""Settings, environment and flags become one frozen `Job`, or one error with every problem found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.access import read_access
from sync.errors import SettingsError
from sync.records import Attribute

ALLOWABLE_GUARDS = ("empty", "shrink", "growth", "rejected", "newly_rejected", "stale", "failed_build")
_LANDING_SECONDS = 100
"""HubSpot's edge gives up on a request after 100 s (status 524): it may land that long after its sender died."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says, this once."""

    sends: bool
    """False for `plan`."""
    offline: bool = False
    lists: tuple[str, ...] = ()
    """Empty: all declared lists."""
    limit: int | None = None
    """At most so many adds."""
    allow: frozenset[str] = frozenset()
    adopt: frozenset[str] = frozenset()
    wait_seconds: float = 0
    reread: bool = False
    """Read every list in full, whatever is believed of it."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs to know that is not data."""

    flags: Flags
    token: str
    """Empty only offline."""
    base_url: str
    api_version: str
    portal_id: str | None
    """The portal a person named; always set when the job sends."""
    workers: int
    requests_per_10_seconds: float | None
    """At most; None: as many as HubSpot allows."""
    limit_share_percent: float
    """The part of the portal's limit that the job may use."""
    daily_budget: int | None
    """Requests a day (UTC) over all runs; None: no matter."""
    timeout_seconds: float
    settle_seconds: float
    membership_batch: int
    max_shrink_percent: float
    max_growth_percent: float
    max_rejected_percent: float
    small_change: int
    max_newly_rejected_percent: float
    max_age_hours: float | None
    """None: the age of the audience is nobody's concern."""
    reading_days: int | None
    """A list that was last read in full longer ago is read again. None: never for its age."""
    fast_lane: bool
    attributes: tuple[Attribute, ...] = ()
    """Empty: none is mapped, or the audience's model brings its own and nothing is said of them."""
    writes_properties: bool = False


def load(environ: Mapping[str, str], settings: Mapping[str, object], flags: Flags) -> Job:
    """Check the environment, the project's vars and the flags together.

    Raises `SettingsError` that lists every problem at once.
    """
    job, problems = examine(environ, settings, flags)
    if problems:
        raise SettingsError(
            "settings",
            "The settings have problems:\n- " + "\n- ".join(problems) + "\n",
            "Mend them and run again.",
        )
    return job


def examine(
    environ: Mapping[str, str], settings: Mapping[str, object], flags: Flags
) -> tuple[Job, list[str]]:
    """The job, and every problem with its settings: with any, the job must not be carried out."""
    access, problems = read_access(
        environ, offline=flags.offline, sends=flags.sends, portals=settings.get("portals")
    )
    numbers = {name: _number(settings, name, low, problems) for name, low in _NUMBERS.items()}
    optional = {
        name: None if settings.get(name) is None else _number(settings, name, low, problems)
        for name, low in _OPTIONAL_NUMBERS.items()
    }
    for name in _DAYS:
        _days(settings, name, problems)
    never_by_age = settings.get("reading_days") is None
    reading_days = None if never_by_age else _days(settings, "reading_days", problems)
    if not isinstance(settings.get("fast_lane"), bool):
        problems.append(f"var hubspot_fast_lane is {settings.get('fast_lane')!r}: it must be true or false")
    problems += [
        f"var hubspot_{name} is {settings[name]!r}: it must be at most {most}"
        for name, most in _MOST.items()
        if numbers[name] > most
    ]
    settle_seconds = optional["settle_seconds"]
    job = Job(
        flags=flags,
        token=access.token,
        base_url=access.base_url,
        api_version=access.api_version,
        portal_id=access.portal_id,
        workers=int(numbers["workers"]),
        requests_per_10_seconds=optional["requests_per_10_seconds"],
        limit_share_percent=numbers["limit_share_percent"],
        daily_budget=None if optional["daily_budget"] is None else int(optional["daily_budget"]),
        timeout_seconds=numbers["timeout_seconds"],
        settle_seconds=numbers["timeout_seconds"] + _LANDING_SECONDS
        if settle_seconds is None
        else settle_seconds,
        membership_batch=int(numbers["membership_batch"]),
        max_shrink_percent=numbers["max_shrink_percent"],
        max_growth_percent=numbers["max_growth_percent"],
        max_rejected_percent=numbers["max_rejected_percent"],
        small_change=int(numbers["small_change"]),
        max_newly_rejected_percent=numbers["max_newly_rejected_percent"],
        max_age_hours=optional["max_age_hours"],
        reading_days=reading_days,
        fast_lane=settings["fast_lane"] is True,
        attributes=attributes_of(settings),
        writes_properties=writes_properties(settings),
    )
    return job, problems


def attributes_of(settings: Mapping[str, object]) -> tuple[Attribute, ...]:
    """Var `hubspot_attributes`, which the macro of that name has checked."""
    entries = settings.get("attributes")
    return tuple(
        Attribute(each["column"], each["property"], each["type"], each["mode"])
        for each in (entries if isinstance(entries, list | tuple) else ())
    )


def writes_properties(settings: Mapping[str, object]) -> bool:
    """Whether there is anything to write to contacts: attributes, or the model's own properties."""
    return bool(settings.get("attributes")) or settings.get("has_own_properties") is True


_DAYS = ("lookup_found_days", "lookup_absent_days", "retry_rejected_days")
"""Whole days of vars that only statements use: a wrong one would be the warehouse's error, or none at all."""
_MOST = {"workers": 1_000, "limit_share_percent": 100, "timeout_seconds": 3_600}
"""Highest value of vars: no portal allows more, or no thread or socket of this machine could."""
_OPTIONAL_NUMBERS = {
    "settle_seconds": 0,
    "max_age_hours": 0,
    "requests_per_10_seconds": 1,
    "daily_budget": 1,
}
"""Lowest value of the vars that may be null."""
_NUMBERS = {
    "workers": 1,
    "limit_share_percent": 1,
    "timeout_seconds": 1,
    "membership_batch": 1,
    "max_shrink_percent": 0,
    "max_growth_percent": 0,
    "max_rejected_percent": 0,
    "small_change": 0,
    "max_newly_rejected_percent": 0,
}


def check_package(settings: Mapping[str, object], version: str) -> None:
    """Raise `SettingsError` when the dbt package is of another minor version than this Python package."""
    package_version = str(settings.get("package_version"))
    if package_version.split(".")[:2] != version.split(".")[:2]:
        raise SettingsError(
            "package_version",
            f"The dbt package hubspot_sync is of version {package_version}, the command of {version}.",
            "Bring both to one version: `dbt deps` for the one, pip for the other.",
        )


def _number(settings: Mapping[str, object], name: str, low: float, problems: list[str]) -> float:
    value = settings.get(name)
    # Written so that not-a-number, which YAML knows as well, fits nowhere.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < float("inf"):
        problems.append(f"var hubspot_{name} is {value!r}: it must be a number of at least {low:g}")
        return low
    return float(value)


def _days(settings: Mapping[str, object], name: str, problems: list[str]) -> int:
    value = settings.get(name)
    if type(value) is not int or not 0 <= value <= 36_500:
        problems.append(f"var hubspot_{name} is {value!r}: it must be a whole number of days, 0 to 36500")
        return 0
    return value
