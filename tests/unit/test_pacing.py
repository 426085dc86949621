"""What is sent again, after how long, and how fast: HubSpot's status table, and the bucket."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.pacing import (
    ASSUMED_PER_10_SECONDS,
    ATTEMPTS,
    LIMIT_ATTEMPTS,
    Decision,
    GiveUp,
    Pacer,
    Stop,
    TokenBucket,
    TryAgain,
    decide,
)
from sync.records import RateLimit, Reply

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
            (ROLLING, None, again(1.0, everyone=True)),
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

    def test_a_limit_is_asked_again_ever_later_and_often_enough_for_its_window_to_pass(self) -> None:
        decisions = [decide(Reply(429, {}), attempt) for attempt in range(1, LIMIT_ATTEMPTS + 1)]
        waits = [each.seconds for each in decisions if isinstance(each, TryAgain)]
        assert waits == [1.0, 2.0, 4.0, *[8.0] * 6]
        assert decisions[-1] == GiveUp()

    @pytest.mark.parametrize("status", [0, 477, 503])
    def test_even_what_passes_is_given_up_after_enough_tries(self, status: int) -> None:
        assert isinstance(decide(Reply(status, {}, 0.1), ATTEMPTS - 1), TryAgain)
        assert decide(Reply(status, {}, 0.1), ATTEMPTS) == GiveUp()

    @pytest.mark.parametrize(("status", "reason"), [(401, "token"), (403, "scope")])
    def test_a_refused_token_or_scope_ends_the_run_at_once(self, status: int, reason: str) -> None:
        decision = decide(Reply(status, {}, retry_after=1.0), 1)
        assert isinstance(decision, Stop)
        assert decision.reason == reason

    @pytest.mark.parametrize("status", [200, 400, 404])
    def test_an_answer_that_stands_is_not_waited_for(self, status: int) -> None:
        assert decide(Reply(status, {}, 7200.0), 1) == GiveUp()

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
            assert attempt < (LIMIT_ATTEMPTS if status == 429 else ATTEMPTS)


OK = Reply(200, {})


def told(requests: int, remaining: int | None = None, seconds: float = 10.0) -> Reply:
    return Reply(200, {}, limit=RateLimit(requests, remaining, seconds))


def most_in(times: list[float], seconds: float = 10.0) -> int:
    times = sorted(times)
    # A tolerance for floats: a window is half open, so a request exactly ten seconds later is outside.
    return max(sum(1 for other in times if at <= other < at + seconds - 1e-6) for at in times)


def sent_at(bucket: TokenBucket, number: int, now: float = 0.0) -> list[float]:
    """When so many go that all wait from the beginning."""
    times: list[float] = []
    while len(times) < number:
        seconds = bucket.seconds_to_wait(now)
        if seconds < 1e-9:
            bucket.take()
            times.append(now)
        now += seconds
    return times


class TestTokenBucket:
    def test_lets_them_go_evenly(self) -> None:
        assert sent_at(TokenBucket(2, capacity=5), 4, now=50) == pytest.approx([50, 50.5, 51, 51.5])

    def test_fills_with_time_and_no_further_than_its_size(self) -> None:
        bucket = TokenBucket(2, capacity=3)
        sent_at(bucket, 1)
        assert sent_at(bucket, 5, now=100) == pytest.approx([100, 100, 100, 100.5, 101])

    def test_closed_it_lets_nobody_pass_and_does_not_fill(self) -> None:
        bucket = TokenBucket(1, capacity=5)
        sent_at(bucket, 1)
        bucket.seconds_to_wait(4.0)
        bucket.close(until=8.0)
        bucket.close(until=5.0)
        assert sent_at(bucket, 3, now=4) == pytest.approx([8, 9, 10])

    def test_takes_another_pace_from_now_on(self) -> None:
        bucket = TokenBucket(1, capacity=2)
        sent_at(bucket, 1)
        bucket.set_pace(0.5, per_second=10, capacity=2)
        assert sent_at(bucket, 2, now=0.5) == pytest.approx([0.55, 0.65])


class Window:
    """HubSpot's rolling window: counts what arrives, and refuses what is too much."""

    def __init__(self, limit: int, *, tells: bool = True) -> None:
        self.limit = limit
        self.tells = tells
        self.taken: list[float] = []
        self.refused: list[float] = []

    def arrive(self, at: float) -> Reply:
        used = sum(at - 10 < each <= at for each in self.taken)
        is_refused = used >= self.limit
        (self.refused if is_refused else self.taken).append(at)
        remaining = max(0, self.limit - used - 1)
        limit = RateLimit(self.limit, remaining, 10.0) if self.tells else None
        return Reply(429 if is_refused else 200, {}, limit=limit)


