"""`precisionlab open`: the app, in the terminal or served to a browser."""

import argparse
import asyncio
import atexit
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.terminal import can_draw
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

if TYPE_CHECKING:
    from precisionlab.scanning.settings import Settings

SERVED = "TEXTUAL_DRIVER"
"""Set where the app draws into something else than a terminal, as `--web` has it."""
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def run(arguments: argparse.Namespace) -> ExitCode:
    """Show the app until its user quits; then the process ends here, whatever threads are still at.

    Raises:
        PrecisionlabError: bad usage, no terminal, or no server installed.
    """
    settings = settings_of(arguments)
    if arguments.theme is not None:
        check_theme(arguments.theme)
    if not arguments.web:
        if not can_draw() and SERVED not in os.environ:
            raise UsageError("", "the app needs a terminal", "see precisionlab scan --help for use in scripts")
        leave(show(arguments, settings))
    from precisionlab.cli.serving import serve  # noqa: PLC0415 - rarely wanted

    return serve(arguments)


def settings_of(arguments: argparse.Namespace) -> "Settings | None":
    """With what a checkpoint is read and measured; None where nothing is said of it, which needs no imports.

    What `auto` stands for is found out when a checkpoint is open.

    Raises:
        UsageError: a wrong value.
    """
    if not (arguments.device or arguments.memory or arguments.threads or arguments.against):
        return None
    from precisionlab.cli.plan import Said, memory_bytes, thread_count  # noqa: PLC0415 - with it comes numpy
    from precisionlab.scanning.devices import resolve_device  # noqa: PLC0415
    from precisionlab.scanning.settings import Settings  # noqa: PLC0415

    return Settings(
        device="auto" if arguments.device in {None, "auto"} else resolve_device(arguments.device, "--device"),
        memory_bytes=memory_bytes(Said(arguments.memory, "--memory")),
        threads=thread_count(Said(arguments.threads, "--threads")),
        against=arguments.against or None,
    )


def check_theme(name: str) -> None:
    """See that there is such a theme.

    Raises:
        UsageError: there is none; the nearest is suggested.
    """
    from textual.theme import BUILTIN_THEMES  # noqa: PLC0415 - only where one is asked for

    from precisionlab.analysis.options import nearest  # noqa: PLC0415

    if name not in BUILTIN_THEMES:
        raise UsageError("--theme", f"there is no theme {printable(name, 40)}", nearest(name, BUILTIN_THEMES))


def show(arguments: argparse.Namespace, settings: "Settings | None") -> ExitCode:
    """Run the app to its end."""
    from precisionlab.tui.app import PrecisionlabApp  # noqa: PLC0415 - the grammar must not wait for it
    from precisionlab.tui.settings import settings_path  # noqa: PLC0415

    app = PrecisionlabApp(arguments.path, settings, theme=arguments.theme, file=settings_path())
    loop = asyncio.new_event_loop()
    for number in ENDING:
        loop.add_signal_handler(number, app.exit, None, ExitCode.INTERRUPTED)
    app.run(loop=loop)  # a loop of our own is not closed: that would wait for threads
    app.finish()
    if app.return_code == ExitCode.INTERRUPTED:
        return ExitCode.INTERRUPTED
    return ExitCode.FAILURE if app.return_code else ExitCode.OK


def leave(code: ExitCode) -> NoReturn:
    """End the process without waiting for threads, which may be deep in native code; temporary files go."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    atexit._run_exitfuncs()  # noqa: SLF001 - what `sys.exit` calls, after the threads
    os._exit(code)
