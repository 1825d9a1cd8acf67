"""What a scan is asked to do: flags over the configuration file over the defaults."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from precisionlab.analysis.options import nearest
from precisionlab.analysis.rules import Severity
from precisionlab.cli.parser import FAIL_ON
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration import Configuration, find_configuration, read_configuration
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.scan import choose_analyzers
from precisionlab.scanning.settings import DEFAULT_MEMORY_BYTES, Selected, Settings

UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
BINARY_UNITS = {
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
    "k": 1 << 10,
    "m": 1 << 20,
    "g": 1 << 30,
}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """A scan as asked for."""

    analyzers: tuple[Selected, ...]
    settings: Settings
    fail_on: Severity | None
    warnings: tuple[str, ...]


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan from parsed arguments and the configuration that applies.

    Raises:
        UsageError: an unknown name or a wrong value in either.
        AnalyzerError: a named analyzer does not load.
    """
    configuration = read_configuration(Path(arguments.config)) if arguments.config else find_configuration(Path.cwd())
    values = configuration.values
    names = split(arguments.analyzers) if arguments.analyzers is not None else tuple(values.get("analyzers", ()))
    analyzers, warnings = choose_analyzers(names, merged_options(configuration, arguments.set))
    settings = Settings(
        device=resolve_device(arguments.device or values.get("device", "auto")),
        memory_bytes=memory_bytes(arguments.memory or values.get("memory")),
        threads=thread_count(arguments.threads if arguments.threads is not None else values.get("threads", 0)),
        include=tuple(arguments.include or values.get("include", ())),
        exclude=tuple(arguments.exclude or values.get("exclude", ())),
        select=codes(arguments.select, values.get("select", ()), analyzers, "--select"),
        ignore=codes(arguments.ignore, values.get("ignore", ()), analyzers, "--ignore"),
    )
    return Plan(analyzers, settings, severity(arguments.fail_on or values.get("fail-on", "error")), warnings)


def split(text: str) -> tuple[str, ...]:
    """The entries of a list separated by commas."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def merged_options(configuration: Configuration, flags: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
    """The options of the configuration with those of `--set` over them.

    Raises:
        UsageError: a flag that is not of the form analyzer.option=value.
    """
    merged: dict[str, dict[str, Any]] = {name: dict(table) for name, table in configuration.options.items()}
    for flag in flags:
        key, equals, value = flag.partition("=")
        analyzer, dot, option = key.strip().partition(".")
        if not (equals and dot and analyzer and option):
            raise UsageError("--set", f"takes analyzer.option=value, not {printable(flag, 60)}")
        merged.setdefault(analyzer, {})[option] = value.strip()
    return merged


def memory_bytes(text: str | None) -> int:
    """Bytes from `2GiB`, `500 MB`, `65536`; the default for None.

    Raises:
        UsageError: no such size.
    """
    if text is None:
        return DEFAULT_MEMORY_BYTES
    match = SIZE.fullmatch(text.strip())
    unit = {**UNITS, **BINARY_UNITS}.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError("--memory", f"takes a size such as 512MiB or 2GB, not {printable(text, 40)}")
    return int(float(match[1]) * unit)


def thread_count(number: int) -> int:
    """The number of threads.

    Raises:
        UsageError: it is negative.
    """
    if number < 0:
        raise UsageError("--threads", f"takes a whole number of at least 0, not {number}")
    return number


def severity(word: str) -> Severity | None:
    """The severity of that name; None for `never`.

    Raises:
        UsageError: there is none.
    """
    if word not in FAIL_ON:
        raise UsageError("fail-on", f"takes one of {', '.join(FAIL_ON)}, not {printable(word, 40)}")
    return None if word == "never" else Severity[word.upper()]


def codes(flag: str | None, configured: Sequence[str], analyzers: Sequence[Selected], subject: str) -> tuple[str, ...]:
    """Rule codes or prefixes, upper case, each of which some rule of the chosen analyzers has.

    Raises:
        UsageError: no rule begins so; the nearest is suggested.
    """
    wanted = tuple(code.upper() for code in (split(flag) if flag is not None else configured))
    known = {rule.code: rule for selected in analyzers for rule in selected.analyzer.rules}
    for code in wanted:
        if not any(rule.startswith(code) for rule in known):
            raise UsageError(subject, f"no rule begins with {printable(code, 40)}", nearest(code, known))
    return wanted
