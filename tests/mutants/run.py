"""Break each promise on purpose and see a test fail: `make mutants`, or `python tests/mutants/run.py [NAME …]`.

Each `*.patch` beside this file changes one line of the product. It is applied to a copy of the work tree, and the
tests that its header names must fail there. The header is three fields, then a diff of one hunk:

    promise: the promise of the design that is broken, one of PROMISES
    breaks: what is wrong after the patch, in words
    killed by: pytest node ids that must notice, separated by spaces

Line numbers count for nothing: the lines of the hunk must occur exactly once in the file. Fails when a patch no
longer applies, when a test fails without any patch, when a break goes unnoticed, or when a promise has too few.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
PROMISES = (
    "never creates a contact",
    "one bad address never costs a good one",
    "nothing lost, nothing stuck",
    "removes only what it added",
    "the right portal",
    "stops instead of harming",
    "within HubSpot's limits",
    "no address or token outside",
    "absence of evidence removes nobody",
    "one run at a time",
    "erasable",
    "what a person removes by hand is put back",
    "a control group stays one",
)
AT_LEAST = 2  # breaks for each promise
COPIES = 2
LONGEST_SECONDS = 120
LEFT_OUT = (
    ".venv",
    ".git",
    ".demo",
    "target",
    "logs",
    "dbt_packages",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
)


class MutantError(Exception):
    """Something is wrong with a patch or with the tests it names; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break: in the file `path`, the lines `old` become `new`."""

    name: str
    promise: str
    breaks: str
    killers: tuple[str, ...]
    path: str
    old: str
    new: str

    @property
    def needs_host(self) -> bool:
        """Whether a killer uses the shared fixtures, which take seconds to import and set up."""
        return any(_needs_host(killer) for killer in self.killers)

    def apply(self, text: str) -> str:
        """The broken text. Raises `MutantError` when the lines to change are not there exactly once."""
        if (found := text.count(self.old)) != 1:
            raise MutantError(f"{self.name}.patch does not apply: its lines are {found} times in {self.path}")
        changed = text.replace(self.old, self.new)
        if self.path.endswith(".py"):
            compile(changed, self.path, "exec")
        return changed


def _needs_host(killer: str) -> bool:
    return "tests.host" in (ROOT / killer.partition("::")[0]).read_text(encoding="utf-8")


def read_patch(patch: Path) -> Mutant:
    """A patch file as a mutant. Raises `MutantError`."""
    header, separator, diff = patch.read_text(encoding="utf-8").partition("--- a/")
    fields = dict(re.findall(r"^([a-z ]+): (.+)$", header, re.MULTILINE))
    target = re.match(r"(\S+)\n\+\+\+ b/(\S+)\n@@.*\n", diff)
    if not separator or set(fields) != {"promise", "breaks", "killed by"} or not target:
        raise MutantError(f"{patch.name} lacks a header field or is no diff")
    lines = diff[target.end() :].splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    if fields["promise"] not in PROMISES:
        raise MutantError(f"{patch.name} breaks no promise known here: {fields['promise']}")
    if any(line[0] not in " -+" for line in lines) or sum(line[0] == "-" for line in lines) != 1:
        raise MutantError(f"{patch.name} must change one line, in one hunk")
    killers = tuple(fields["killed by"].split())
    return Mutant(patch.stem, fields["promise"], fields["breaks"], killers, target[2], old, new)


class Copy:
    """A copy of the work tree in which tests run; the code they import is the copy's."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "tree"
        self._temporary = directory / "pytest"
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        # Bytecode is left unwritten: a file that changes twice a second may look unchanged.
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = {**kept, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        self._check_imports()

    def _check_imports(self) -> None:
        script = "import emulator, sync; print(sync.__file__); print(emulator.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        if any(self.root not in Path(line).parents for line in done.stdout.split()):
            raise MutantError(f"the tests would import {done.stdout.split()} and not the copy in {self.root}")

    def pytest(self, killers: Sequence[str], seconds: float) -> tuple[int, str]:
        """Run tests until one fails; the exit code and what pytest wrote."""
        options = ["-x", "-q", "-rf", "-p", "no:cacheprovider", f"--basetemp={self._temporary}"]
        if not any(_needs_host(killer) for killer in killers):
            options.append("--noconftest")
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *killers],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise MutantError(f"{' '.join(killers)}: no end after {seconds:.0f} s") from None
        return process.returncode, output

    def survives(self, mutant: Mutant) -> bool:
        """Whether the tests pass in spite of the break. Raises `MutantError` when they do not even run."""
        target = self.root / mutant.path
        before = target.read_text(encoding="utf-8")
        target.write_text(mutant.apply(before), encoding="utf-8")
        try:
            code, output = self.pytest(mutant.killers, LONGEST_SECONDS)
        finally:
            target.write_text(before, encoding="utf-8")
        if code == 0:
            return True
        # Only a failed test counts: an error in a fixture or an import may have any reason.
        if code != 1 or not re.search(r"^FAILED ", output, re.MULTILINE):
            raise MutantError(f"{mutant.name}: the tests did not run (exit code {code}):\n{output[-2000:]}")
        return False


def check_killers(copies: Sequence[Copy], mutants: Sequence[Mutant]) -> None:
    """Run every killer without a break. Raises `MutantError` when one fails then already."""
    killers = dict.fromkeys(killer for mutant in mutants for killer in mutant.killers)
    groups = [
        [each for each in killers if _needs_host(each)],
        [each for each in killers if not _needs_host(each)],
    ]
    with ThreadPoolExecutor(len(groups)) as pool:
        runs = [
            pool.submit(copy.pytest, group, 3 * LONGEST_SECONDS)
            for copy, group in zip(copies, groups, strict=True)
            if group
        ]
    for code, output in (run.result() for run in runs):
        if code != 0:
            raise MutantError(f"tests fail without any break:\n{output[-3000:]}")


def try_all(copies: Sequence[Copy], mutants: Sequence[Mutant]) -> list[str]:
    """Try every mutant, those with slow tests first; one line about each that was not killed."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_one(mutant: Mutant) -> str | None:
        copy = free.get()
        started = time.monotonic()
        try:
            problem = f"{mutant.name} survived: {mutant.breaks}" if copy.survives(mutant) else None
        except (MutantError, SyntaxError) as error:
            problem = str(error)
        finally:
            free.put(copy)
        say(
            f"{'killed' if problem is None else 'NOT KILLED':<10} {time.monotonic() - started:5.1f} s  {mutant.name}"
        )
        return problem

    with ThreadPoolExecutor(len(copies)) as pool:
        problems = list(pool.map(try_one, sorted(mutants, key=lambda each: not each.needs_host)))
    return [problem for problem in problems if problem]


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(names: Sequence[str]) -> int:
    """Try the mutants of these names, or all; the exit code."""
    started = time.monotonic()
    try:
        mutants = [read_patch(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]
        few = [promise for promise in PROMISES if sum(each.promise == promise for each in mutants) < AT_LEAST]
        if few:
            raise MutantError(f"fewer than {AT_LEAST} breaks for: {'; '.join(few)}")
        chosen = [each for each in mutants if not names or each.name in names]
        with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
            copies = [Copy(Path(directory) / str(number)) for number in range(COPIES)]
            check_killers(copies, chosen)
            say(f"all tests pass without a break ({time.monotonic() - started:.0f} s)")
            problems = try_all(copies, chosen)
    except MutantError as error:
        say(str(error))
        return 1
    for problem in problems:
        say(f"\n{problem}")
    say(
        f"\n{len(chosen) - len(problems)} of {len(chosen)} breaks noticed in {time.monotonic() - started:.0f} s"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
