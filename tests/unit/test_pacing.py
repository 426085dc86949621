"""What is sent again, after how long, and how fast: HubSpot's status table, and the bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.pacing import ATTEMPTS, Decision, GiveUp, Stop, TokenBucket, TryAgain, decide
from sync.records import Reply

ROLLING = {"policyName": "TEN_SECONDLY_ROLLING"}
SECONDLY = {"policyName": "SECONDLY"}
DAILY = {"policyName": "DAILY"}


def again(seconds: float, *, everyone: bool = False) -> TryAgain:
    return TryAgain(seconds, everyone)


class TestDecide:
    @pytest.mark.parametrize("status", [200, 201, 204, 207])
    def test_a_success_stands(self, status: int) -> None:
        assert decide(Reply(status, {}), 1) == GiveUp()

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 405, 409, 413, 414, 415, 422])
    def test_what_would_be_refused_again_stands(self, status: int) -> None:
        assert decide(Reply(status, {}), 1) == GiveUp()

    @pytest.mark.parametrize("status", [0, 408, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526, 599])
    def test_what_passes_is_tried_again_ever_later(self, status: int) -> None:
        decisions = [decide(Reply(status, {}), attempt) for attempt in range(1, ATTEMPTS + 1)]
        assert decisions == [again(0.5), again(1.0), again(2.0), again(4.0), GiveUp()]

    def test_a_locked_record_gets_at_least_two_seconds(self) -> None:
        decisions = [decide(Reply(423, {}), attempt) for attempt in range(1, ATTEMPTS + 1)]
        assert decisions == [again(2.0), again(2.0), again(2.0), again(4.0), GiveUp()]

    @pytest.mark.parametrize(
        ("body", "retry_after", "expected"),
        [
            (ROLLING, None, again(10.0, everyone=True)),
            (SECONDLY, None, again(1.0, everyone=True)),
            ({}, None, again(1.0, everyone=True)),
            (ROLLING, 3.0, again(3.0, everyone=True)),
            (ROLLING, 0.0, again(0.0, everyone=True)),
            (DAILY, None, Stop("daily_limit")),
            (DAILY, 1.0, Stop("daily_limit")),
            (ROLLING, 60.0, again(60.0, everyone=True)),
            (ROLLING, 60.5, Stop("wait_too_long")),
        ],
    )
    def test_a_limit_is_everyones_and_the_daily_one_ends_the_run(
        self, body: dict[str, object], retry_after: float | None, expected: Decision
    ) -> None:
        assert decide(Reply(429, body, retry_after), 1) == expected

    @pytest.mark.parametrize(
        ("retry_after", "expected"),
        [
            (None, again(0.5, everyone=True)),
            (30.0, again(30.0, everyone=True)),
            (7200.0, Stop("wait_too_long")),
        ],
    )
    def test_a_moving_account_says_when_to_come_back(
        self, retry_after: float | None, expected: Decision
    ) -> None:
        assert decide(Reply(477, {}, retry_after), 1) == expected

    @pytest.mark.parametrize("status", [0, 429, 477, 503])
    def test_even_what_passes_is_given_up_after_enough_tries(self, status: int) -> None:
        assert isinstance(decide(Reply(status, {}, 0.1), ATTEMPTS - 1), TryAgain)
        assert decide(Reply(status, {}, 0.1), ATTEMPTS) == GiveUp()

    @pytest.mark.parametrize(("status", "reason"), [(401, "token"), (403, "scope")])
    def test_a_refused_token_or_scope_ends_the_run_at_once(self, status: int, reason: str) -> None:
        decision = decide(Reply(status, {}, retry_after=1.0), 1)
        assert isinstance(decision, Stop)
        assert decision.reason == reason

    def test_a_server_error_obeys_its_header(self) -> None:
        assert decide(Reply(503, {}, 7.0), 1) == again(7.0)
        assert decide(Reply(503, {}, 61.0), 1) == Stop("wait_too_long")

    @given(st.integers(0, 999), st.integers(1, 10), st.none() | st.floats(0, 1e6))
    def test_no_wait_is_negative_or_longer_than_a_minute(
        self, status: int, attempt: int, retry_after: float | None
    ) -> None:
        decision = decide(Reply(status, {}, retry_after), attempt)
        if isinstance(decision, TryAgain):
            assert 0 <= decision.seconds <= 60
            assert attempt < ATTEMPTS


def sent_at(bucket: TokenBucket, asked: list[float]) -> list[float]:
    return [at + bucket.take(at) for at in asked]


def most_in_ten_seconds(times: list[float]) -> int:
    times = sorted(times)
    # A tolerance for floats: a window is half open, so a request exactly ten seconds later is outside.
    return max(sum(1 for other in times if at <= other < at + 10 - 1e-6) for at in times)


class TestTokenBucket:
    @pytest.mark.parametrize(("rate", "at_once"), [(90, 9), (100, 10), (5, 1), (1, 1)])
    def test_a_tenth_of_a_window_may_go_at_once_and_then_evenly(self, rate: float, at_once: int) -> None:
        bucket = TokenBucket(rate)
        waits = [bucket.take(50.0) for _ in range(at_once + 3)]
        assert waits[:at_once] == [0.0] * at_once
        assert waits[at_once:] == pytest.approx([n * 10 / rate for n in (1, 2, 3)])

    def test_it_fills_with_time_and_no_further_than_its_size(self) -> None:
        bucket = TokenBucket(10)
        assert bucket.take(0.0) == 0.0
        assert bucket.take(0.0) == pytest.approx(1.0)
        assert bucket.take(2.0) == pytest.approx(0.0)
        assert [bucket.take(100.0), bucket.take(100.0)] == [0.0, pytest.approx(1.0)]

    def test_closed_it_lets_nobody_pass_and_does_not_fill(self) -> None:
        bucket = TokenBucket(10)
        bucket.take(0.0)
        bucket.close(until=8.0)
        bucket.close(until=5.0)
        assert bucket.take(0.0) == pytest.approx(9.0)
        assert bucket.take(8.0) == pytest.approx(2.0)

    @given(
        rate=st.integers(1, 60),
        moves=st.lists(st.tuples(st.floats(0, 3), st.booleans(), st.floats(0, 15)), min_size=1, max_size=120),
    )
    def test_no_ten_seconds_hold_more_than_the_rate_and_what_may_go_at_once(
        self, rate: int, moves: list[tuple[float, bool, float]]
    ) -> None:
        bucket = TokenBucket(rate)
        now = 0.0
        times: list[float] = []
        for pause, is_closing, closed_for in moves:
            now += pause
            if is_closing:
                bucket.close(now + closed_for)
            times.append(now + bucket.take(now))
        assert most_in_ten_seconds(times) <= rate + max(1, rate / 10)

    @given(st.integers(1, 200), st.integers(1, 300))
    def test_nobody_waits_longer_than_the_rate_asks_for(self, rate: int, requests: int) -> None:
        bucket = TokenBucket(rate)
        last = sent_at(bucket, [0.0] * requests)[-1]
        assert last == pytest.approx(max(0.0, requests - max(1, rate / 10)) * 10 / rate)
