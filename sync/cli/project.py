"""The options that name a dbt project, and the warehouse behind it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from sync.console import Console
from sync.log import JsonLog

_OPTIONS = (
    click.option("--project-dir", metavar="DIR", help="Folder of dbt_project.yml; default: as dbt finds it."),
    click.option("--profiles-dir", metavar="DIR", help="Folder of profiles.yml; default: as dbt finds it."),
    click.option("-t", "--target", metavar="NAME", help="dbt target; default: the profile's."),
    click.option("--vars", "dbt_vars", metavar="YAML", help="dbt vars, as for dbt's own --vars."),
)


@dataclass(frozen=True, slots=True)
class Project:
    """Where the dbt project is; None leaves the choice to dbt."""

    project_dir: str | None
    profiles_dir: str | None
    target: str | None
    dbt_vars: str | None

    @contextmanager
    def open(self, listener: JsonLog | Console) -> Iterator[Any]:
        """Parse the project and give its warehouse, closed afterwards. Raises `SettingsError`."""
        # Importing dbt takes more than a second, which help texts must not cost.
        from sync.warehouse import Warehouse

        warehouse = Warehouse(
            project_dir=self.project_dir,
            profiles_dir=self.profiles_dir,
            target=self.target,
            dbt_vars=self.dbt_vars,
            tell=listener.tell,
            say=listener.say,
        )
        try:
            yield warehouse
        finally:
            warehouse.close()


def project_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the project's options as one argument `project`."""

    @functools.wraps(command)
    def with_project(
        project_dir: str | None,
        profiles_dir: str | None,
        target: str | None,
        dbt_vars: str | None,
        **options: Any,
    ) -> Any:
        return command(Project(project_dir, profiles_dir, target, dbt_vars), **options)

    wrapped: Callable[..., Any] = with_project
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