class Job:
    """Workers that share a pacer, on a clock of their own. `delays`: seconds on the way there, and back."""

    def __init__(self, pacer: Pacer, window: Window, *, workers: int = 24) -> None:
        self.pacer = pacer
        self.window = window
        self.workers = workers
        self.arrivals: list[float] = []

    def work(
        self, seconds: float, delays: Callable[[int], tuple[float, float]], others: Sequence[float] = ()
    ) -> None:
        """Everything that happens, in the order of time."""
        events: list[tuple[float, int, str, float]] = [(0.0, n, "free", 0.0) for n in range(self.workers)]
        events += [(at, -1, "other", 0.0) for at in others]
        heapq.heapify(events)
        numbers = count(self.workers)
        replies: dict[int, Reply] = {}
        while events and events[0][0] <= seconds:
            now, no, what, started_at = heapq.heappop(events)
            if what == "other":
                self.window.arrive(now)
            elif what == "arrives":
                self.arrivals.append(now)
                replies[no] = self.window.arrive(now)
            elif what == "answered":
                reply = replies.pop(no)
                self.pacer.answered(started_at, now, reply)
                pause = 0.0
                if reply.status == 429:
                    self.pacer.close(now + 1)
                    pause = 1.0
                heapq.heappush(events, (now + pause, next(numbers), "free", 0.0))
            elif wait := self.pacer.seconds_to_wait(now):
                heapq.heappush(events, (now + wait, no, "free", 0.0))
            else:
                there, back = delays(no)
                heapq.heappush(events, (now + there, no, "arrives", now))
                heapq.heappush(events, (now + there + back, no, "answered", now))


def steady(no: int) -> tuple[float, float]:
    return 0.04, 0.04


