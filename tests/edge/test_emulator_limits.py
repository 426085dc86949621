"""HubSpot's limits: ten seconds, searches in a second, and a day of the portal's time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from emulator.clock import Moment
from emulator.limits import BURST, Limits
from emulator.routes import ROUTES
from tests.emulator_process import EmulatorProcess

DETAILS = "/account-info/v3/details"
USAGE = "/account-info/v3/api-usage/daily/private-apps"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def get(process: EmulatorProcess, path: str, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(process.url + path, headers=headers, timeout=20)


def search(process: EmulatorProcess, version: str) -> requests.Response:
    path = "/crm/v3/objects/contacts" if version == "v3" else f"/crm/objects/{version}/contacts"
    headers = {"Authorization": "Bearer x"}
    return requests.post(f"{process.url}{path}/search", json={}, headers=headers, timeout=20)


def at(milliseconds: int) -> Moment:
    return Moment(milliseconds, NOON + timedelta(milliseconds=milliseconds))


class TestHeadersAndRefusals:
    def test_headers_tell_what_is_left(self) -> None:
        with EmulatorProcess(arguments=["--burst", "50", "--daily", "1000"]) as process:
            get(process, DETAILS, "Bearer x")
            headers = get(process, DETAILS, "Bearer x").headers
            missing = get(process, DETAILS, None).headers
        prefix = "X-HubSpot-RateLimit-"
        assert headers[prefix + "Max"] == "50"
        assert headers[prefix + "Remaining"] == "48"
        assert headers[prefix + "Interval-Milliseconds"] == "10000"
        assert headers[prefix + "Daily"] == "1000"
        assert headers[prefix + "Daily-Remaining"] == "998"
        assert prefix + "Max" not in missing

    def test_beyond_the_burst_is_a_429_of_the_rolling_policy(self) -> None:
        with EmulatorProcess(arguments=["--burst", "3"]) as process:
            answers = [get(process, DETAILS, "Bearer x") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        body = answers[-1].json()
        assert body["errorType"] == "RATE_LIMIT"
        assert body["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "ten-secondly" in body["groupName"]
        assert "category" not in body
        assert "Retry-After" not in answers[-1].headers

    def test_beyond_the_day_is_a_429_of_the_daily_policy_and_usage_tells(self) -> None:
        with EmulatorProcess(arguments=["--daily", "3"]) as process:
            get(process, DETAILS, "Bearer x")
            (usage,) = get(process, USAGE, "Bearer x").json()["results"]
            answers = [get(process, DETAILS, "Bearer x") for _ in range(2)]
        assert (usage["usageLimit"], usage["currentUsage"]) == (3, 2)
        assert usage["fetchStatus"] == "SUCCESS"
        assert usage["collectedAt"] < usage["resetsAt"]
        assert [each.status_code for each in answers] == [200, 429]
        assert answers[-1].json()["errorType"] == "RATE_LIMIT"
        assert answers[-1].json()["policyName"] == "DAILY"

    def test_searches_carry_no_headers_and_the_sixth_in_a_second_is_a_429_of_the_secondly_policy(
        self,
    ) -> None:
        with EmulatorProcess() as process:
            process.clock(frozen=True)
            answers = [search(process, version) for version in ("v3", *["2026-03"] * 3, *["2026-09"] * 2)]
            beside = get(process, DETAILS, "Bearer x")
            process.clock(step=1)
            later = search(process, "v3")
        assert [each.status_code for each in [*answers, later]] == [200] * 5 + [429, 200]
        assert answers[5].json()["errorType"] == "RATE_LIMIT"
        assert answers[5].json()["policyName"] == "SECONDLY"
        for each in [*answers, later]:
            assert [name for name in each.headers if "ratelimit" in name.lower()] == []
        assert beside.status_code == 200
        assert beside.headers["X-HubSpot-RateLimit-Remaining"] == str(BURST - 1)


class TestTheWindows:
    @pytest.mark.parametrize("burst", [100, 110, 190, 250])
    def test_as_many_as_the_burst_pass_in_ten_seconds(self, burst: int) -> None:
        limits = Limits(burst=burst, daily=10_000, portal_id=1)
        assert sum(limits.refusal(at(n)) is None for n in range(9_999)) == burst

    def test_the_window_rolls_and_refused_requests_cost_nothing(self) -> None:
        limits = Limits(burst=2, daily=100, portal_id=1)
        times = [0, 6000, 7000, 9900, 10000, 10100, 16000, 16100]
        passed = [limits.refusal(at(now)) is None for now in times]
        assert passed == [True, True, False, False, True, False, True, False]
        assert limits.quota().used == 4

    def test_five_searches_a_second_pass_beside_the_burst(self) -> None:
        limits = Limits(burst=1, daily=100, portal_id=1)
        assert limits.refusal(at(0)) is None
        refusals = [limits.refusal(at(now), search=True) for now in (0, 0, 1, 1, 2, 999, 1000, 1000)]
        assert [each and each.body["policyName"] for each in refusals] == [
            *[None] * 5,
            "SECONDLY",
            *[None, None],
        ]
        assert limits.quota().used == 8

    @pytest.mark.parametrize(
        ("search", "filled", "wait"), [(False, [0, 4_000], "6"), (True, [0, 300, 500, 500, 500], "1")]
    )
    def test_retry_after_is_when_the_oldest_leaves_the_window(
        self, search: bool, filled: list[int], wait: str
    ) -> None:
        limits = Limits(burst=2, daily=100, portal_id=1)
        for now in filled:
            limits.refusal(at(now), search=search)
        last = 4_500 if not search else 600
        assert limits.refusal(at(last), search=search) is not None
        assert limits.retry_after(search=search) == wait

    def test_only_searches_of_records_are_searches(self) -> None:
        names = ["POST /crm/v3/objects/contacts/search", "POST /crm/v3/lists/search"]
        assert [ROUTES[name].is_search for name in names] == [True, False]


class TestTheDay:
    @pytest.mark.parametrize(
        ("zone", "before", "after"),
        [
            ("UTC", "2026-06-01T23:59:59.999Z", "2026-06-02T00:00:00.000Z"),
            ("Europe/Paris", "2026-06-01T21:59:59.999Z", "2026-06-01T22:00:00.000Z"),
            ("Europe/Paris", "2026-12-01T22:59:59.999Z", "2026-12-01T23:00:00.000Z"),
            ("America/New_York", "2026-06-01T03:59:59.999Z", "2026-06-01T04:00:00.000Z"),
        ],
    )
    def test_begins_at_midnight_of_the_time_zone(self, zone: str, before: str, after: str) -> None:
        limits = Limits(burst=100, daily=1, portal_id=1, zone=ZoneInfo(zone))
        moments = [Moment(n, datetime.fromisoformat(text)) for n, text in enumerate([before, before, after])]
        assert limits.refusal(moments[0]) is None
        assert limits.quota().resets_at == moments[2].utc
        refused = limits.refusal(moments[1])
        assert refused is not None
        assert refused.body["policyName"] == "DAILY"
        assert limits.retry_after() == "1"
        assert limits.refusal(moments[2]) is None
        assert limits.quota().used == 1

    def test_lasts_23_hours_when_the_clocks_go_forward(self) -> None:
        limits = Limits(burst=100, daily=1, portal_id=1, zone=ZoneInfo("Europe/Paris"))
        assert limits.refusal(Moment(0, datetime.fromisoformat("2026-03-28T23:00:00Z"))) is None
        assert limits.quota().resets_at == datetime.fromisoformat("2026-03-29T22:00:00Z")

    def test_ends_for_a_client_when_the_clock_is_stepped_over_midnight(self) -> None:
        with EmulatorProcess(arguments=["--daily", "2", "--time-zone", "Asia/Kolkata"]) as process:
            process.clock(frozen=True)
            details = get(process, DETAILS, "Bearer x").json()
            (usage,) = get(process, USAGE, "Bearer x").json()["results"]
            assert get(process, DETAILS, "Bearer x").status_code == 429
            resets_at = datetime.fromisoformat(usage["resetsAt"])
            left = resets_at - datetime.fromisoformat(process.clock()["at"])
            process.clock(step=left.total_seconds())
            assert get(process, DETAILS, "Bearer x").status_code == 200
            (usage,) = get(process, USAGE, "Bearer x").json()["results"]
        assert details["timeZone"] == "Asia/Kolkata"
        assert (details["utcOffset"], details["utcOffsetMilliseconds"]) == ("+05:30", 19_800_000)
        assert (resets_at.hour, resets_at.minute) == (18, 30)
        assert usage["currentUsage"] == 2
        assert datetime.fromisoformat(usage["resetsAt"]) == resets_at + timedelta(days=1)

    @pytest.mark.parametrize("zone", ["Nowhere/Such", "", "../etc", "europe"])
    def test_a_zone_that_is_not_one_is_one_sentence(self, zone: str) -> None:
        with pytest.raises(RuntimeError, match=r"is not a time zone"):
            EmulatorProcess(arguments=["--time-zone", zone]).start()
