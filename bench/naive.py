"""What one would write first: HubSpot's own client, one batch after the other, no verdicts, no ledger, no pace.

    python -m bench.naive URL FILE SIZE LIST_ID

FILE has an address a line, SIZE is the number of members in one request. `bench.engine naive` starts it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hubspot import HubSpot
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId, SimplePublicObjectId
from hubspot.crm.lists import MembershipChangeRequest


def send(url: str, emails: Sequence[str], size: int, list_id: str) -> None:
    """Look the addresses up and put whom HubSpot knows on the list."""
    client = HubSpot(access_token="token", host=url)  # noqa: S106 the emulator takes any
    contacts, members = client.crm.contacts.batch_api, client.crm.lists.memberships_api
    ids: list[str] = []
    for start in range(0, len(emails), 100):
        query = BatchReadInputSimplePublicObjectId(
            id_property="email",
            inputs=[SimplePublicObjectId(id=email) for email in emails[start : start + 100]],
            properties=["email"],
            properties_with_history=[],
        )
        ids += [each.id for each in contacts.read(query).results]
    for start in range(0, len(ids), size):
        change = MembershipChangeRequest(record_ids_to_add=ids[start : start + size], record_ids_to_remove=[])
        members.add_and_remove(list_id, change)


if __name__ == "__main__":
    send(sys.argv[1], Path(sys.argv[2]).read_text("utf-8").split(), int(sys.argv[3]), sys.argv[4])
