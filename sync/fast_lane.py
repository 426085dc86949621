"""Verdicts in bulk: one vectorised expression accepts what is provably valid, `sync.emails` judges the rest.

The lane only says yes. Why the library must agree: the text is ASCII without quotes and has one @-sign, so both
split it there; the local part is a dot-atom; the domain consists of letter-digit-hyphen labels without two
hyphens in a row, so no label is reserved or an A-label (RFC 5890 2.3.1) and IDNA changes nothing but case; the
whole has at most 64 characters, which keeps every length limit; the last label is in IANA's list, hence neither
numeric nor special. The wire form is the lower case.

DuckDB runs in this process, in memory, whatever the warehouse is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sync.domains import TLDS, provider_slips
from sync.emails import OUTER, RAW_LIMIT, judge, judge_rows, ruleset
from sync.errors import SyncError
from sync.masking import mask
from sync.verdict_pool import VerdictPool

VERDICTS = pa.schema(
    [(name, pa.string()) for name in ("email", "verdict", "wire_email", "code", "detail", "suggestion")]
)
"""One row per address, in the order given; the fields of `sync.records.Verdict`."""

_SAMPLE_EVERY = 1_000
"""Of the rows accepted by the lane, the first and every so many are judged again."""

_POOL_FROM = 15_000
"""Texts left to the library, over all batches, from which processes of our own pay: each takes 0.2 s to start."""

_SHARE_FROM = 2_000
"""Texts in a batch that are worth sending to processes: some 60 ms of work."""

_MOST_PROCESSES = 4
"""Each holds some 40 MB."""

_ATOM = "[a-z0-9!#$%&''*+/=?^_`{|}~-]+"
_LABEL = "[a-z0-9]+(?:-[a-z0-9]+)*"
_LETTERS_ONLY = "|".join(sorted(tld for tld in TLDS if tld.isalpha()))

# RE2's own folding would take U+212A for k and U+017F for s. So does lower(), hence the test that there are as
# many bytes as characters, that is ASCII only.
_LANE = f"""
with folded as (select email, lower(email) as wire from batch),
accepted as (
    select
        case
            when strlen(email) <= 64
                and strlen(email) = length(email)
                and regexp_full_match(wire, '{_ATOM}(?:\\.{_ATOM})*@(?:{_LABEL}\\.)+(?:{_LETTERS_ONLY})')
            then wire
        end as wire
    from folded
)
select wire, split_part(wire, '@', 2) as domain
from accepted
"""  # noqa: S608 constants only


class FastLaneError(SyncError):
    """The lane and the library disagree on an address: none of the lane's verdicts can be trusted."""


def judge_batch(emails: pa.Array | pa.ChunkedArray | Sequence[str | None], *, fast: bool = True) -> pa.Table:
    """Verdicts on one batch. For several, keep a `FastLane` open and call its `judge_batch`."""
    with FastLane(fast=fast) as lane:
        return lane.judge_batch(emails)


