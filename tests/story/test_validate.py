"""`hubspot-sync validate`: files and pipes in, verdicts out."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sync.emails import judge

COMMAND = [sys.executable, "-m", "sync", "validate"]


def validate(*arguments: str | Path, given: bytes = b"", exits: int = 0) -> str:
    """Run the command as a process and return its standard output."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], input=given, capture_output=True, check=False)
    assert done.returncode == exits, done.stderr.decode()
    if exits == 0:
        assert done.stderr == b""
    return done.stdout.decode()


def refused(*arguments: str | Path, given: bytes = b"", exits: int = 2) -> str:
    """Run the command, which must fail with one sentence or two on stderr, and return them."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], input=given, capture_output=True, check=False)
    assert done.returncode == exits, done.stderr.decode()
    message = done.stderr.decode()
    assert message.count("\n") == 1
    assert "Traceback" not in message
    return message


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_jsonl_has_one_object_a_row_in_order() -> None:
    """Each row of text becomes one object with the six fields, in the order of the input."""
    emails = ["jo@example.com", " Jo@Gmial.com ", "jo@example.con", "", "Jo <jo@example.com>", "jo@müller.de"]
    found = lines(validate(given="\n".join(emails).encode()))
    verdicts = [judge(email) for email in emails]
    names = ("email", "verdict", "wire_email", "code", "detail", "suggestion")
    assert found == [{name: getattr(verdict, name) for name in names} for verdict in verdicts]
    assert list(found[0]) == list(names)


def test_no_row_is_lost() -> None:
    """Blank lines are rejected rows; CR LF, a missing last line end and a BOM make no difference."""
    found = lines(validate(given=b"\xef\xbb\xbfjo@example.com\r\n\r\n\nann@example.com"))
    assert [row["email"] for row in found] == ["jo@example.com", "", "", "ann@example.com"]
    assert [row["code"] for row in found] == [None, "missing", "missing", None]
    assert lines(validate(given=b"jo@example.com\r"))[0]["email"] == "jo@example.com"
    assert validate(given=b"") == ""


def test_bytes_that_are_not_utf8_are_rejected_rows(tmp_path: Path) -> None:
    """In every format a bad byte rejects its own row, and no other."""
    found = lines(
        validate(
            given=b"jo\xff@example.com\njo@ex\xe9mple.com\njo@example.com\xc3\n\xfe\xff\nann@example.com"
        )
    )
    assert [row["code"] for row in found] == [
        "non_ascii_local",
        "domain_syntax",
        "domain_syntax",
        "no_at",
        None,
    ]
    found = lines(validate("--input", "csv", given=b"n,email\n\xff,jo@example.com\n1,j\xffo@example.com\n"))
    assert [row["code"] for row in found] == [None, "non_ascii_local"]
    found = lines(validate("--input", "jsonl", given=b'"j\xffo@example.com"\n"jo@example.com"'))
    assert [row["code"] for row in found] == ["non_ascii_local", None]


def test_json_lines() -> None:
    """Strings and objects have addresses, other JSON has none, and a lone surrogate is input like any other."""
    given = [
        '"jo@example.com"',
        '{"email": "ann@example.com", "other": 12345678901234567890}',
        '{"email": null}',
        '{"email": 5}',
        "{}",
        "[]",
        "1" * 5000,
        "",
        '"\\ud800jo@example.com"',
        '"jo@exam\\udfffple.com"',
        '"\\u0000jo@example.com"',
        '"bob@example.com"',
    ]
    output = validate("--input", "jsonl", given="\n".join(given).encode())
    found = lines(output)
    assert output.isascii()
    codes = [None, None, *["missing"] * 6, "non_ascii_local", "domain_syntax", "control_character", None]
    assert [row["code"] for row in found] == codes
    assert [row["email"] for row in found[8:10]] == ["\ud800jo@example.com", "jo@exam\udfffple.com"]
    records = validate("--input", "jsonl", "--output", "csv", given="\n".join(given).encode())
    assert [row["code"] for row in csv.DictReader(io.StringIO(records))] == [code or "" for code in codes]
    summary = validate("--input", "jsonl", "--output", "table", given="\n".join(given).encode())
    counts = {line.split()[0]: int(line.split()[1]) for line in summary.splitlines()[1:]}
    assert counts == {"accepted": 3, **Counter(code for code in codes if code), "all": 12}


@pytest.mark.parametrize("line", ['"jo@example.com', "jo@example.com", "{'email': 1}", "NaN", "[" * 100_000])
def test_malformed_json_names_its_line(line: str) -> None:
    """The rows before it are given, then one sentence with the line's number and no address."""
    given = f'"jo@example.com"\n\n{line}\n"ann@example.com"'.encode()
    assert "Line 3 is not JSON" in refused("--input", "jsonl", given=given)
    done = subprocess.run([*COMMAND, "--input", "jsonl"], input=given, capture_output=True, check=False)
    assert len(lines(done.stdout.decode())) == 2
    assert b"jo@example.com" not in done.stderr


def test_csv_column(tmp_path: Path) -> None:
    """By FILE's ending; quoted fields may hold line ends and commas; short and blank records are rows too."""
    path = tmp_path / "people.CSV"
    path.write_bytes(
        b'\xef\xbb\xbfmail,email,x\r\nann@example.com,"jo,lee@example.com",\r\nb\r\n\r\nc,"jo\n@example.com"'
    )
    found = lines(validate(path))
    assert [row["email"] for row in found] == ["jo,lee@example.com", None, None, "jo\n@example.com"]
    assert [row["code"] for row in found] == ["local_syntax", "missing", "missing", "white_space"]
    assert lines(validate(path, "--column", "mail"))[0]["wire_email"] == "ann@example.com"


