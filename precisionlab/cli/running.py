"""Running a scan for a command: what it asks for, how far it is, what comes out of it."""

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path

from precisionlab.cli import messages
from precisionlab.cli.baseline import baseline_at
from precisionlab.cli.cost_text import cost_note
from precisionlab.cli.delivering import deliver
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.outcomes import interruption, outcome
from precisionlab.cli.plan import plan_of
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.escaping import printable
from precisionlab.scanning.companions import opened
from precisionlab.scanning.costing import operations_a_second
from precisionlab.scanning.events import CheckpointOpened, PathFailed
from precisionlab.scanning.scan import Scan


def scanned(arguments: argparse.Namespace, targets: Sequence[Path]) -> ExitCode:
    """Scan, hold against the baseline, print, write. Nothing is written where no path could be opened.

    Raises:
        PrecisionlabError: bad usage, no such baseline, or an output that cannot be written to.
    """
    baseline = baseline_at(arguments.baseline)
    with strays_diverted(is_quiet=arguments.quiet):
        plan = plan_of(arguments)
        if not arguments.quiet:
            for warning in plan.warnings:
                messages.warning(warning)
        with opened(plan.settings) as companions:
            scan = Scan(arguments.paths, plan.analyzers, plan.settings, companions)
            was_interrupted = listen(
                scan,
                plan.settings.device,
                shows_progress=messages.is_terminal() and not arguments.quiet,
                tells_cost=not arguments.quiet,
            )
    report = scan.report()
    if baseline is not None:
        report = baseline.against(report, is_quiet=arguments.quiet)
    code = ExitCode.INTERRUPTED if was_interrupted else outcome(report, plan, exits_zero=arguments.exit_zero)
    wanted = targets if baseline is None else baseline.targets(targets, code)
    is_delivered = deliver(report, wanted, arguments) if report.checkpoints else True
    if was_interrupted and not arguments.quiet:
        messages.note(interruption(report))
    return code if is_delivered or was_interrupted else ExitCode.FAILURE


@contextmanager
def strays_diverted(*, is_quiet: bool) -> Iterator[None]:
    """Keep what analyzers print out of the result, and Python's warnings to one line each."""

    def show(  # noqa: PLR0913, PLR0917 - the signature of warnings.showwarning
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: str | None = None,
    ) -> None:
        del file, line
        if not is_quiet:
            messages.warning(f"{Path(filename).name}:{lineno}: {category.__name__}: {printable(str(message))}")

    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.showwarning = show
        yield


def listen(scan: Scan, device: str, *, shows_progress: bool, tells_cost: bool) -> bool:
    """Run the scan to its end or to Ctrl-C; whether it was that."""
    with ProgressBar() if shows_progress else NoProgress() as progress:
        try:
            with closing(iter(scan)) as events:
                for event in events:
                    progress.show(event)
                    if isinstance(event, CheckpointOpened) and tells_cost:
                        tell_cost(event, device)
                    if isinstance(event, PathFailed):
                        messages.error(event.message)
        except KeyboardInterrupt:
            return True
    return False


def tell_cost(opened_: CheckpointOpened, device: str) -> None:
    """Say what the dear analyzers are going to take, before they start."""
    note = cost_note(opened_.costs, opened_.n_tensors, lambda: operations_a_second(device))
    if note:
        messages.note(note)