class FastLane:
    """Judges batches; keeps its DuckDB and its processes from one to the next. Not for several threads.

    `fast=False` leaves every row to `sync.emails`, with the same result.
    """

    def __init__(self, *, fast: bool = True) -> None:
        self._fast = fast
        self._duckdb = duckdb.connect(":memory:")
        self._pool = VerdictPool(min(os.cpu_count() or 1, _MOST_PROCESSES))
        self._slips = pa.array(provider_slips(), pa.string())
        self._left_to_the_library = 0

    def __enter__(self) -> FastLane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and free DuckDB's memory."""
        self._pool.close()
        self._duckdb.close()

    def judge_batch(self, emails: pa.Array | pa.ChunkedArray | Sequence[str | None]) -> pa.Table:
        """Verdicts on `emails` as a table of schema `VERDICTS`, row by row in the same order.

        `emails` holds strings or nulls; a list that has lone surrogates raises UnicodeEncodeError, since Arrow
        cannot hold them. Raises `FastLaneError` when a sample shows that the lane is wrong.
        """
        given = _one_array(emails)
        wires = self._accepted(given) if self._fast else pa.nulls(len(given), pa.string())
        self._check_sample(given, wires)
        unsure = pc.is_null(wires)
        rest = self._judged(given.filter(unsure))
        nulls = pa.nulls(len(given), pa.string())
        wires = pc.replace_with_mask(wires, unsure, rest["wire_email"])
        columns = [pc.replace_with_mask(nulls, unsure, rest[name]) for name in VERDICTS.names[3:]]
        verdicts = pc.if_else(pc.is_valid(wires), "accepted", "rejected")
        return pa.table([given, verdicts, wires, *columns], schema=VERDICTS)

    def _accepted(self, given: pa.Array) -> pa.Array:
        """Wire forms of what is provably valid, as given or after the clean-up; null for all others."""
        wires = self._lane(given)
        unsure = pc.is_null(wires)
        rest = given.filter(unsure)
        cleaned = _clean(rest)
        changed = pc.and_(pc.not_equal(cleaned, rest), pc.less_equal(pc.utf8_length(rest), RAW_LIMIT))
        changed = pc.fill_null(changed, False)
        second = pc.replace_with_mask(
            pa.nulls(len(rest), pa.string()), changed, self._lane(cleaned.filter(changed))
        )
        return pc.replace_with_mask(wires, unsure, second)

    def _lane(self, texts: pa.Array) -> pa.Array:
        """The expression itself. A domain one slip from a large provider is left to who suggests the provider."""
        if not len(texts):
            return texts  # compiling the pattern alone takes some 10 ms
        self._duckdb.register("batch", pa.table({"email": texts}))
        accepted = self._duckdb.sql(_LANE).to_arrow_table().combine_chunks()
        self._duckdb.unregister("batch")
        slips = pc.is_in(accepted["domain"], self._slips)
        return pc.if_else(slips, None, accepted["wire"]).combine_chunks()

    def _check_sample(self, given: pa.Array, wires: pa.Array) -> None:
        sample = pc.indices_nonzero(pc.is_valid(wires))[::_SAMPLE_EVERY]
        for email, wire in zip(given.take(sample).to_pylist(), wires.take(sample).to_pylist(), strict=True):
            verdict = judge(email)
            if (verdict.wire_email, verdict.suggestion) != (wire, None):
                raise FastLaneError(
                    "fast_lane",
                    f"The fast lane accepts {mask(email)} and email-validator does not ({ruleset()}).",
                    "This is a bug in the fast lane; please report it.",
                )

    def _judged(self, texts: pa.Array) -> pa.RecordBatch:
        """What the library says, each distinct text judged once: wire_email, code, detail, suggestion."""
        distinct = texts.dictionary_encode(null_encoding="encode")
        values = distinct.dictionary.to_pylist()
        self._left_to_the_library += len(values)
        shares = len(values) >= _SHARE_FROM and self._left_to_the_library >= _POOL_FROM
        rows = (self._pool.judge_rows if shares else judge_rows)(values)
        columns = [[row[at] for row in rows] for at in range(4)]
        batch = pa.record_batch([pa.array(column, pa.string()) for column in columns], VERDICTS.names[2:])
        return batch.take(distinct.indices)


def _one_array(emails: pa.Array | pa.ChunkedArray | Sequence[str | None]) -> pa.Array:
    if isinstance(emails, pa.ChunkedArray):
        emails = emails.combine_chunks()
    return emails.cast(pa.string()) if isinstance(emails, pa.Array) else pa.array(emails, pa.string())


def _clean(texts: pa.Array) -> pa.Array:
    """`sync.emails.clean` in columns."""
    texts = pc.utf8_trim(texts, characters=OUTER)
    texts = pc.utf8_ltrim(
        pc.replace_substring_regex(texts, "^[Mm][Aa][Ii][Ll][Tt][Oo]:", ""), characters=OUTER
    )
    return pc.utf8_trim(pc.replace_substring_regex(texts, "(?s)^<(.*)>$", r"\1"), characters=OUTER)
