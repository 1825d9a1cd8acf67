"""The entry point: parse, call the command, turn errors into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.interrupts import interrupted_once
from precisionlab.cli.parser import parse
from precisionlab.cli.settled import about_its_place, settled
from precisionlab.cli.terminal import is_interactive
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable

COMMANDS = {
    "open": "precisionlab.cli.open_command",
    "scan": "precisionlab.cli.scan_command",
    "compare": "precisionlab.cli.compare_command",
    "report": "precisionlab.cli.report_command",
    "recipe": "precisionlab.cli.recipe_command",
    "list": "precisionlab.cli.list_command",
    "explain": "precisionlab.cli.explain_command",
    "config": "precisionlab.cli.config_command",
    "formats": "precisionlab.cli.formats_command",
    "inspect": "precisionlab.cli.inspect_command",
    "tolerance": "precisionlab.cli.tolerance_command",
    "sum": "precisionlab.cli.sum_command",
}


class Command(Protocol):
    """What the module of a command looks like."""

    def run(self, arguments: argparse.Namespace) -> ExitCode:
        """Do it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the return value is the process' exit code.

    Without arguments it is the process' own, which after Ctrl-C ends without waiting for its threads.
    """
    code = exit_code(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and code is ExitCode.INTERRUPTED:
        os._exit(code)  # all is written; a thread that compiles a kernel would be waited for
    return code


def exit_code(arguments: Sequence[str]) -> ExitCode:
    """Run the command; errors become one line."""
    try:
        with interrupted_once():
            return run(arguments)
    except PrecisionlabError as error:
        messages.error(str(error))
    except (KeyboardInterrupt, Exception) as error:
        if was_interrupted(error):
            messages.note("interrupted")
            return ExitCode.INTERRUPTED
        if sys.flags.dev_mode:
            raise
        messages.error(unexpected(error))
    return ExitCode.FAILURE


def run(arguments: Sequence[str]) -> ExitCode:
    """Parse, look into the configuration, and call; on a terminal no arguments at all open the app.

    Raises:
        PrecisionlabError: what was asked for cannot be done.
    """
    asked = settled(parse(arguments or (["open"] if is_interactive() else [])))
    try:
        return cast("Command", import_module(COMMANDS[asked.command])).run(asked)
    except PrecisionlabError as error:
        raise about_its_place(error, asked) from error


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind the error: Python wraps one that comes while a class is made."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or was_interrupted(error.__cause__))


def unexpected(error: BaseException) -> str:
    """One line about an error that nobody foresaw."""
    what = f"{type(error).__name__}: {printable(str(error))}".removesuffix(": ")
    return f"this is a bug in precisionlab ({what}); please report it with what 'python -X dev -m precisionlab' prints"
