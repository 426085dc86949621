"""Write `labelled_addresses.csv`: addresses, and what our rules say of them.

    python tests/data/make_labelled_addresses.py

Two kinds of rows. Those of `reviewed_addresses.csv` are labelled by hand; the ones whose source is a public test
suite are labelled by our rules too, whatever the suite says of them. The others are derived here, each from the
rule that it names. None was made by mutation, and nothing here asks the code under test or the library behind it.

The columns: `address` as a JSON string, so that controls and lone surrogates survive; `verdict`; `code`;
`wire_email`; `source`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

ATEXT = "!#$%&'*+-/=?^_`{|}~"
ASCII_SPACES = " \t\n\v\f\r"
STRIPPED = (
    "\x85\xa0\xad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e"
    "\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
)


class Row(NamedTuple):
    """One labelled address; `code` is empty for an accepted one, `wire` for a rejected one."""

    address: str
    code: str
    wire: str
    source: str


def accepted(address: str, source: str, wire: str | None = None) -> Row:
    """A row whose wire form is its lower case, or the one given."""
    return Row(address, "", address.lower() if wire is None else wire, source)


def code_of(character: str, others: str) -> str:
    """The code for an ASCII character that does not belong where it is; `others` if it has no code of its own."""
    if character in ASCII_SPACES:
        return "white_space"
    if ord(character) < 32 or ord(character) == 127:
        return "control_character"
    return {'"': "quote", "<": "display_name", ">": "display_name", "@": "several_at"}.get(character, others)


def ascii_in_local_part() -> Iterator[Row]:
    """Every ASCII character but letters and digits inside, before and at the end of a local part."""
    source = "RFC 5322 3.2.3 atext and dot-atom"
    for character in filter(lambda each: not each.isalnum(), map(chr, range(128))):
        inside, first, last = (
            f"jo{character}lee@example.com",
            f"{character}jo@example.com",
            f"jo{character}@example.com",
        )
        if character in ATEXT:
            yield from (accepted(address, source) for address in (inside, first, last))
        elif character == ".":
            yield accepted(inside, source)
            yield from (Row(address, "local_dots", "", source) for address in (first, last))
        else:
            code = code_of(character, "local_syntax")
            yield from (Row(address, code, "", source) for address in (inside, last))
            is_stripped = character in ASCII_SPACES
            yield accepted(first, source, "jo@example.com") if is_stripped else Row(first, code, "", source)


def ascii_in_domain() -> Iterator[Row]:
    """Every ASCII character but letters and digits inside and after a domain."""
    source = "RFC 1123 2.1 and RFC 952: letters, digits, hyphens"
    for character in filter(lambda each: not each.isalnum(), map(chr, range(128))):
        inside, last = f"jo@exam{character}ple.com", f"jo@example.com{character}"
        code = code_of(character, "domain_syntax")
        yield accepted(inside, source) if character in "-." else Row(inside, code, "", source)
        is_stripped = character in ASCII_SPACES
        yield accepted(last, source, "jo@example.com") if is_stripped else Row(last, code, "", source)


def invisible_characters() -> Iterator[Row]:
    """C1 controls, and what the clean-up strips at the ends and nowhere else."""
    for character in map(chr, range(0x80, 0xA0)):
        source = "our rule: C1 controls are no part of an address"
        yield Row(f"j{character}o@example.com", "control_character", "", source)
        yield Row(f"jo@exam{character}ple.com", "control_character", "", source)
        if character not in STRIPPED:
            yield Row(f"{character}jo@example.com", "control_character", "", source)
    for character in STRIPPED:
        source = "our rule: the clean-up strips the ends and deletes nothing inside"
        yield accepted(f"{character}jo@example.com{character}", source, "jo@example.com")
        if character != "\x85":
            yield Row(f"j{character}o@example.com", "non_ascii_local", "", source)
            yield Row(f"jo@exam{character}ple.com", "domain_syntax", "", source)


def part_lengths() -> Iterator[Row]:
    """Local parts and labels around their limits."""
    source = "RFC 5321 4.5.3.1.1: 64 octets before the @-sign"
    for length in (1, 2, 63, 64):
        yield accepted("a" * length + "@example.com", source)
    for length in (65, 66, 100, 200):
        yield Row("a" * length + "@example.com", "local_too_long", "", source)
    source = "RFC 1035 2.3.4: 63 octets in a label"
    for length in (1, 2, 62, 63):
        yield accepted("jo@" + "a" * length + ".com", source)
        yield accepted("jo@example." + "a" * length + ".com", source)
    for length in (64, 65, 200):
        yield Row("jo@" + "a" * length + ".com", "domain_too_long", "", source)
    source = "RFC 1035 2.3.4 and RFC 5891 4.4: 63 octets as an A-label"
    yield accepted(
        "jo@" + "ü" * 57 + ".com", source, "jo@xn--" + ("ü" * 57).encode("punycode").decode() + ".com"
    )
    for label in ("ü" * 60, "字" * 59, "пример" * 12):
        yield Row(f"jo@{label}.com", "domain_too_long", "", source)


def whole_lengths() -> Iterator[Row]:
    """Whole addresses around their limits, before and after the clean-up."""
    source = "RFC 3696 erratum 1690: 254 octets in all"
    labels = ".".join(["a" * 63, "b" * 63, "c" * 57, "com"])
    for length in (1, 63, 64):
        yield accepted("x" * length + "@" + labels, source)
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 56, "com"])
    yield accepted("x@" + longest, source)
    yield accepted("X@" + longest.upper(), source)
    yield Row("xx@" + longest, "too_long", "", source)
    yield Row("jo@" + ".".join(["字" * 20] * 5) + ".com", "domain_too_long", "", source + ", in UTF-8")
    a_label = "xn--" + ("字" * 20).encode("punycode").decode()
    yield Row("jo@" + ".".join([a_label] * 5) + ".com", "domain_too_long", "", source + ", with U-labels")
    yield accepted("jo@" + ".".join([a_label] * 4) + ".com", source + ", with U-labels")
    source = "our rule: 254 characters after the clean-up, 4,096 before it"
    yield accepted(" " * 300 + "jo@example.com", source, "jo@example.com")
    yield accepted("jo@example.com" + " " * 4082, source, "jo@example.com")
    yield Row("jo@example.com" + " " * 4083, "too_long", "", source)
    yield Row(" " * 4096, "missing", "", source)
    yield Row(" " * 4097, "too_long", "", source)
    for unit in ("a", "@", ".", "<", '"', "\u0301", "字", "a@example.com,", "\x00", "\ud800"):
        yield Row(unit * (300 // len(unit) + 1), "too_long", "", source)


def rows() -> list[Row]:
    """All rows, each address once: the reviewed ones, then the derived. Raises ValueError if two labels differ."""
    with (FOLDER / "reviewed_addresses.csv").open(newline="", encoding="ascii") as file:
        reviewed = [
            Row(json.loads(each["address"]), each["code"], each["wire_email"], each["source"])
            for each in csv.DictReader(file)
        ]
    found: dict[str, Row] = {}
    derived = (ascii_in_local_part, ascii_in_domain, invisible_characters, part_lengths, whole_lengths)
    for part in (reviewed, *(make() for make in derived)):
        for row in part:
            if found.setdefault(row.address, row)[1:3] != row[1:3]:
                raise ValueError(f"two labels for one address: {found[row.address]} and {row}")
    return list(found.values())


def main() -> None:
    """Write the file beside this one."""
    with (FOLDER / "labelled_addresses.csv").open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("address", "verdict", "code", "wire_email", "source"))
        for address, code, wire, source in rows():
            writer.writerow((json.dumps(address), "rejected" if code else "accepted", code, wire, source))


if __name__ == "__main__":
    main()
