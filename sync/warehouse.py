"""Reach the warehouse that a dbt profile points to, through dbt's own adapter.

The only module that imports dbt. It parses and builds the project, finds its models and renders its macros into
statements; what the rows mean is the ledger's business.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dbt.adapters.factory import FACTORY, reset_adapters
from dbt.cli.main import dbtRunner
from dbt.context.providers import generate_runtime_macro_context
from dbt_common.exceptions import CompilationError

from sync.drivers import Row
from sync.errors import SettingsError, SyncError, WarehouseError
from sync.masking import mask_all
from sync.statements import Statements
from sync.translations import explained, failures, node_count, reason, said

PACKAGE = "hubspot_sync"
_NODE_RESULTS = {"LogModelResult", "LogSeedResult", "LogTestResult", "LogSnapshotResult"}


class Warehouse:
    """The warehouse of one dbt project and target.

    `project_dir`, `profiles_dir` and `target` are dbt's; None leaves dbt its own defaults. `dbt_vars` is
    text for dbt's `--vars`. While dbt builds, `tell` hears how many nodes are done
    and `say` what dbt warns of.
    Raises `SettingsError` when the project does not parse.
    """

    def __init__(
        self,
        *,
        project_dir: str | None = None,
        profiles_dir: str | None = None,
        target: str | None = None,
        dbt_vars: str | None = None,
        tell: Callable[..., None] = lambda event, **fields: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._arguments = _arguments(project_dir, profiles_dir, target, dbt_vars)
        self._tell = tell
        self._say = say
        self._manifest: Any = None
        self._registered: Any = None
        self._statements = Statements(lambda: self._adapter)
        # dbt gives each thread a connection of its own. One thread owns every write and every short question,
        # so that a stream on the caller's thread stays open meanwhile.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="warehouse")
        outcome = self._dbt("parse")
        if not outcome.success:
            raise SettingsError(
                "dbt_project",
                f"dbt cannot read the project: {reason(outcome)}",
                "Mend it, or name the right folder with --project-dir and --profiles-dir.",
            )
        self._manifest = outcome.result
        if not any(node.package_name == PACKAGE for node in self._manifest.macros.values()):
            raise SettingsError(
                "dbt_package",
                f"The dbt project does not contain the package {PACKAGE}.",
                "Add it to packages.yml and run `dbt deps`, or name the right folder with --project-dir.",
            )

    def _dbt(self, *arguments: str, callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
        # No file log: at debug level dbt writes down the text of statements.
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
        with contextlib.suppress(Exception):
            reset_adapters()  # type: ignore[no-untyped-call]
        runner = dbtRunner(manifest=self._manifest, callbacks=list(callbacks))
        outcome = runner.invoke([*quiet, *arguments, *self._arguments])
        self._registered = next(iter(FACTORY.adapters.values()), None)
        return outcome

    @property
    def _adapter(self) -> Any:
        # Each dbt invocation empties the adapter registry, also one of somebody else in this process: an adapter
        # that is not the one our own last invocation left would reach another warehouse.
        if FACTORY.adapters.get(self._manifest.metadata.adapter_type) is not self._registered:
            self._dbt("parse")
        return self._registered

    def build(self, selection: str) -> None:
        """Run `dbt build --select` on a selection. Raises `WarehouseError` when a node fails."""

        def listen(event: Any) -> None:
            if event.info.name in _NODE_RESULTS:
                self._tell("building", done=event.data.index, total=node_count(event.data))
            if event.info.level in ("warn", "error") and event.info.msg.strip():
                self._say(mask_all(event.info.msg.strip()))

        outcome = self._dbt("build", "--select", selection, callbacks=[listen])
        if not outcome.success:
            raise WarehouseError(
                "build_failed",
                f"dbt build --select {selection} failed: {failures(outcome)}",
                "Mend the models; nothing was sent.",
            )

    def call(self, macro: str, **arguments: object) -> Any:
        """Return what a macro of the package returns. Raises `WarehouseError`."""
        return self._worker.submit(self._call, macro, arguments).result()

    def _call(self, macro: str, arguments: dict[str, object]) -> Any:
        with self._errors(macro):
            adapter = self._adapter
            adapter.set_macro_context_generator(generate_runtime_macro_context)
            # Rendering opens no connection: dbt opens one only when a handle is asked for.
            with adapter.connection_named("macro"):
                return adapter.execute_macro(
                    macro, macro_resolver=self._manifest, project=PACKAGE, kwargs=arguments
                )

    def rows(self, macro: str, **arguments: object) -> list[Row]:
        """Run the statement that a macro renders and return all its rows: for small answers."""
        return self._worker.submit(self._rows, macro, arguments).result()

    def _rows(self, macro: str, arguments: dict[str, object]) -> list[Row]:
        statement = str(self._call(macro, arguments))
        with self._errors("read"), self._statements.reading(statement, 10_000) as chunks:
            return [row for chunk in chunks for row in chunk]

    def rows_bound(self, macro: str, values: Sequence[str | None], **arguments: object) -> list[Row]:
        """Like `rows`, for a statement with bound values, written `$1`, `$2`, …: none is ever logged or stored."""
        return self._worker.submit(self._rows_bound, macro, values, arguments).result()

    def _rows_bound(
        self, macro: str, values: Sequence[str | None], arguments: dict[str, object]
    ) -> list[Row]:
        statement = str(self._call(macro, arguments))
        with self._errors("read"):
            return self._statements.read_bound(statement, values)

    @contextlib.contextmanager
    def stream_model(
        self, model: str, columns: Sequence[str], *, size: int = 10_000
    ) -> Iterator[Iterator[list[Row]]]:
        """Give columns of a model in chunks of `size`; meanwhile everything else may be called."""
        statement = f"select {', '.join(columns)} from {self._relation_name(model)}"  # noqa: S608 names of our own
        with self._errors("read"), self._statements.reading(statement, size) as chunks:
            yield chunks

    def execute(self, macro: str, **arguments: object) -> None:
        """Run the statement or statements that a macro renders, each in a transaction of its own."""
        self._worker.submit(self._execute, macro, arguments).result()

    def _execute(self, macro: str, arguments: dict[str, object]) -> None:
        rendered = self._call(macro, arguments)
        statements = [str(each) for each in (rendered if isinstance(rendered, list) else [rendered])]
        with self._errors("write"):
            self._statements.execute(statements)

    def execute_checked(self, macro: str, check: str, **arguments: object) -> list[Row]:
        """Run the statements of `macro` in one transaction and return the rows of `check` at its end.

        Only when there are none does the transaction stand.
        """
        return self._worker.submit(self._execute_checked, macro, check, arguments).result()

    def _execute_checked(self, macro: str, check: str, arguments: dict[str, object]) -> list[Row]:
        statements = [str(each) for each in self._call(macro, arguments)]
        question = str(self._call(check, {}))
        with self._errors("write"):
            return self._statements.execute_checked(statements, question)

    def append(self, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Append rows to a table in bulk, with bound values: no value is ever logged."""
        if rows:
            self._worker.submit(self._append, relation, columns, rows).result()

    def _append(self, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        with self._errors("append"):
            self._statements.append(relation, columns, rows)

    def check_built(self, models: Sequence[str], mend: str | None = None) -> None:
        """Raise `SettingsError` for a model the project lacks, `WarehouseError` for one that is not built."""
        for model in models:
            if not self._is_built(self._node(model)):
                raise WarehouseError(
                    "not_built",
                    f"The model {model} is not built in target {self.target_name}.",
                    mend or "Run `dbt build`.",
                )

    def built_models(self, models: Sequence[str]) -> set[str]:
        """Those of some models that the project has enabled and that are built."""
        nodes = self._manifest.nodes.values()
        return {
            node.name
            for node in nodes
            if node.resource_type == "model" and node.name in models and self._is_built(node)
        }

    def _is_built(self, node: Any) -> bool:
        with self._errors("check"):
            return self._statements.has_relation(node.database, node.schema, node.alias)

    @property
    def target_name(self) -> str:
        """Name of the dbt target in use."""
        return str(self._adapter.config.target_name)

    def relation_name(self, model: str) -> str:
        """Full name of a model's relation, to show in a statement for people."""
        return self._relation_name(model)

    def _relation_name(self, model: str) -> str:
        return str(self._node(model).relation_name)

    def _node(self, model: str) -> Any:
        for node in self._manifest.nodes.values():
            if node.resource_type == "model" and node.name == model:
                return node
        raise SettingsError(
            "missing_model",
            f"The dbt project has no enabled model {model}.",
            f"Enable the folder models/hubspot of the package {PACKAGE}, or name the right --project-dir.",
        )

    @contextlib.contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except SyncError:
            raise
        except CompilationError as error:
            raise SettingsError(
                "dbt_project", f"dbt cannot read the project: {said(error.msg)}", "Mend it, then run again."
            ) from None
        except Exception as error:
            raise explained(error, doing) from None

    def close(self) -> None:
        """Finish pending writes and let the warehouse go."""
        self._worker.shutdown(wait=True)
        with contextlib.suppress(Exception):
            self._adapter.cleanup_connections()


def _arguments(*values: str | None) -> list[str]:
    names = ("--project-dir", "--profiles-dir", "--target", "--vars")
    return [part for name, value in zip(names, values, strict=True) if value for part in (name, value)]
