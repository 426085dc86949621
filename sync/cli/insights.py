"""`insights`: segments in figures, from the warehouse alone."""

from __future__ import annotations

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.console import Console
from sync.errors import SettingsError
from sync.insights import as_json, as_text

_MODELS = ("segment_insights", "segment_overlaps")
_RESULTS = "campaign_results"


@click.command()
@project_options
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
def insights(project: Project, json_wanted: bool) -> None:
    """Show how many customers each segment has, how they can be reached and what they are worth.

    Below, what came of the campaigns, if there are any. The figures are those of the last build, as of the time
    that is shown.
    """
    from sync.figures import Figures

    with Console() as console, project.open(console) as warehouse:
        if not warehouse.call("hubspot_segments"):
            raise SettingsError(
                "no_segments",
                "The dbt project declares no segment.",
                "Name your segments' models in var hubspot_segments, then run `dbt build`.",
            )
        warehouse.check_built(_MODELS)
        found = Figures(warehouse).insights(bool(warehouse.built_models([_RESULTS])))
    show(as_json(found) if json_wanted else as_text(found))
