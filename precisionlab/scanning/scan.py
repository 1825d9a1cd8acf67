"""Scans of one or several paths."""

import os
import warnings
from collections import deque
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from precisionlab.analysis.beside import Role
from precisionlab.analysis.options import build_options
from precisionlab.analysis.report import CheckpointReport, Report, Skipped, Unreadable
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo, find_checkpoints, open_checkpoint
from precisionlab.errors import CheckpointError, UsageError
from precisionlab.scanning.asking import described
from precisionlab.scanning.assembling import Asked, checkpoint_report, whole_report
from precisionlab.scanning.companions import NONE, Companions, opened
from precisionlab.scanning.costing import costs_of
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.discovery import load_all, load_analyzer
from precisionlab.scanning.engine import run
from precisionlab.scanning.events import CheckpointOpened, Event, OpeningCheckpoint, PathFailed, ResultReady
from precisionlab.scanning.settings import Selected, Settings, check_codes


class Scan:
    """A scan under way: iterate over its events, once; ask for the report of what is done at any time.

    Each path may be a file, a folder or a glob. A path that cannot be opened costs itself only.
    A checkpoint that several of them lead to is scanned once.
    """

    def __init__(
        self, paths: Sequence[str], analyzers: Sequence[Selected], settings: Settings, companions: Companions = NONE
    ) -> None:
        self._analyzers = analyzers
        self._settings = settings
        self._companions = companions
        self._started = datetime.now(UTC)
        self._waiting = deque(paths)
        self._finished: list[CheckpointReport] = []
        self._unreadable: list[Unreadable] = []
        self._current: tuple[Checkpoint, tuple[TensorInfo, ...], list[Result]] | None = None
        self._unmatched: tuple[Skipped, ...] = ()
        self._is_over = False

    def __iter__(self) -> Generator[Event]:
        try:
            yield from self._find()
            while self._waiting:
                yield from self._checkpoint(self._waiting[0])
        finally:
            self._is_over = True

    def report(self) -> Report:
        """Everything found until now. A checkpoint in the middle of its scan is marked incomplete.

        Where the scan was stopped, what it did not reach is among the unreadable.
        """
        checkpoints = tuple(self._finished)
        if self._current is not None:
            checkpoint, infos, results = self._current
            checkpoints = (*checkpoints, checkpoint_report(checkpoint, infos, results, self._unmatched, complete=False))
        unreadable = (*self._unreadable, *self._unreached())
        asked = Asked(self._analyzers, self._settings, self._started, self._companions.files)
        return whole_report(checkpoints, unreadable, asked)

    def _find(self) -> Generator[Event]:
        """Replace the arguments that are waiting by the checkpoints that they lead to."""
        found: dict[str, str] = {}
        for argument in tuple(self._waiting):
            try:
                for path in find_checkpoints(argument):
                    found.setdefault(os.path.normpath(path), path)
            except Exception as error:  # noqa: BLE001 - as below
                yield self._fail(argument, error)
        self._waiting = deque(found.values())

    def _checkpoint(self, path: str) -> Generator[Event]:
        yield OpeningCheckpoint(path)
        try:
            checkpoint = open_checkpoint(path)
        except Exception as error:  # noqa: BLE001 - whatever a path does to those who open it, the others are scanned
            self._waiting.popleft()
            yield self._fail(path, error)
            return
        with checkpoint:
            infos = tuple(info for info in checkpoint.tensors if self._settings.takes(info.name))
            results: list[Result] = []
            self._current = checkpoint, infos, results
            self._waiting.popleft()
            companions = self._companions.matched(checkpoint.tensors)
            self._unmatched = companions.check(checkpoint.tensors)
            costs = costs_of(infos, self._analyzers)
            yield CheckpointOpened(path, len(infos), sum(info.n_bytes for info in infos), costs)
            with closing(run(infos, self._analyzers, self._settings, companions)) as events:
                for event in events:
                    if isinstance(event, ResultReady):
                        results.append(event.result)
                    yield event
            self._current = None
            self._finished.append(checkpoint_report(checkpoint, infos, results, self._unmatched, complete=True))

    def _fail(self, path: str, error: Exception) -> PathFailed:
        known = error if isinstance(error, CheckpointError) else unforeseen(error, path)
        self._unreadable.append(Unreadable(path, cause_of(known, path)))
        return PathFailed(path, str(known))

    def _unreached(self) -> Iterator[Unreadable]:
        if self._is_over:
            yield from (Unreadable(path, "not opened: the scan was stopped before") for path in self._waiting)


