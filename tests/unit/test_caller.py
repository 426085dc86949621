"""One request at the right moment, as often as makes sense; a stop holds for everybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

import pytest

from sync.caller import Answer, Caller, unreachable
from sync.errors import BusyError, HubSpotRefusesError, StoppedError, SyncError, UnfinishedError
from sync.records import RateLimit, Reply

OK = Reply(200, {})
NOTHING = Reply(0, {})
DOWN = Reply(503, {})
ROLLING = Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"})
DAILY = Reply(429, {"policyName": "DAILY"})


class Setting:
    """A caller whose time passes only while it waits."""

    def __init__(self, rate: float = 1_000_000) -> None:
        self.clock = 100.0
        self.waits: list[float] = []
        self.has_lease = True
        self.while_waiting: Callable[[], None] = lambda: None
        self.sent_at: list[float] = []
        self.caller = Caller(rate, lambda: self.has_lease, now=lambda: self.clock, wait=self.wait)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.clock += seconds
        self.while_waiting()
        return self.caller.stopped_by is not None

    def call(self, *replies: Reply) -> Answer:
        """Call with HubSpot answering so, one reply after the other."""
        left = list(replies)

        def request() -> Reply:
            self.sent_at.append(self.clock)
            return left.pop(0)

        answer = self.caller.call(request)
        assert left == []
        return answer


@pytest.fixture
def setting() -> Setting:
    return Setting()


class TestTrying:
    @pytest.mark.parametrize("status", [200, 207, 400, 404, 409, 302])
    def test_an_answer_that_stands_is_the_answer(self, setting: Setting, status: int) -> None:
        reply = Reply(status, {})
        assert setting.call(reply) == Answer(reply, doubtful=False)
        assert setting.waits == []

    def test_what_passes_is_tried_again_after_a_pause(self, setting: Setting) -> None:
        assert setting.call(DOWN, NOTHING, OK) == Answer(OK, doubtful=True)
        assert setting.waits == [0.5, 1.0]

    def test_and_given_up_in_the_end(self, setting: Setting) -> None:
        assert setting.call(DOWN, DOWN, DOWN, DOWN, DOWN) == Answer(DOWN, doubtful=True)
        assert setting.waits == [0.5, 1.0, 2.0, 4.0]
        assert setting.caller.stopped_by is None


class TestDoubt:
    @pytest.mark.parametrize("first", [NOTHING, DOWN, Reply(408, {}), Reply(500, {}), Reply(524, {})])
    @pytest.mark.parametrize("last", [OK, Reply(400, {}), Reply(404, {})])
    def test_a_try_without_a_clear_answer_may_have_been_carried_out(
        self, setting: Setting, first: Reply, last: Reply
    ) -> None:
        assert setting.call(first, last) == Answer(last, doubtful=True)

    @pytest.mark.parametrize("first", [ROLLING, Reply(423, {}), Reply(477, {}, 1.0)])
    def test_a_refused_try_was_not(self, setting: Setting, first: Reply) -> None:
        assert setting.call(first, OK) == Answer(OK, doubtful=False)

    def test_a_success_that_says_nothing_is_doubtful(self, setting: Setting) -> None:
        """What it did would be found later as somebody else's."""
        garbled = Reply(200, {}, is_garbled=True)
        assert setting.call(garbled) == Answer(garbled, doubtful=True)

    def test_one_doubtful_try_is_enough(self, setting: Setting) -> None:
        assert setting.call(NOTHING, ROLLING, OK).doubtful

    def test_the_next_request_begins_without_doubt(self, setting: Setting) -> None:
        setting.call(NOTHING, OK)
        assert not setting.call(OK).doubtful


