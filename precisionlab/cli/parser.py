"""The command line as a whole; importing it imports nothing heavy."""

import argparse
from collections.abc import Sequence
from typing import Any

from precisionlab.cli.grammar import (
    compare_grammar,
    config_grammar,
    explain_grammar,
    formats_grammar,
    inspect_grammar,
    list_grammar,
    open_grammar,
    recipe_grammar,
    report_grammar,
    scan_grammar,
    sum_grammar,
    tolerance_grammar,
)
from precisionlab.cli.grammar.argument_parser import Parser
from precisionlab.cli.grammar.flags import EPILOG
from precisionlab.cli.output import put

SHELLS = ("bash", "zsh", "tcsh")
GRAMMARS = (
    open_grammar,
    scan_grammar,
    compare_grammar,
    report_grammar,
    recipe_grammar,
    list_grammar,
    explain_grammar,
    config_grammar,
    formats_grammar,
    inspect_grammar,
    sum_grammar,
    tolerance_grammar,
)
"""One a command, in the order of the help."""


class VersionAction(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        del namespace, values, option_string
        from importlib.metadata import version  # noqa: PLC0415 - slow, and rarely wanted

        put(f"precisionlab {version('precisionlab')}")
        parser.exit()


class CompletionAction(argparse.Action):
    """Prints a completion script for a shell."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        del namespace, option_string
        import shtab  # noqa: PLC0415 - slow, and rarely wanted

        put(shtab.complete(build_parser(), shell=str(values)))
        parser.exit()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says; after `--help` and the like the process ends.

    Raises:
        UsageError: it says what is not understood.
    """
    return build_parser().parse_args(arguments)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(
        prog="precisionlab",
        description="The microscope and the linter for the numbers inside model weights.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=VersionAction, nargs=0, help="print the version and exit")
    parser.add_argument(
        "--print-completion", action=CompletionAction, choices=SHELLS, help="print a completion script for a shell"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for grammar in GRAMMARS:
        grammar.add(commands.add_parser)
    return parser
