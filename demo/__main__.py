"""The main job from beginning to end, on DuckDB and the HubSpot emulator: what `make demo` runs.

It works in the folder `.demo` with a cleared environment, so that no setting of yours matters and nothing
of yours is touched: no token, no profile, no warehouse. It ends with code 1 when one of HubSpot's lists is not
exactly right or a contact was created.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from demo.make_seeds import AS_OF
from demo.weeks_later import WEEKS

ROOT = Path(__file__).resolve().parents[1]
SCRATCH = ROOT / ".demo"
BIN = Path(sys.executable).parent
# The demo's processes end with it, so a dead run's requests cannot land later.
VARS = "{{as_of: '{as_of}', hubspot_settle_seconds: 0}}"
PROJECT = ("dbt_project.yml", "macros", "models", "seeds", "tests/dbt")


def main() -> int:
    """Run every step and return the exit code."""
    started = time.monotonic()
    prepare()
    with emulator() as url:
        environment = cleared_environment(url)
        title("1. Build the models: three sources become customers, segments, campaigns, an audience")
        build(environment)
        title("2. Plan: what would change? Nothing is sent")
        run(environment, "hubspot-sync", "plan", *options())
        title("3. Run: make HubSpot's lists agree")
        run(environment, "hubspot-sync", "run", *options())
        ok = check(environment, url, ROOT / "seeds")
        title("4. Run again: nothing to do, so no contact is read or written")
        run(environment, "hubspot-sync", "run", *options())
        title("5. A day later people have left, joined and changed their address; build and run in one")
        change_seeds(environment, "demo.make_seeds", "--day", "2")
        run(environment, "hubspot-sync", "run", "--build", *options())
        ok = check(environment, url, ROOT / "seeds", SCRATCH / "seeds") and ok
    title("6. Four weeks later people have bought: the segments and what came of the campaigns")
    later = (datetime.now(UTC) + WEEKS).strftime("%Y-%m-%d %H:%M:%S")
    folders = [str(ROOT / "seeds"), str(SCRATCH / "seeds")]
    change_seeds(environment, "demo.weeks_later", "--as-of", later, "--seeds", *folders)
    build(environment, "--select", "shop_orders+", as_of=later)
    run(environment, "hubspot-sync", "insights", *options(later))
    title("Look around")
    print("  cd .demo")
    print("  ../.venv/bin/hubspot-sync status")
    print("  ../.venv/bin/dbt show --select hubspot_rejected_emails")
    print(f"\nThe demo took {time.monotonic() - started:.0f} s.")
    if not ok:
        print("HubSpot's lists are WRONG: see above.")
    return 0 if ok else 1


def prepare() -> None:
    """Lay the project out anew in the scratch folder."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir()
    for name in PROJECT:
        source, copy = ROOT / name, SCRATCH / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
    shutil.copy(ROOT / "profiles.example.yml", SCRATCH / "profiles.yml")


def cleared_environment(url: str) -> dict[str, str]:
    """Only what the demo needs; nothing of the caller's reaches dbt or the job."""
    if urlsplit(url).hostname != "127.0.0.1":
        raise SystemExit(f"The demo talks to this machine only, not to {url}.")
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(SCRATCH),
        "LANG": "C.UTF-8",
        "TERM": os.environ.get("TERM", "dumb"),
        "COLUMNS": os.environ.get("COLUMNS", "110"),
        "HUBSPOT_BASE_URL": url,
        "HUBSPOT_ACCESS_TOKEN": "a-token-for-the-demo",
        "HUBSPOT_PORTAL_ID": "12345678",
    }


@contextmanager
def emulator() -> Iterator[str]:
    """A strict HubSpot with the contacts of demo/contacts.csv, on a free port; gives its base URL."""
    command = [
        sys.executable,
        "-m",
        "emulator",
        "--port",
        "0",
        "--contacts",
        str(ROOT / "demo" / "contacts.csv"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 a pipe was asked for
            url = process.stdout.readline().strip()
            if not url:
                raise SystemExit("The emulator did not start; its message is above.")
            print(f"A HubSpot emulator with the contacts of demo/contacts.csv listens on {url}")
            yield url
        finally:
            process.terminate()


def options(as_of: str = AS_OF) -> list[str]:
    """The options of every command; project and profile are found in the working directory."""
    return ["--vars", VARS.format(as_of=as_of)]


def change_seeds(environment: dict[str, str], module: str, *arguments: str) -> None:
    """Let time pass in the demo's sources."""
    command = ["python", "-m", module, *arguments, "--out", str(SCRATCH / "seeds")]
    run(environment, *command, quiet=True)


def build(environment: dict[str, str], *selection: str, as_of: str = AS_OF) -> None:
    """Run `dbt build` and show its last line; all of its lines when it fails."""
    command = ["dbt", "--no-use-colors", "build", *selection, *options(as_of)]
    print(f"$ {shown(command)}")
    done = subprocess.run(command, env=environment, cwd=SCRATCH, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}\ndbt build failed.")
    print(done.stdout.strip().splitlines()[-1])


def run(environment: dict[str, str], *command: str, quiet: bool = False) -> None:
    """Run one command in the scratch folder, with its output here; stop the demo when it fails."""
    print(f"$ {shown(command)}", flush=True)
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, env=environment, cwd=SCRATCH, stdout=output, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with exit code {done.returncode}.")


def check(environment: dict[str, str], url: str, *seeds: Path) -> bool:
    """Compare HubSpot's lists with the truth, recomputed from the source files of every build alone."""
    print("\nIndependent check, from the seeds and the contacts file alone:", flush=True)
    files = ["--seeds", *map(str, seeds), "--contacts", str(ROOT / "demo" / "contacts.csv")]
    command = [sys.executable, "-m", "demo.check", *files, "--hubspot", url, "--as-of", AS_OF]
    return subprocess.run(command, env=environment, cwd=SCRATCH, check=False).returncode == 0


def shown(command: list[str] | tuple[str, ...]) -> str:
    """A command as a person would type it, without the options that repeat."""
    words = [word for word in command if word != "--vars" and not word.startswith("{as_of: ")]
    return " ".join(
        word.replace(f"{SCRATCH}{os.sep}", "").replace(f"{ROOT}{os.sep}", "../") for word in words
    )


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n=== {text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
