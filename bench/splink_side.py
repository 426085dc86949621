"""The same records through Splink, a probabilistic linker, set up as its guide for a register of people suggests.

It sees what a careful user would give it: names, addresses and numbers without their formatting, placeholders
and all. It learns its weights from these very records, without the truth.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator

import pyarrow as pa

from bench.population import Record

THRESHOLDS = (0.9, 0.99, 0.999, 0.9999, 0.99999)
"""Probabilities from which a pair is taken for one person; which is best, nobody knows without the truth."""


def link(records: list[Record]) -> Iterator[tuple[str, list[str]]]:
    """For each threshold a title and the customer of each record. Stops the program without Splink."""
    try:
        import splink.comparison_library as compare
        from splink import Linker, SettingsCreator, block_on
        from splink.backends.duckdb import DuckDBAPI
    except ImportError:
        raise SystemExit(
            "Splink is not installed: .venv/bin/uv pip install --python .venv/bin/python --group bench"
        ) from None
    # It warns of levels that too few pairs reach.
    logging.getLogger("splink").setLevel(logging.ERROR)
    start = time.perf_counter()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            compare.ForenameSurnameComparison("given", "surname"),
            compare.DateOfBirthComparison("birthdate", input_is_string=True),
            compare.EmailComparison("email"),
            *(compare.ExactMatch(name) for name in ("phone", "postal", "shop_number", "card_number")),
        ],
        blocking_rules_to_generate_predictions=[
            *(block_on(name) for name in ("email", "phone", "shop_number", "card_number")),
            block_on("surname", "given"),
            block_on("birthdate", "surname"),
            block_on("birthdate", "given"),
            block_on("postal", "surname"),
        ],
    )
    data = DuckDBAPI().register(normalised(records))
    linker = Linker(data, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("email"), block_on("given", "surname", "birthdate")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000)
    for rule in (block_on("email"), block_on("surname", "given"), block_on("birthdate")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    seconds = time.perf_counter() - start
    for threshold in THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=threshold
        )
        rows = clusters.as_record_list()
        customers = {row["unique_id"]: str(row["cluster_id"]) for row in rows}
        yield f"Splink at {threshold}, {seconds:.0f} s", [customers[each.number] for each in records]


def normalised(records: list[Record]) -> pa.Table:
    """The records as a careful user would hand them over: one spelling a value, null where there is none."""
    rows = [_normalised(each) for each in records]
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in rows[0]})


def _normalised(record: Record) -> dict[str, str | None]:
    says = record.says
    phone = re.sub(r"\D", "", says["phone"]).removeprefix("00")
    row = {
        "unique_id": record.number,
        "given": says["given"].strip().lower(),
        "surname": says["surname"].strip().lower(),
        "email": says["email"].strip().lower().removeprefix("mailto:"),
        "phone": phone.removeprefix("0"),
        "birthdate": says["birthdate"],
        "postal": says["postal"],
        "shop_number": says.get("shop_number", ""),
        "card_number": says.get("card_number", ""),
    }
    return {name: value or None for name, value in row.items()}