class TestPace:
    def test_requests_keep_to_the_rate(self) -> None:
        setting = Setting(rate=10)
        for _ in range(21):
            setting.call(OK)
        assert setting.sent_at[-1] - setting.sent_at[0] == pytest.approx(20, abs=0.1)
        assert setting.caller.requests_per_10_seconds == 10

    def test_and_to_the_share_of_the_limit_that_hubspot_tells(self, setting: Setting) -> None:
        setting.call(Reply(200, {}, limit=RateLimit(100, None, 10.0)))
        assert setting.caller.requests_per_10_seconds == 90

    def test_a_limit_holds_everybody_up(self, setting: Setting) -> None:
        waits: list[float] = []

        def meanwhile() -> None:
            setting.while_waiting = lambda: None
            asked_at = (
                setting.clock - setting.waits[-1]
            )  # another worker, at the moment this one began to wait
            setting.clock = asked_at
            setting.call(OK)
            waits.append(setting.sent_at[-1] - asked_at)

        setting.while_waiting = meanwhile
        setting.call(ROLLING, OK)
        assert waits == [pytest.approx(1, abs=0.001)]

    def test_retry_after_is_honoured(self, setting: Setting) -> None:
        setting.call(Reply(429, {}, 7.0), OK)
        assert setting.sent_at[1] - setting.sent_at[0] == pytest.approx(7, abs=0.001)

    def test_a_busy_server_holds_up_only_its_own_request(self, setting: Setting) -> None:
        setting.call(DOWN, OK)
        before = len(setting.waits)
        setting.call(OK)
        assert len(setting.waits) == before


class TestLease:
    def test_nothing_is_sent_until_the_lease_is_known_again(self, setting: Setting) -> None:
        setting.has_lease = False

        def confirm() -> None:
            if len(setting.waits) == 3:
                setting.has_lease = True

        setting.while_waiting = confirm
        setting.call(OK)
        assert len(setting.waits) == 3

    def test_nor_ever_once_it_is_lost(self, setting: Setting) -> None:
        setting.has_lease = False
        setting.while_waiting = lambda: setting.caller.stop(BusyError("lease_lost", "Lost.", "Wait."))
        assert setting.call() == Answer(None, doubtful=False)

    def test_each_try_asks_anew(self, setting: Setting) -> None:
        def lose() -> None:
            setting.has_lease = False
            setting.while_waiting = lambda: setting.caller.stop(BusyError("lease_lost", "Lost.", "Wait."))

        setting.while_waiting = lose
        assert setting.call(DOWN) == Answer(DOWN, doubtful=True)


class TestStops:
    @pytest.mark.parametrize(
        ("reply", "kind", "code", "says"),
        [
            (
                Reply(401, {"correlationId": "c-1"}),
                HubSpotRefusesError,
                "token",
                "refuses the token (correlation id c-1)",
            ),
            (
                Reply(403, {"context": {"requiredGranularScopes": ["crm.lists.write", "x"]}}),
                HubSpotRefusesError,
                "scope",
                "lacks a scope (crm.lists.write, x).",
            ),
            (
                Reply(403, {"context": {"requiredGranularScopes": "?"}}),
                HubSpotRefusesError,
                "scope",
                "lacks a scope.",
            ),
            (Reply(403, {"context": []}), HubSpotRefusesError, "scope", "lacks a scope."),
            (DAILY, UnfinishedError, "daily_limit", "daily limit of requests is used up."),
            (Reply(477, {}, 7200.0), UnfinishedError, "wait_too_long", "asks to wait 7200 s (status 477)."),
        ],
    )
    def test_what_nothing_later_could_mend_ends_all_requests(
        self, setting: Setting, reply: Reply, kind: type[SyncError], code: str, says: str
    ) -> None:
        assert setting.call(reply) == Answer(reply, doubtful=False)
        error = setting.caller.stopped_by
        assert type(error) is kind
        assert error.code == code
        assert says in error.sentence
        assert setting.call() == Answer(None, doubtful=False)

    def test_the_first_reason_counts(self, setting: Setting) -> None:
        first = StoppedError(15)
        setting.caller.stop(first)
        setting.caller.stop(BusyError("lease_lost", "Lost.", "Wait."))
        assert setting.caller.stopped_by is first

    def test_a_stop_reaches_those_who_wait_for_their_turn(self) -> None:
        setting = Setting(rate=1)
        setting.call(OK)
        setting.while_waiting = lambda: setting.caller.stop(StoppedError(2))
        assert setting.call() == Answer(None, doubtful=False)

    def test_and_those_who_wait_to_try_again(self, setting: Setting) -> None:
        setting.while_waiting = lambda: setting.caller.stop(StoppedError(2))
        assert setting.call(NOTHING) == Answer(NOTHING, doubtful=True)

    def test_a_stop_wakes_up_a_thread_that_waits(self) -> None:
        caller = Caller(0.001, lambda: True)
        caller.call(lambda: OK)  # the next one's turn comes in hours
        answers: list[Answer] = []
        waiting = threading.Thread(target=lambda: answers.append(caller.call(lambda: OK)))
        waiting.start()
        caller.stop(StoppedError(2))
        waiting.join(20)
        assert answers == [Answer(None, doubtful=False)]


