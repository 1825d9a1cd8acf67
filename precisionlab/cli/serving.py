"""`precisionlab open --web`: the app in a browser on this machine."""

import argparse
import errno
import re
import shlex
import socket
import sys
from pathlib import Path

from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.plan import Said, shown
from precisionlab.errors import UsageError
from precisionlab.replacement import cause

DEFAULT_PORT = "8000"
NUMBER = re.compile(r"[0-9]{1,5}")
PASSED_ON = ("device", "memory", "threads", "theme")


def serve(arguments: argparse.Namespace) -> ExitCode:
    """Serve until Ctrl-C.

    Raises:
        UsageError: the server is not installed, or the port is none, or taken.
    """
    try:
        from precisionlab.cli.local_server import HOST, LocalServer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            "--web", "needs textual-serve, which is not installed", "pip install 'precisionlab[web]'"
        ) from error
    port = port_of(Said(arguments.port or DEFAULT_PORT, "--port"))
    require_free(HOST, port)
    messages.note(f"the app is at http://{HOST}:{port}; Ctrl-C ends it")
    LocalServer(shlex.join(command_of(arguments)), port).serve()
    return ExitCode.OK


def command_of(arguments: argparse.Namespace) -> list[str]:
    """What shows the app to one visitor, whatever the configuration says of browsers."""
    flags = [f"--{name}={getattr(arguments, name)}" for name in PASSED_ON if getattr(arguments, name) is not None]
    config = [f"--config={Path(arguments.config).absolute()}"] if arguments.config is not None else []
    against = [f"--against={Path(arguments.against).absolute()}"] if arguments.against else []
    path = [str(Path(arguments.path).absolute())] if arguments.path is not None else []
    return [sys.executable, "-m", "precisionlab", "open", "--no-web", *flags, *config, *against, *path]


def port_of(said: Said) -> int:
    """The number of a port.

    Raises:
        UsageError: it is none.
    """
    if not NUMBER.fullmatch(said.value) or not 1 <= int(said.value) <= 65535:
        raise UsageError(said.where, f"takes a whole number from 1 to 65,535, not {shown(said.value)}")
    return int(said.value)


def require_free(host: str, port: int) -> None:
    """See that nobody listens there yet.

    Raises:
        UsageError: somebody does, or we may not.
    """
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        problem = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({cause(error)})"
        raise UsageError(f"port {port}", problem, "name another with --port") from error
