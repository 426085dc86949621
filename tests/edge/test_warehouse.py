"""The warehouse behind a dbt profile, on DuckDB and PostgreSQL: rows in, rows out, and errors as sentences."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.errors import SettingsError, WarehouseError
from sync.ledger import Ledger
from sync.warehouse import Warehouse
from tests.host import Host

LISTS = ["portal_id", "list_name", "list_id", "adopted", "recorded_at", "step"]
OBSERVATIONS = ["portal_id", "list_id", "contact_id", "present", "step"]
AWKWARD = [
    "O'Brien's \"best\"",
    "100 % {{ of }} {% jinja %}",
    "back\\slash \\' and ? and :name and %s and %(name)s",
    "two\nlines\tand a tab",
    "Ünïcode ☂ 日本 \U0001f600 \u202ebidi",
    "",
    "-- a comment; drop table lists; /* */",
    "x" * 10_000,
]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def built(hosts: dict[str, Host], request: pytest.FixtureRequest) -> Host:
    host = hosts[request.param]
    host.reset()
    return host


@pytest.fixture
def host(built: Host) -> Host:
    for table in ("lists", "member_observations"):
        built.query(f"delete from team_hubspot_sync.{table}")
    return built


def state(host: Host, table: str) -> str:
    return str(host.warehouse.call("hubspot_state_relation", name=table))


def observe(host: Host, ids: Sequence[str], present: Any = 1) -> None:
    rows = [("1", "811", each, present, 100) for each in ids]
    host.warehouse.append(state(host, "member_observations"), OBSERVATIONS, rows)


def observed(host: Host) -> list[str]:
    rows = host.query("select contact_id from team_hubspot_sync.member_observations order by contact_id")
    return [contact_id for (contact_id,) in rows]


class TestAppending:
    @pytest.mark.parametrize("text", AWKWARD)
    def test_any_text_comes_back_as_it_was(self, host: Host, text: str) -> None:
        ledger = Ledger(host.warehouse)
        ledger.record_list(text, text, "811", adopted=True, step=101)
        (recorded,) = ledger.recorded_lists(text).values()
        assert (recorded.list_name, recorded.list_id, recorded.adopted) == (text, "811", True)
        assert ledger.recorded_lists(text + "'") == {}

    def test_any_text_can_be_an_argument(self, host: Host) -> None:
        """List names reach the statements of the plan as literals."""
        Ledger(host.warehouse).prepare_audience_rows()
        assert Ledger(host.warehouse).prepare_lookups(AWKWARD) == 0

    def test_numbers_times_and_nothing_come_back_as_they_were(self, host: Host) -> None:
        moment = datetime(2026, 11, 1, 12, 30, 15, 123456)  # noqa: DTZ001 the columns hold no zone
        rows = [("1", None, "811", 0, moment, 2**62), ("1", None, None, 1, moment, 100)]
        host.warehouse.append(state(host, "lists"), LISTS, rows)
        found = host.query("select * from team_hubspot_sync.lists order by adopted")
        assert [tuple(row) for row in found] == rows

    @pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
    def test_every_row_arrives_once(self, host: Host, count: int) -> None:
        ids = [f"{n:06}" for n in range(count)]
        observe(host, ids)
        assert observed(host) == ids

    def test_members_of_a_list_arrive_once_in_fewer_pieces_than_there_are_pages(
        self, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = [f"{n:06}" for n in range(10_100)]
        sizes: list[int] = []
        append = host.warehouse.append

        def counted(relation: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
            sizes.append(len(rows))
            append(relation, columns, rows)

        monkeypatch.setattr(host.warehouse, "append", counted)
        ledger = Ledger(host.warehouse)
        ledger.prepare_members()
        pages = (ids[start : start + 250] for start in range(0, len(ids), 250))
        ledger.record_reading("1", "811", pages, 101)
        assert sizes == [5_000, 5_000, 100]
        assert observed(host) == ids

    def test_a_failed_append_leaves_nothing_and_the_next_one_works(self, host: Host) -> None:
        with pytest.raises(WarehouseError) as failed:
            observe(host, ["1"] * 5, present="ann@example.com")
        assert failed.value.exit_code == 7
        assert "ann@example.com" not in str(failed.value)
        assert failed.value.__suppress_context__
        observe(host, ["2"])
        assert observed(host) == ["2"]


class TestReading:
    IDS = tuple(f"{n:02}" for n in range(25))

    def test_a_model_comes_in_chunks(self, host: Host) -> None:
        observe(host, self.IDS)
        with host.warehouse.stream_model("hubspot_members", ["contact_id", "list_id"], size=10) as chunks:
            read = list(chunks)
        assert [len(chunk) for chunk in read] == [10, 10, 5]
        assert sorted(row for chunk in read for row in chunk) == [(each, "811") for each in self.IDS]

    def test_meanwhile_everything_else_works(self, host: Host) -> None:
        observe(host, self.IDS)
        read = 0
        with host.warehouse.stream_model("hubspot_members", ["contact_id"], size=10) as chunks:
            for number, chunk in enumerate(chunks):
                read += len(chunk)
                observe(host, [f"new {number}"])
                assert host.warehouse.rows("hubspot_recorded_lists", portal_id="1") == []
                host.warehouse.execute("hubspot_scratch_members")
        assert read == 25
        assert observed(host)[25:] == ["new 0", "new 1", "new 2"]

    def test_a_reader_that_stops_early_blocks_nothing(self, host: Host) -> None:
        observe(host, self.IDS)
        with host.warehouse.stream_model("hubspot_members", ["contact_id"], size=10) as chunks:
            assert len(next(chunks)) == 10
        host.query("delete from team_hubspot_sync.member_observations")
        with host.warehouse.stream_model("hubspot_members", ["contact_id"], size=10) as chunks:
            assert list(chunks) == []

    def test_settings_come_in_one_call(self, host: Host) -> None:
        settings = host.warehouse.call("hubspot_sync_settings")
        assert (settings["requests_per_10_seconds"], settings["settle_seconds"]) == (100_000, 0)


class TestErrors:
    def test_a_macro_that_is_not_there(self, host: Host) -> None:
        with pytest.raises(WarehouseError, match="no_such_macro"):
            host.warehouse.rows("no_such_macro")

    def test_a_failed_statement_is_undone_and_the_next_one_works(self, host: Host) -> None:
        with pytest.raises(WarehouseError) as failed:
            host.warehouse.execute("hubspot_run_event", run_id="x", event="claimed", columns={"nothing": 1})
        assert "nothing" in str(failed.value)
        assert failed.value.exit_code == 7
        observe(host, ["1"])
        assert observed(host) == ["1"]

    def test_addresses_in_an_engines_words_are_masked(self, host: Host) -> None:
        with pytest.raises(WarehouseError) as failed:
            host.warehouse.execute(
                "hubspot_run_event", run_id="x", event="claimed", columns={"pid": "ann.lee@example.com"}
            )
        assert "ann.lee" not in str(failed.value)
        assert "an***@example.com" in str(failed.value)

    def test_a_model_that_is_nowhere(self, host: Host) -> None:
        with pytest.raises(SettingsError, match="no enabled model no_such_model"):
            host.warehouse.check_built(["no_such_model"])

    def test_a_model_that_is_not_built_or_does_not_build(self, host: Host) -> None:
        host.damage("drop view {models}.hubspot_sync_runs")
        fresh = Warehouse(project_dir=str(host.project), profiles_dir=str(host.project))
        try:
            with pytest.raises(
                WarehouseError, match=r"hubspot_sync_runs is not built in target \w+"
            ) as failed:
                fresh.check_built(["hubspot_audience_lists", "hubspot_sync_runs"])
            assert failed.value.code == "not_built"
            fresh.build("hubspot_sync_runs")
            fresh.check_built(["hubspot_sync_runs"])
            host.damage("drop table {models}.raw_wanted cascade")
            with pytest.raises(
                WarehouseError, match="dbt build --select audience failed: audience"
            ) as failed:
                fresh.build("audience")
            assert failed.value.code == "build_failed"
        finally:
            fresh.close()
            host.reset()


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has the DuckDB file open until it is terminated."""
    script = f"import duckdb; held = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.terminate()


