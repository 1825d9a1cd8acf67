"""Scans of one or several paths."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from precisionlab.analysis.options import build_options
from precisionlab.analysis.report import CheckpointReport, Report, Unreadable
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo, find_checkpoints, open_checkpoint
from precisionlab.errors import CheckpointError, PrecisionlabError, UsageError
from precisionlab.scanning.assembling import checkpoint_report, circumstances, options_by_analyzer, rule_summaries
from precisionlab.scanning.discovery import load_all, load_analyzer
from precisionlab.scanning.engine import run
from precisionlab.scanning.events import CheckpointOpened, Event, PathFailed, ResultReady
from precisionlab.scanning.settings import Selected, Settings


class Scan:
    """A scan under way: iterate over its events; ask for the report of what is done at any time.

    Each path may be a file, a folder or a glob. A path that cannot be opened costs itself only.
    """

    def __init__(self, paths: Sequence[str], analyzers: Sequence[Selected], settings: Settings) -> None:
        self._paths = paths
        self._analyzers = analyzers
        self._settings = settings
        self._started = datetime.now(UTC)
        self._finished: list[CheckpointReport] = []
        self._unreadable: list[Unreadable] = []
        self._current: tuple[Checkpoint, tuple[TensorInfo, ...], list[Result]] | None = None

    def __iter__(self) -> Generator[Event]:
        for argument in self._paths:
            try:
                found = find_checkpoints(argument)
            except CheckpointError as error:
                yield self._fail(argument, error)
                continue
            for path in found:
                yield from self._checkpoint(path)

    def report(self) -> Report:
        """Everything found until now. A checkpoint in the middle of its scan is marked incomplete."""
        checkpoints = tuple(self._finished)
        if self._current is not None:
            checkpoint, infos, results = self._current
            checkpoints = (*checkpoints, checkpoint_report(checkpoint, infos, results, complete=False))
        settings = self._settings
        return Report(
            checkpoints=checkpoints,
            unreadable=tuple(self._unreadable),
            analyzers=options_by_analyzer(self._analyzers),
            rules=rule_summaries(self._analyzers, settings),
            settings={
                "include": settings.include,
                "exclude": settings.exclude,
                "select": settings.select,
                "ignore": settings.ignore,
            },
            run=circumstances(self._started, settings),
        )

    def _checkpoint(self, path: str) -> Generator[Event]:
        try:
            checkpoint = open_checkpoint(path)
        except CheckpointError as error:
            yield self._fail(path, error)
            return
        with checkpoint:
            infos = tuple(info for info in checkpoint.tensors if self._settings.takes(info.name))
            results: list[Result] = []
            self._current = checkpoint, infos, results
            yield CheckpointOpened(path, len(infos), sum(info.n_bytes for info in infos))
            with closing(run(infos, self._analyzers, self._settings)) as events:
                for event in events:
                    if isinstance(event, ResultReady):
                        results.append(event.result)
                    yield event
            self._current = None
            self._finished.append(checkpoint_report(checkpoint, infos, results, complete=True))

    def _fail(self, path: str, error: PrecisionlabError) -> PathFailed:
        self._unreadable.append(Unreadable(path, str(error)))
        return PathFailed(path, str(error))


def choose_analyzers(
    names: Sequence[str], options: Mapping[str, Mapping[str, object]]
) -> tuple[tuple[Selected, ...], tuple[str, ...]]:
    """The analyzers of these names with their options, and warnings about broken ones.

    Without names all that run by default are chosen. Options of analyzers that are not chosen
    must still be right.

    Raises:
        UsageError: an unknown analyzer or option, or a value out of bounds.
        AnalyzerError: an analyzer that was named does not load.
    """
    warnings: tuple[str, ...] = ()
    if names:
        chosen = tuple(load_analyzer(name) for name in dict.fromkeys(names))
    else:
        discovered = load_all()
        warnings = discovered.warnings
        chosen = tuple(analyzer for analyzer in discovered.analyzers.values() if analyzer.by_default)
    for name in options:
        analyzer = load_analyzer(name)
        build_options(name, analyzer.options, options[name])
    selected = (
        Selected(analyzer, build_options(analyzer.name, analyzer.options, options.get(analyzer.name, {})))
        for analyzer in chosen
    )
    return tuple(selected), warnings


def scan(
    path: str | Path | Sequence[str | Path],
    analyzers: Sequence[str] = (),
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
        UsageError: an unknown analyzer or option, or no path at all.
        CheckpointError: one path was given, and it cannot be opened. With several the report lists such paths.

    >>> report = scan("samples/healthy.safetensors", analyzers=["range"])  # doctest: +SKIP
    >>> report.checkpoints[0].findings  # doctest: +SKIP
    ()
    """
    paths = [str(path)] if isinstance(path, str | Path) else [str(one) for one in path]
    if not paths:
        raise UsageError("", "there is no path to scan")
    selected, _ = choose_analyzers(analyzers, options or {})
    running = Scan(paths, selected, settings or Settings())
    for event in running:
        if isinstance(event, PathFailed) and len(paths) == 1:
            raise CheckpointError("", event.message)
    return running.report()
