"""Invented records as the tables that the staging models read, everything as text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from bench.population import Record

_COLUMNS = {
    "shop": {
        "customer_no": "number",
        "first_name": "given",
        "last_name": "surname",
        "email": "email",
        "phone": "phone",
        "date_of_birth": "birthdate",
        "postcode": "postal",
        "country": "country",
        "registered_at": "created",
        "changed_at": "updated",
    },
    "loyalty": {
        "card_no": "number",
        "given": "given",
        "surname": "surname",
        "mail": "email",
        "telephone": "phone",
        "birthday": "birthdate",
        "postal": "postal",
        "joined_on": "created",
        "updated_on": "updated",
    },
    "crm": {
        "contact_id": "number",
        "forename": "given",
        "family_name": "surname",
        "email_address": "email",
        "mobile": "phone",
        "zip": "postal",
        "country_code": "country",
        "shop_customer": "shop_number",
        "loyalty_card": "card_number",
        "created": "created",
        "modified": "updated",
    },
}
_TABLES = {"shop": "shop_customers", "loyalty": "loyalty_members", "crm": "crm_contacts"}


def source_tables(records: list[Record]) -> dict[str, pa.Table]:
    """The three systems' tables, everything as text, empty values as nulls as a seed's are."""
    tables = {}
    for system, columns in _COLUMNS.items():
        rows = [{"number": each.number, **each.says} for each in records if each.system == system]
        values = {name: [row[field] or None for row in rows] for name, field in columns.items()}
        tables[_TABLES[system]] = pa.table(
            {name: pa.array(each, pa.string()) for name, each in values.items()}
        )
    return tables


def commerce_tables(records: Sequence[Record], seed: int) -> dict[str, pa.Table]:
    """Orders of most shop customers, half of them long ago, and one suppressed address in a hundred."""
    rng = random.Random(seed)
    buyers = [each.number for each in records if each.system == "shop" and rng.random() < 0.7]
    moments = [datetime(2024, 1, 1) + timedelta(days=rng.randrange(1_030)) for _ in buyers]  # noqa: DTZ001
    orders = {
        "order_no": [f"5{number}" for number in buyers],
        "customer_no": buyers,
        "ordered_at": [str(each) for each in moments],
        "status": rng.choices(("paid", "refunded", "cancelled"), (92, 5, 3), k=len(buyers)),
        "amount_eur": [f"{rng.randrange(490, 24_000) / 100:.2f}" for _ in buyers],
    }
    emails = [each.says["email"] for each in records if rng.random() < 0.01 and each.says["email"]]
    suppressions = {
        "kind": ["email"] * len(emails),
        "value": emails,
        "reason": ["unsubscribed"] * len(emails),
        "added_on": ["2025-11-04"] * len(emails),
    }
    return {"shop_orders": _text(orders), "suppressions": _text(suppressions)}


def _text(columns: dict[str, list[str]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