class TestAHeldFile:
    def test_is_waited_for(self, duckdb_host: Host) -> None:
        duckdb_host.warehouse.rows("hubspot_newest_portal")
        with held(duckdb_host.duckdb_path) as other:
            with pytest.raises(duckdb.IOException):
                duckdb.connect(str(duckdb_host.duckdb_path))
            release = threading.Timer(0.1, other.terminate)
            release.start()
            assert duckdb_host.warehouse.rows("hubspot_newest_portal") == []
            release.join()

    def test_is_an_error_in_the_end(self, duckdb_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sync.statements._HELD_FILE_WAITS", (0.01, 0.01))
        with held(duckdb_host.duckdb_path):
            with pytest.raises(WarehouseError, match="Another process holds the DuckDB file") as failed:
                duckdb_host.warehouse.rows("hubspot_newest_portal")
            assert failed.value.code == "held_file"
        assert duckdb_host.warehouse.rows("hubspot_newest_portal") == []


class TestAProjectThatIsNone:
    @staticmethod
    def project(directory: Path, content: dict[str, Any]) -> dict[str, Any]:
        output = {"type": "duckdb", "path": str(directory / "w.duckdb")}
        profile = {"p": {"target": "a", "outputs": {"a": output}}}
        (directory / "profiles.yml").write_text(json.dumps(profile))
        (directory / "dbt_project.yml").write_text(json.dumps({"name": "p", "profile": "p", **content}))
        return {"project_dir": str(directory), "profiles_dir": str(directory)}

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="dbt cannot read the project") as refused:
            Warehouse(project_dir=str(tmp_path), profiles_dir=str(tmp_path))
        assert refused.value.exit_code == 2

    def test_a_target_that_is_not_in_the_profile(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="nowhere"):
            Warehouse(**self.project(tmp_path, {}), target="nowhere")

    def test_vars_that_are_no_yaml(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            Warehouse(**self.project(tmp_path, {}), dbt_vars="{a: [")

    def test_a_project_without_the_package(self, tmp_path: Path) -> None:
        flags = {"send_anonymous_usage_stats": False}
        with pytest.raises(SettingsError, match="does not contain the package hubspot_sync"):
            Warehouse(**self.project(tmp_path, {"flags": flags}))