class TestTheBudget:
    def test_so_many_requests_and_no_more(self, setting: Setting) -> None:
        setting.caller.limit_to(2)
        setting.call(DOWN, OK)
        assert setting.call() == Answer(None, doubtful=False)
        assert isinstance(setting.caller.stopped_by, UnfinishedError)
        assert setting.caller.stopped_by.code == "daily_budget"
        assert setting.caller.stopped_by.exit_code == 6

    def test_the_last_one_is_not_yet_too_many(self, setting: Setting) -> None:
        setting.caller.limit_to(1)
        assert setting.call(OK).reply == OK
        assert setting.caller.stopped_by is None

    def test_none_at_all(self, setting: Setting) -> None:
        setting.caller.limit_to(0)
        assert setting.call().reply is None


class TestAnswersThatTakeTooLong:
    LATE = Reply(524, {}, timed_out=True)

    def test_stand_at_once_for_who_can_ask_for_less(self, setting: Setting) -> None:
        left = [self.LATE]
        assert setting.caller.call(lambda: left.pop(0), splits=True) == Answer(self.LATE, doubtful=True)
        assert setting.caller.stopped_by is None

    def test_are_tried_again_for_who_cannot(self, setting: Setting) -> None:
        assert setting.call(self.LATE, OK) == Answer(OK, doubtful=True)


class TestAHubSpotThatIsDown:
    GIVEN_UP: Sequence[Reply] = (NOTHING,) * 5

    def test_three_requests_given_up_in_a_row_end_the_run(self, setting: Setting) -> None:
        setting.call(*self.GIVEN_UP)
        setting.call(*self.GIVEN_UP)
        assert setting.caller.stopped_by is None
        setting.call(*self.GIVEN_UP)
        assert isinstance(setting.caller.stopped_by, UnfinishedError)
        assert setting.caller.stopped_by.code == "hubspot_down"

    def test_an_answer_in_between_begins_the_count_anew(self, setting: Setting) -> None:
        for _ in range(3):
            setting.call(*self.GIVEN_UP)
            setting.call(*self.GIVEN_UP)
            setting.call(Reply(400, {}))
        assert setting.caller.stopped_by is None

    def test_the_trouble_of_one_list_does_not_unless_it_is_anothers_too(self, setting: Setting) -> None:
        def call(about: str) -> None:
            replies = [DOWN] * 5
            setting.caller.call(replies.pop, about=about)

        for _ in range(4):
            call("811")
        assert setting.caller.gives_up_on("811")
        assert setting.caller.stopped_by is None
        call("812")
        assert not setting.caller.gives_up_on("812")
        assert isinstance(setting.caller.stopped_by, UnfinishedError)

    def test_silence_does_whatever_it_is_about(self, setting: Setting) -> None:
        for _ in range(3):
            replies = [NOTHING] * 5
            setting.caller.call(replies.pop, about="811")
        assert isinstance(setting.caller.stopped_by, UnfinishedError)

    @pytest.mark.parametrize(("status", "how"), [(0, "gave no answer"), (502, "answered 502")])
    def test_the_error_says_how(self, status: int, how: str) -> None:
        error = unreachable(Reply(status, {}))
        assert error.sentence == f"HubSpot {how}, also after several tries."
        assert error.exit_code == 6

    @pytest.mark.parametrize(("status", "look_at"), [(502, "status page"), (429, "limit of requests")])
    def test_and_where_to_look(self, status: int, look_at: str) -> None:
        assert look_at in unreachable(Reply(status, {})).mend


def test_a_long_wait_says_when_it_is_over(setting: Setting) -> None:
    setting.call(Reply(477, {}, 7200.0))
    assert re.search(r"after that time \(20\d\d-\d\d-\d\d \d\d:\d\d UTC\)", str(setting.caller.stopped_by))


@pytest.mark.parametrize("seconds", [float("inf"), 1e300])
def test_one_without_end_is_a_sentence_too(setting: Setting, seconds: float) -> None:
    setting.call(Reply(477, {}, seconds))
    assert "Run again after that time;" in str(setting.caller.stopped_by)


def test_control_characters_of_an_answer_reach_no_terminal(setting: Setting) -> None:
    setting.call(Reply(403, {"context": {"requiredGranularScopes": ["crm.lists.write", "\x1b[31m"]}}))
    assert "lacks a scope (crm.lists.write)." in str(setting.caller.stopped_by)
