"""The baseline of a command: read before anything is scanned, held against when all is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.baselines.comparability import incomparable
from precisionlab.baselines.novelty import held_against
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.report_file import read
from precisionlab.escaping import printable
from precisionlab.scanning.reproducing import portable

WHOLE = frozenset({ExitCode.OK, ExitCode.FINDINGS})
"""How a scan ends that did its job."""


@dataclass(frozen=True, slots=True)
class Held:
    """An earlier report and where it was read from."""

    report: Report
    path: str

    def against(self, report: Report, *, is_quiet: bool) -> Report:
        """The report with what its findings are to the baseline; one note says what cannot be compared."""
        if not is_quiet:
            tell_incomparable(report, self.report, self.path)
        held = held_against(report, self.report, self.path)
        return replace(held, command=(*held.command, "--baseline", portable(self.path))) if held.command else held

    def targets(self, targets: Sequence[Path], code: ExitCode) -> tuple[Path, ...]:
        """The files to write: all, but not the baseline itself after a scan that did not do its job."""
        if code in WHOLE or not any(target.resolve() == Path(self.path).resolve() for target in targets):
            return tuple(targets)
        messages.note(f"{printable(self.path)} stays the baseline that it was: the scan is not whole")
        return tuple(target for target in targets if target.resolve() != Path(self.path).resolve())


def tell_incomparable(report: Report, baseline: Report, path: str) -> None:
    """One note of what cannot be held against the baseline, where there is something."""
    clauses = incomparable(report, baseline)
    if clauses:
        messages.note(f"not all can be held against {printable(path)}: {clauses}")


def baseline_at(path: str | None) -> Held | None:
    """The report at that path; None where none is named.

    Raises:
        UsageError: it is a checkpoint or a device.
        ReportError: it cannot be read, is cut off, or of a newer version.
    """
    return None if path is None else Held(read(path), path)