class TestPacer:
    @pytest.mark.parametrize("limit", [100, 110, 190, 250])
    @pytest.mark.parametrize("share", [50, 90, 100])
    def test_uses_its_share_of_the_limit_and_no_more(self, limit: int, share: int) -> None:
        window = Window(limit)
        job = Job(Pacer(None, share), window)
        job.work(60, steady)
        allowed = limit * share / 100
        assert window.refused == []
        assert len(job.arrivals) >= 0.95 * allowed * 6
        assert len(job.arrivals) <= allowed * 6 + limit * (100 - share) / 200 + 2

    def test_goes_out_evenly_from_the_start(self) -> None:
        job = Job(Pacer(None, 90), Window(190))
        job.work(10, steady)
        assert most_in(job.arrivals, 1.0) <= 17.1 + 9.5 + 1

    @given(st.integers(0, 2**32), st.sampled_from([100, 190]), st.sampled_from([90, 100]))
    @settings(max_examples=15)
    def test_is_never_refused_however_uneven_the_way_is(self, seed: int, limit: int, share: int) -> None:
        rng = random.Random(seed)
        window = Window(limit)
        Job(Pacer(None, share), window).work(40, lambda no: (rng.expovariate(1), rng.expovariate(2)))
        assert window.refused == []

    def test_without_headers_it_keeps_to_what_is_assumed(self) -> None:
        window = Window(10_000, tells=False)
        job = Job(Pacer(None, 90), window)
        job.work(60, steady)
        assert 0.95 * ASSUMED_PER_10_SECONDS * 6 <= len(job.arrivals) <= ASSUMED_PER_10_SECONDS * 6 + 2

    @pytest.mark.parametrize("share", [1, 20, 50, 80])
    def test_not_even_then_does_it_take_more_than_its_share(self, share: int) -> None:
        job = Job(Pacer(None, share), Window(10_000, tells=False))
        job.work(60, steady)
        assert len(job.arrivals) <= share * 6 + 2

    @pytest.mark.parametrize("share", [5, 20, 50])
    def test_a_pause_makes_its_share_no_larger(self, share: int) -> None:
        pacer, allowed = Pacer(None, share), 190 * share / 100
        # The second one is sent with the limit known, and what goes after a pause is kept from then on.
        for before in (0.0, 10.0):
            pacer.seconds_to_wait(before)
            pacer.answered(before, before + 0.1, told(190, 189))
        now, started = 300.0, 0
        while now < 310:
            if pacer.seconds_to_wait(now) == 0:
                started += 1
                pacer.answered(now, now, told(190, 189 - started))
            else:
                now += 0.01
        assert started <= allowed + max(2.0, allowed / 20) + 1

    @pytest.mark.parametrize("tells", [True, False])
    def test_a_ceiling_holds_whatever_hubspot_allows(self, tells: bool) -> None:
        window = Window(10_000, tells=tells)
        job = Job(Pacer(50, 90), window)
        job.work(60, steady)
        assert 0.95 * 300 <= len(job.arrivals) <= 302
        assert most_in(job.arrivals) <= 50

    def test_nor_does_a_ceiling_lift_the_limit(self) -> None:
        window = Window(100)
        Job(Pacer(5_000, 90), window).work(30, steady)
        # Only while HubSpot has not told its limit yet can there be too many.
        assert all(at < 0.2 for at in window.refused)

    def test_gives_way_to_others(self) -> None:
        window = Window(190)
        job = Job(Pacer(None, 90), window)
        others = [n / 12 for n in range(60 * 12)]
        job.work(60, steady, others)
        assert set(window.refused).isdisjoint(job.arrivals)
        # Others are refused while what was sent before they came is still in the window, and hardly later.
        assert len([at for at in window.refused if at > 12]) <= 0.02 * len(others)
        assert len([at for at in job.arrivals if at > 20]) >= 0.85 * 4 * (190 - 120)

    def test_is_back_soon_after_others_have_stopped(self) -> None:
        job = Job(Pacer(None, 90), Window(190))
        job.work(60, steady, [n / 15 for n in range(20 * 15)])
        assert len([at for at in job.arrivals if at > 40]) >= 0.95 * 2 * 171

    def test_without_headers_a_refusal_shows_that_there_are_others(self) -> None:
        window = Window(50, tells=False)
        job = Job(Pacer(None, 90), window)
        job.work(120, steady)
        assert len(window.taken) >= 0.8 * 12 * 50
        assert len(window.refused) <= 0.05 * len(job.arrivals)

    @pytest.mark.parametrize("seconds", [1.0, 60.0])
    def test_the_interval_is_the_one_that_hubspot_tells(self, seconds: float) -> None:
        pacer = Pacer(None, 50)
        pacer.seconds_to_wait(0.0)
        pacer.answered(0.0, 0.1, told(100, 99, seconds))
        assert pacer.per_10_seconds == pytest.approx(500 / seconds)

    def test_requests_that_hang_count_as_long_as_they_do(self) -> None:
        window = Window(100)
        job = Job(Pacer(None, 100), window, workers=200)
        job.work(120, lambda no: (0.0, 25.0))
        assert window.refused == []

    def test_remaining_tells_nothing_new_in_an_answer_that_took_long(self) -> None:
        pacer = Pacer(None, 90)
        pacer.seconds_to_wait(0.0)
        pacer.answered(0.0, 50.0, told(190, 0))
        pacer.seconds_to_wait(50.0)
        assert pacer.seconds_to_wait(50.0) <= 10 / 171 + 1e-6
