"""How a scan is to be run: which tensors, which rules, with what means."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.options import nearest
from precisionlab.analysis.results import Result
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

DEFAULT_MEMORY_BYTES = 512 << 20


def available_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides which tensors are analysed and which findings are kept, and the means.

    Raises:
        UsageError: a number below 0, or a text where several belong.
    """

    device: str = "cpu"
    """`auto`, or a torch device name."""
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    """Most bytes of one tensor that an analyzer may hold at once; streaming needs little beside."""
    threads: int = 0
    """Threads that read and count; 0 for one a processor."""
    include: tuple[str, ...] = ()
    """Globs of tensor names; empty for all."""
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    """Prefixes of rule codes whose findings are kept; empty for all."""
    ignore: tuple[str, ...] = ()
    sensitivity: str | None = None
    """A file that says how much errors cost, by tensor: see `precisionlab.calibration`."""
    calibration: str | None = None
    """A file of second moments of what layers are fed."""
    against: str | None = None
    """Another checkpoint, whose tensors are compared with those of the same names, or that are otherwise the same."""
    others: tuple[str, ...] = ()
    """Further checkpoints, whose tensors of the same names are looked at beside those of the first."""
    checksum: bool = False
    """Whether the report tells the SHA-256 of every file; each is then read once more."""

    def __post_init__(self) -> None:
        if min(self.memory_bytes, self.threads) < 0:
            raise UsageError("", "memory_bytes and threads are whole numbers of at least 0")
        if any(isinstance(texts, str) for texts in (self.include, self.exclude, self.select, self.ignore)):
            raise UsageError("", "include, exclude, select and ignore are tuples of texts, not one text")

    @property
    def beside(self) -> Mapping[Role, str]:
        """The files beside the checkpoint that are named, by what they are."""
        named = {Role.SENSITIVITY: self.sensitivity, Role.CALIBRATION: self.calibration, Role.REFERENCE: self.against}
        return {role: path for role, path in named.items() if path}

    @property
    def n_threads(self) -> int:
        """Threads in numbers."""
        return self.threads or available_threads()

    def takes(self, name: str) -> bool:
        """Whether the tensor of this name is to be analysed."""
        wanted = not self.include or any(fnmatchcase(name, glob) for glob in self.include)
        return wanted and not any(fnmatchcase(name, glob) for glob in self.exclude)

    def keeps(self, code: str) -> bool:
        """Whether the rule of this code is selected and not ignored; the longer of two matching prefixes decides."""
        selected = longest_prefix(code, self.select) if self.select else 0
        return selected >= 0 and selected > longest_prefix(code, self.ignore)

    def kept(self, result: Result) -> Result:
        """The result without the findings that nobody asked for."""
        findings = tuple(finding for finding in result.findings if self.keeps(finding.code))
        if len(findings) == len(result.findings):
            return result
        return replace(result, findings=findings)


def longest_prefix(code: str, prefixes: tuple[str, ...]) -> int:
    """Length of the longest of `prefixes` with which the code begins; -1 where none does."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


@dataclass(frozen=True, slots=True)
class Selected:
    """An analyzer with its options."""

    analyzer: Analyzer
    options: Any
    """An instance of the analyzer's `options` class."""


def check_codes(codes: Iterable[str], analyzers: Iterable[Analyzer], subject: str) -> None:
    """See that each code, or prefix of codes, is of some rule of these analyzers.

    Raises:
        UsageError: one is not; the nearest is suggested.
    """
    known = {rule.code: rule for analyzer in analyzers for rule in analyzer.rules}
    for code in codes:
        if not any(rule.startswith(code) for rule in known):
            raise UsageError(subject, f"no rule begins with {printable(code, 40)}", nearest(code, known))
