"""Let four weeks pass in the demo: what people buy after the lists were sent, as more orders of the shop.

    python -m demo.weeks_later --seeds DIR DIR --as-of "2026-12-22 09:00:00" --out DIR

`--seeds` are the folders of every build, the newest last; `shop_orders.csv` of the newest, with the new orders, is
written into `--out`. The invented effect is the same in each campaign: of those in a control group one in twelve
buys, of the others one in six. The same customers buy whatever `--as-of`, where the weeks end.
"""

from __future__ import annotations

import argparse
import csv
from datetime import datetime, timedelta
from pathlib import Path

from demo.campaign_truth import CAMPAIGNS, Customer, Truth
from demo.check import customers, moment
from demo.make_seeds import AS_OF, SEED, write
from demo.people import Chance, Row

WEEKS = timedelta(weeks=4)
_BUYS = {True: 1 / 12, False: 1 / 6}
"""Of those held out, and of the others."""


def orders(truth: Truth, chance: Chance, until: datetime) -> list[Row]:
    """One order of each shop customer who buys, placed in the last three of the weeks."""
    found: list[Row] = []
    for customer in truth.customers:
        account = next(
            (each.partition(":")[2] for each in customer.records if each.startswith("shop:")), None
        )
        held_out = _is_held_out(truth, customer)
        if account is None or held_out is None or not chance.hits(_BUYS[held_out]):
            continue
        cents = 990 + chance.below(12_000)
        found.append(
            {
                "order_no": str(6_000_001 + len(found)),
                "customer_no": account,
                "ordered_at": str(chance.moment(until - WEEKS * 3 / 4, until)),
                "status": "paid",
                "amount_eur": f"{cents // 100}.{cents % 100:02}",
            }
        )
    return found


def _is_held_out(truth: Truth, customer: Customer) -> bool | None:
    places = [truth.places.get((each.name, customer.id)) for each in CAMPAIGNS]
    found = [place.treatment.list_name is None for place in places if place]
    return any(found) if found else None


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--seeds", type=Path, nargs="+", required=True, help="folders of every build's CSV files"
    )
    parser.add_argument("--as-of", required=True, help="the end of the weeks, in UTC")
    parser.add_argument("--out", type=Path, required=True, help="folder for shop_orders.csv")
    given = parser.parse_args()
    truth = Truth()
    for seeds in given.seeds:
        truth.build(customers(seeds, moment(AS_OF, "AS_OF")))
    until = moment(given.as_of, "--as-of").replace(tzinfo=None)
    with (given.seeds[-1] / "shop_orders.csv").open(encoding="utf-8", newline="") as file:
        before = list(csv.DictReader(file))
    write(given.out / "shop_orders.csv", before + orders(truth, Chance(SEED), until))


if __name__ == "__main__":
    main()
