"""The command `hubspot-sync`. Subcommands load when they are called: help and `validate` need no dbt."""

from __future__ import annotations

import importlib
import sys
import traceback
from importlib.metadata import version

import click

from sync.errors import EXIT_CODES, SyncError
from sync.masking import mask_all

_COMMANDS = {
    "plan": ("sync.cli.sync_commands", "Show what a run would change; send nothing."),
    "run": ("sync.cli.sync_commands", "Make HubSpot's lists agree with the audience."),
    "status": ("sync.cli.status", "Show the newest runs."),
    "insights": ("sync.cli.insights", "Show how many customers each segment has and what they are worth."),
    "doctor": ("sync.cli.doctor", "Check everything a first run needs; write nothing."),
    "verify": ("sync.cli.verify", "Compare HubSpot's lists with the ledger, or make them agree."),
    "compact": ("sync.cli.compact", "Drop rows of the state that no view needs any more."),
    "validate": ("sync.cli.validate", "Judge addresses from a file or stdin; needs no warehouse."),
    "explain": ("sync.cli.explain", "Say why a customer is, or is not, on a list."),
    "forget": ("sync.cli.forget", "Take a person off the lists and out of the ledger."),
}
_EXITS = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 for the type checker
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The inherited one would load every subcommand for its first line.
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    epilog=f"\b\nExit codes:\n{_EXITS}\n\n\b\nEnvironment:\n"
    "  HUBSPOT_ACCESS_TOKEN  token of a service key or private app\n"
    "  HUBSPOT_PORTAL_ID     the portal this job may write to\n"
    "  HUBSPOT_BASE_URL      default https://api.hubapi.com\n"
    "  HUBSPOT_API_VERSION   v3 (default), 2026-03 or 2026-09",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(version("hubspot-sync"), prog_name="hubspot-sync")
def cli() -> None:
    """Keep HubSpot's static lists equal to the audiences of a dbt project.

    It updates contacts that exist and never creates one. The warehouse is that of the dbt profile.
    """


def main() -> None:
    """Run the command and turn errors into sentences and exit codes."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SyncError as error:
        click.echo(f"hubspot-sync: {mask_all(str(error))} [{error.code}]", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("hubspot-sync: interrupted.", err=True)
        sys.exit(130)
    except Exception:
        # A value in the text of an error may be an address.
        click.echo(mask_all(traceback.format_exc()), err=True)
        click.echo("hubspot-sync: this is a bug; please report the lines above.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
