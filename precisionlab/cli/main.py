"""The entry point: parse, call the command, turn errors into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.parser import build_parser
from precisionlab.errors import PrecisionlabError

COMMANDS = {
    "scan": "precisionlab.cli.scan_command",
    "list": "precisionlab.cli.list_command",
    "explain": "precisionlab.cli.explain_command",
    "formats": "precisionlab.cli.formats_command",
    "inspect": "precisionlab.cli.inspect_command",
}


class Command(Protocol):
    """What the module of a command looks like."""

    def run(self, arguments: argparse.Namespace) -> ExitCode:
        """Do it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the return value is the process' exit code."""
    parsed = build_parser().parse_args(arguments)
    command = cast("Command", import_module(COMMANDS[parsed.command]))
    try:
        code = command.run(parsed)
        sys.stdout.flush()
    except PrecisionlabError as error:
        messages.error(str(error))
        return ExitCode.FAILURE
    except KeyboardInterrupt:
        messages.note("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILURE
    return code