def test_csv_output_reads_back() -> None:
    """Quotes, commas and line ends in an address survive CSV output."""
    given = ['a "b", c\nd@example.com', "jo@example.com", "\\jo@example.com", "jo\u2028@example.com"]
    output = validate("--input", "jsonl", "--output", "csv", given="\n".join(map(json.dumps, given)).encode())
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["email"] for row in rows] == given
    assert [row["verdict"] for row in rows] == ["rejected", "accepted", "rejected", "rejected"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"name,mail\n1,2\n", "no column 'email'; its first line has 'name', 'mail'"),
        (b"jo@example.com,1\n", "no column 'email'; its first line has '1'"),
        (b"", "no column 'email'; its first line has no names"),
        (b'email\n"' + b"x" * (1 << 24) + b"x", "field limit"),
    ],
)
def test_csv_that_cannot_be_read(given: bytes, says: str) -> None:
    """A missing column or an open quote is one sentence and exit code 2, without an address."""
    message = refused("--input", "csv", given=given)
    assert says in message
    assert "jo@" not in message


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_file_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    """No such file, or a folder: one sentence and exit code 2."""
    assert f"Cannot read {tmp_path / name}" in refused(tmp_path / name)


def test_closed_standard_input() -> None:
    """Without standard input there is a sentence, not a traceback."""
    done = subprocess.run(
        ["sh", "-c", '"$0" -m sync validate <&-', sys.executable], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"Standard input is closed" in done.stderr


def test_fail_on_rejected(tmp_path: Path) -> None:
    """A rejected row alone does not fail the command; with the flag it does, after all rows are written."""
    assert lines(validate("--fail-on-rejected", given=b"jo@example.com"))[0]["code"] is None
    assert "1 of 2 addresses are rejected" in refused(
        "--fail-on-rejected", given=b"jo@example.com\nx", exits=3
    )
    assert len(lines(validate(given=b"jo@example.com\nx"))) == 2


def test_table_counts_by_code_and_shows_no_address() -> None:
    """The summary counts every row, the accepted first, and masks its examples."""
    given = [f"joanna{number}@example.com" for number in range(7)] + [
        "",
        "joanna@example.con",
        "maria@example.con",
    ]
    output = validate("--output", "table", given="\n".join(given).encode())
    counts = {line.split()[0]: line.split()[1] for line in output.splitlines()[1:]}
    assert counts == {"accepted": "7", "tld": "2", "missing": "1", "all": "10"}
    assert list(counts) == ["accepted", "tld", "missing", "all"]
    assert "jo***@example.con  ma***@example.con" in output
    assert "joanna" not in output


def test_terminal_gets_the_summary() -> None:
    """On a terminal the default is the table, and progress goes to stderr only if that is a terminal."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        COMMAND, input=b"jo@example.com", stdout=follower, stderr=subprocess.PIPE, check=True
    )
    os.close(follower)
    assert os.read(leader, 10_000).decode().startswith("code ")
    os.close(leader)
    assert done.stderr == b""


def test_progress_on_a_terminals_stderr() -> None:
    """A bar shows how many rows are done, while standard output stays data."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        COMMAND, input=b"jo@example.com\n" * 3, stdout=subprocess.PIPE, stderr=follower, check=True
    )
    os.close(follower)
    assert "3/" in os.read(leader, 10_000).decode()
    os.close(leader)
    assert len(lines(done.stdout.decode())) == 3


def test_closed_pipe_ends_quietly() -> None:
    """`| head` is no error."""
    given = b"jo@example.com\n" * 300_000
    script = '"$0" -m sync validate | head -n 1; exit 0'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable], input=given, capture_output=True, check=True
    )
    assert len(lines(done.stdout.decode())) == 1
    assert done.stderr == b""


def test_streams_in_order_over_many_batches(tmp_path: Path) -> None:
    """Order survives batches, threads and processes; very long lines and very many empty ones are rows."""
    emails = [
        f"user{number}@example.com" if number % 7 else f"user {number}@example.com"
        for number in range(150_000)
    ]
    emails += [""] * 100_000 + ["x" * 3_000_000 + "@example.com", "jo@example.com"]
    path = tmp_path / "many.txt"
    path.write_text("\n".join(emails))
    found = lines(validate(path))
    assert [row["email"] for row in found] == emails
    assert [row["code"] for row in found[:14]] == ["white_space", *[None] * 6] * 2
    assert [row["code"] for row in found[-3:]] == ["missing", "too_long", None]


def test_needs_no_dbt(tmp_path: Path) -> None:
    """Neither help nor a verdict imports dbt or an HTTP client; help imports no library of columns either."""
    program = (
        "import sys\n"
        "sys.argv = ['hubspot-sync', 'validate', *sys.argv[1:]]\n"
        "from sync.cli import main\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    for arguments, absent in (
        (["--help"], {"dbt", "requests", "duckdb", "pyarrow", "rich"}),
        ([], {"dbt", "requests"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            input=b"jo@example.com",
            capture_output=True,
            check=True,
        )
        assert absent.isdisjoint(done.stderr.decode().split())
