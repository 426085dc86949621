"""Check every property file of the dbt project as strictly as dbt can: no deprecated key anywhere.

dbt compares YAML with its schemas only for some warehouses, and Redshift's adapter is the lightest of them. A
parse opens no connection, so made-up credentials do. Exits 1 with dbt's own words if it warns or fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REDSHIFT = {
    "type": "redshift",
    "host": "warehouse.invalid",
    "port": 5439,
    "user": "nobody",
    "password": "none",
    "dbname": "none",
    "schema": "none",
    "threads": 1,
}


def main() -> int:
    """Parse with a fake Redshift target and return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        profile = {"hubspot_sync": {"target": "redshift", "outputs": {"redshift": REDSHIFT}}}
        (scratch / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
        dbt = str(Path(sys.executable).with_name("dbt"))
        command = [
            dbt,
            "--warn-error",
            "--no-version-check",
            "--no-use-colors",
            "--show-all-deprecations",
            "parse",
        ]
        command += ["--project-dir", str(ROOT), "--profiles-dir", name]
        command += ["--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
