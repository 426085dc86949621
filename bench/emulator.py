"""How fast the emulator is: loading 100,000 contacts from CSV, and batch reads of 100 by address.

``python -m bench.emulator`` prints both as text. Eight connections of one client process ask for 100 addresses a
request; client and emulator share the machine.
"""

import csv
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from json import dumps
from pathlib import Path
from urllib.parse import urlsplit

from emulator.process import EmulatorProcess

CONTACTS = 100_000
CONNECTIONS = 8
REQUESTS = 4_000


def main() -> None:
    """Load, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["email", "firstname"])
            writer.writerows([f"user{n}@example.com", "x"] for n in range(CONTACTS))
        began = time.perf_counter()
        with EmulatorProcess(contacts=path, arguments=["--burst", "1000000"]) as emulator:
            print(f"start with {CONTACTS:,} contacts: {time.perf_counter() - began:.1f} s")
            began = time.perf_counter()
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                done = sum(pool.map(lambda n: _ask(emulator.url, n), range(CONNECTIONS)))
            print(
                f"batch reads of 100, {CONNECTIONS} connections: {done / (time.perf_counter() - began):,.0f}/s"
            )


def _ask(url: str, number: int) -> int:
    """Ask over one connection; how many requests were answered with 200."""
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    answered = 0
    for turn in range(REQUESTS // CONNECTIONS):
        first = (turn * CONNECTIONS + number) * 100 % CONTACTS
        inputs = [{"id": f"user{n}@example.com"} for n in range(first, first + 100)]
        body = dumps({"idProperty": "email", "properties": ["email"], "inputs": inputs})
        connection.request("POST", "/crm/v3/objects/contacts/batch/read", body, headers)
        answer = connection.getresponse()
        answer.read()
        answered += answer.status == 200
    connection.close()
    return answered


if __name__ == "__main__":
    main()
