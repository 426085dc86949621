"""Settings, environment and flags: every problem at once, and nothing that sends by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sync.access import API_VERSIONS
from sync.config import ALLOWABLE_GUARDS, Flags, Job, check_package, load
from sync.errors import SettingsError

SETTINGS: dict[str, object] = {
    "portals": [],
    "lookup_found_days": 30,
    "lookup_absent_days": 3,
    "retry_rejected_days": 30,
    "reading_days": 7,
    "requests_per_10_seconds": None,
    "limit_share_percent": 90,
    "daily_budget": None,
    "workers": 4,
    "timeout_seconds": 60,
    "settle_seconds": None,
    "membership_batch": 500,
    "max_shrink_percent": 30,
    "max_growth_percent": 100,
    "max_rejected_percent": 25,
    "small_change": 20,
    "max_newly_rejected_percent": 1,
    "max_age_hours": 36,
    "fast_lane": True,
}
OPTIONAL = ("settle_seconds", "max_age_hours", "requests_per_10_seconds", "daily_budget")
NULLABLE_DAYS = ("reading_days",)
ENVIRONMENT = {"HUBSPOT_ACCESS_TOKEN": "pat-eu1-x", "HUBSPOT_PORTAL_ID": "12345678"}
SENDING = Flags(sends=True)
DAYS = ("lookup_found_days", "lookup_absent_days", "retry_rejected_days")
NUMBERS = [
    name for name in SETTINGS if name not in ("portals", "fast_lane", *DAYS, *NULLABLE_DAYS, *OPTIONAL)
]


def job(
    environ: Mapping[str, str] = ENVIRONMENT,
    flags: Flags = SENDING,
    **settings: object,
) -> Job:
    return load(environ, {**SETTINGS, **settings}, flags)


def problems(
    environ: Mapping[str, str] = ENVIRONMENT,
    flags: Flags = SENDING,
    **settings: object,
) -> list[str]:
    with pytest.raises(SettingsError) as error:
        job(environ, flags, **settings)
    assert error.value.exit_code == 2
    return [line[2:] for line in str(error.value).splitlines() if line.startswith("- ")]


def test_what_is_set_is_what_the_job_knows() -> None:
    flags = Flags(sends=True, lists=("VIP",), limit=5, allow=frozenset({"shrink"}))
    found = job(flags=flags)
    assert found.flags is flags
    assert (found.token, found.portal_id) == ("pat-eu1-x", "12345678")
    assert (found.base_url, found.api_version) == ("https://api.hubapi.com", "v3")
    assert {name: getattr(found, name) for name in NUMBERS} == {name: SETTINGS[name] for name in NUMBERS}


def test_what_surrounds_a_value_is_no_part_of_it() -> None:
    found = job(
        {"HUBSPOT_ACCESS_TOKEN": " t\n", "HUBSPOT_PORTAL_ID": " 1 ", "HUBSPOT_BASE_URL": "https://h/ "}
    )
    assert (found.token, found.portal_id, found.base_url) == ("t", "1", "https://h")


def test_nothing_is_sent_without_being_asked() -> None:
    with pytest.raises(TypeError, match="sends"):
        Flags()  # type: ignore[call-arg]


class TestEnvironment:
    def test_a_run_needs_a_token_and_a_portal(self) -> None:
        token, portal = problems({})
        assert token.startswith("HUBSPOT_ACCESS_TOKEN is not set")
        assert portal.startswith("HUBSPOT_PORTAL_ID is not set")

    def test_a_plan_needs_no_portal_and_offline_no_token(self) -> None:
        assert job({"HUBSPOT_ACCESS_TOKEN": "t"}, Flags(sends=False)).portal_id is None
        assert job({}, Flags(sends=False, offline=True)).token == ""

    def test_a_plan_that_asks_hubspot_needs_a_token(self) -> None:
        assert len(problems({}, Flags(sends=False))) == 1

    @pytest.mark.parametrize("portal", ["abc", "12 34", "-1", "1.0", "١٢"])
    def test_a_portal_is_a_number(self, portal: str) -> None:
        (problem,) = problems(ENVIRONMENT | {"HUBSPOT_PORTAL_ID": portal})
        assert problem.startswith("HUBSPOT_PORTAL_ID is not a number")

    @pytest.mark.parametrize("token", ["two words", "tokén", "line\nbreak", "tok\x00en", "“quoted”"])
    def test_a_token_fits_into_a_header_and_is_not_shown(self, token: str) -> None:
        (problem,) = problems(ENVIRONMENT | {"HUBSPOT_ACCESS_TOKEN": token})
        assert problem.startswith("HUBSPOT_ACCESS_TOKEN holds a space")
        assert token not in problem

    @pytest.mark.parametrize("version", API_VERSIONS)
    def test_api_versions(self, version: str) -> None:
        assert job(ENVIRONMENT | {"HUBSPOT_API_VERSION": version}).api_version == version

    def test_no_other_api_version(self) -> None:
        (problem,) = problems(ENVIRONMENT | {"HUBSPOT_API_VERSION": "v1"})
        assert problem == "HUBSPOT_API_VERSION is 'v1': it must be one of v3, 2026-03, 2026-09"

    @pytest.mark.parametrize(
        "url",
        [
            "https://api.hubapi.com",
            "https://api-eu1.hubapi.com",
            "http://127.0.0.1:8787",
            "http://localhost:1",
        ],
    )
    def test_base_urls(self, url: str) -> None:
        assert job(ENVIRONMENT | {"HUBSPOT_BASE_URL": url}).base_url == url

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.hubapi.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost.example.com",
            "api.hubapi.com",
            "ftp://127.0.0.1",
            "https:",
            "https://[::1",
            "https://host:port",
            "https://host:99999",
            "https://api..hubapi.com",
            f"https://{'a' * 64}.com",
        ],
    )
    def test_a_token_goes_over_https_or_stays_on_this_machine(self, url: str) -> None:
        (problem,) = problems(ENVIRONMENT | {"HUBSPOT_BASE_URL": url})
        assert problem.startswith(f"HUBSPOT_BASE_URL is {url!r}")


class TestPortals:
    @pytest.mark.parametrize("portals", [[], ["12345678"], [12345678], (1, 12345678)])
    def test_a_target_sends_to_the_portals_it_names(self, portals: object) -> None:
        assert job(portals=portals).portal_id == "12345678"

    def test_and_to_no_other(self) -> None:
        (problem,) = problems(portals=[1, 2])
        assert (
            problem
            == "HUBSPOT_PORTAL_ID is 12345678: var hubspot_portals lets this project send only to 1, 2"
        )

    @pytest.mark.parametrize("portals", [12345678, "12345678", None, {"a": 1}])
    def test_they_are_a_list(self, portals: object) -> None:
        (problem,) = problems(portals=portals)
        assert problem == f"var hubspot_portals is {portals!r}: it must be a list of portal ids"


class TestNumbers:
    @pytest.mark.parametrize("name", NUMBERS)
    @pytest.mark.parametrize("value", [None, "5", True, -1, [], float("nan"), float("inf")])
    def test_must_be_numbers_large_enough(self, name: str, value: Any) -> None:
        (problem,) = problems(ENVIRONMENT, SENDING, **{name: value})
        assert problem.startswith(f"var hubspot_{name} is {value!r}: it must be a number of at least ")

    @pytest.mark.parametrize(
        "name",
        [
            "workers",
            "requests_per_10_seconds",
            "limit_share_percent",
            "daily_budget",
            "timeout_seconds",
            "membership_batch",
        ],
    )
    def test_some_cannot_be_nothing(self, name: str) -> None:
        numbers: dict[str, Any] = {name: 0}
        assert problems(**numbers) == [f"var hubspot_{name} is 0: it must be a number of at least 1"]

    def test_a_limit_may_be_zero(self) -> None:
        found = job(max_shrink_percent=0, max_growth_percent=0, max_rejected_percent=0, small_change=0)
        assert (found.max_shrink_percent, found.small_change) == (0, 0)

    def test_nobody_can_use_more_than_the_limit(self) -> None:
        assert job(limit_share_percent=100).limit_share_percent == 100
        (problem,) = problems(limit_share_percent=101)
        assert problem == "var hubspot_limit_share_percent is 101: it must be at most 100"

    @pytest.mark.parametrize(("name", "most"), [("timeout_seconds", 3_600), ("workers", 1_000)])
    def test_nor_what_no_socket_or_machine_could_do(self, name: str, most: int) -> None:
        fits: dict[str, Any] = {name: most}
        job(**fits)
        too_much: dict[str, Any] = {name: 10 * most}
        assert problems(**too_much) == [f"var hubspot_{name} is {10 * most}: it must be at most {most}"]

    def test_some_may_be_left_open(self) -> None:
        assert (job().requests_per_10_seconds, job().daily_budget) == (None, None)
        found = job(requests_per_10_seconds=50, daily_budget=1000)
        assert (found.requests_per_10_seconds, found.daily_budget) == (50, 1000)

    def test_one_that_is_missing_is_a_problem(self) -> None:
        settings = {name: value for name, value in SETTINGS.items() if name != "workers"}
        with pytest.raises(SettingsError, match="var hubspot_workers is None"):
            load(ENVIRONMENT, settings, Flags(sends=True))


class TestSettling:
    def test_by_default_the_longest_a_request_may_still_land(self) -> None:
        assert job(timeout_seconds=30).settle_seconds == 130

    def test_it_may_be_set_also_to_nothing(self) -> None:
        assert job(settle_seconds=0).settle_seconds == 0

    def test_but_not_to_nonsense(self) -> None:
        assert problems(settle_seconds=-1) == [
            "var hubspot_settle_seconds is -1: it must be a number of at least 0"
        ]


def test_every_problem_comes_at_once() -> None:
    found = problems(
        {"HUBSPOT_PORTAL_ID": "x", "HUBSPOT_BASE_URL": "http://h", "HUBSPOT_API_VERSION": "v9"},
        portals=3,
        workers=0,
        small_change="many",
        settle_seconds="long",
    )
    assert [problem.split(" is ")[0] for problem in found] == [
        "HUBSPOT_ACCESS_TOKEN",
        "HUBSPOT_PORTAL_ID",
        "var hubspot_portals",
        "HUBSPOT_BASE_URL",
        "HUBSPOT_API_VERSION",
        "var hubspot_workers",
        "var hubspot_small_change",
        "var hubspot_settle_seconds",
    ]


def test_the_words_for_allow_are_those_of_the_guards() -> None:
    known = ("empty", "shrink", "growth", "rejected", "newly_rejected", "stale", "failed_build")
    assert known == ALLOWABLE_GUARDS


def test_the_age_of_the_audience_may_be_nobodys_concern() -> None:
    assert job(max_age_hours=None).max_age_hours is None
    assert problems(max_age_hours="old") == [
        "var hubspot_max_age_hours is 'old': it must be a number of at least 0"
    ]


def test_the_fast_lane_is_on_or_off() -> None:
    assert job(fast_lane=False).fast_lane is False
    assert problems(fast_lane="off") == ["var hubspot_fast_lane is 'off': it must be true or false"]


@pytest.mark.parametrize(("package", "command"), [("0.1.0", "0.1.7"), ("1.4.2", "1.4.0")])
def test_packages_of_one_minor_version_fit(package: str, command: str) -> None:
    check_package({"package_version": package}, command)


@pytest.mark.parametrize(("package", "command"), [("0.1.0", "0.2.0"), ("1.0.0", "2.0.0"), (None, "0.1.0")])
def test_packages_of_different_versions_do_not(package: str | None, command: str) -> None:
    with pytest.raises(SettingsError, match="dbt deps") as error:
        check_package({"package_version": package}, command)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("name", DAYS)
@pytest.mark.parametrize("value", ["30", None, True, 0.5, -1, 10**8])
def test_days_that_only_statements_use_are_checked_as_well(name: str, value: object) -> None:
    (problem,) = problems(ENVIRONMENT, SENDING, **{name: value})
    assert problem.startswith(f"var hubspot_{name} is {value!r}")


@pytest.mark.parametrize("value", ["7", True, 0.5, -1, 10**8])
def test_the_days_between_readings_are_a_whole_number(value: object) -> None:
    (problem,) = problems(ENVIRONMENT, SENDING, reading_days=value)
    assert problem.startswith(f"var hubspot_reading_days is {value!r}")


@pytest.mark.parametrize("value", [0, 7, None])
def test_null_days_between_readings_mean_never_by_age(value: int | None) -> None:
    assert job(reading_days=value).reading_days == value


def test_a_base_url_with_a_password_is_refused_and_not_shown() -> None:
    (problem,) = problems({**ENVIRONMENT, "HUBSPOT_BASE_URL": "https://user:hunter2@api.example"})
    assert problem.startswith("HUBSPOT_BASE_URL holds a password")
    assert "hunter2" not in problem