def unforeseen(error: Exception, path: str) -> CheckpointError:
    """What is said where opening a path raises what it should not."""
    return CheckpointError(path, f"cannot be opened ({described(error)})", "please report this")


def cause_of(error: CheckpointError, path: str) -> str:
    """What is wrong and what to do; the file is named where it is another one than the path."""
    return str(CheckpointError("" if error.subject == path else error.subject, error.problem, error.remedy))


def choose_analyzers(
    names: Sequence[str], options: Mapping[str, Mapping[str, object]], given: Collection[Role] = ()
) -> tuple[tuple[Selected, ...], tuple[str, ...]]:
    """The analyzers of these names with their options, and warnings about broken ones.

    Without names all that run by default are chosen, with those that need files beside the checkpoint which are
    given. Options of analyzers that are not chosen must still be right.

    Raises:
        UsageError: an unknown analyzer or option, or a value out of bounds.
        AnalyzerError: an analyzer that was named does not load.
    """
    problems: tuple[str, ...] = ()
    if names:
        chosen = tuple(load_analyzer(name) for name in dict.fromkeys(names))
    else:
        discovered = load_all()
        problems = discovered.warnings
        chosen = tuple(analyzer for analyzer in discovered.analyzers.values() if analyzer.runs_by_default(given))
    for name in options:
        analyzer = load_analyzer(name)
        build_options(name, analyzer.options, options[name])
    selected = (
        Selected(analyzer, build_options(analyzer.name, analyzer.options, options.get(analyzer.name, {})))
        for analyzer in chosen
    )
    return tuple(selected), problems


def scan(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    analyzers: str | Sequence[str] = (),
    *,
    options: Mapping[str, Mapping[str, object]] | None = None,
    settings: Settings | None = None,
) -> Report:
    """Scan checkpoints and tell what was found.

    Args:
        path: a file, a folder or a glob, or several.
        analyzers: by name; without any, all that run by default.
        options: by analyzer and option, e.g. `{"range": {"max_subnormal_share": 0.1}}`.
        settings: which tensors and rules, and with what means; without it everything on the CPU.

    Raises:
        UsageError: an unknown analyzer, option, rule or device, or no path at all.
        AnalyzerError: an analyzer that was named does not load.
        CheckpointError: one path was given, and nothing there can be opened. Otherwise the report lists such paths.

    >>> report = scan("samples/healthy.safetensors", analyzers=["range"])  # doctest: +SKIP
    >>> report.checkpoints[0].findings  # doctest: +SKIP
    ()
    """
    paths = [os.fspath(one) for one in ([path] if isinstance(path, str | os.PathLike) else path)]
    if not paths:
        raise UsageError("", "there is no path to scan")
    settings = settings or Settings()
    names = [analyzers] if isinstance(analyzers, str) else analyzers
    selected, problems = choose_analyzers(names, options or {}, settings.beside)
    for problem in problems:
        warnings.warn(problem, stacklevel=2)
    chosen = resolved(settings, selected)
    with opened(chosen) as companions:
        running = Scan(paths, selected, chosen, companions)
        failed = listen(running)
    report = running.report()
    if failed and len(paths) == 1 and not report.checkpoints:
        raise CheckpointError("", failed[0].message)
    return report


def resolved(settings: Settings, analyzers: Sequence[Selected]) -> Settings:
    """The settings with a device that there is, and rule codes in capital letters.

    Raises:
        UsageError: there is no such device, or no such rule.
    """
    select, ignore = (tuple(code.upper() for code in codes) for codes in (settings.select, settings.ignore))
    chosen = [selected.analyzer for selected in analyzers]
    check_codes(select, chosen, "select")
    check_codes(ignore, chosen, "ignore")
    return replace(settings, device=resolve_device(settings.device), select=select, ignore=ignore)


def listen(running: Scan) -> list[PathFailed]:
    """Run the scan to its end; the paths that failed."""
    with closing(iter(running)) as events:
        return [event for event in events if isinstance(event, PathFailed)]
