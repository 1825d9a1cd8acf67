"""What a scan is asked to do: flags over the configuration file over the defaults."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from precisionlab.analysis.beside import Role
from precisionlab.analysis.rules import Severity
from precisionlab.cli.exit_codes import severity_of
from precisionlab.cli.grammar.flags import FAIL_ON
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration import Configuration
from precisionlab.scanning.configuration_keys import MOST_THREADS
from precisionlab.scanning.configured_options import (
    configured_options,
    require_analyzers,
    require_formats,
    takes_formats,
)
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.discovery import load_all, load_analyzer
from precisionlab.scanning.scan import choose_analyzers
from precisionlab.scanning.settings import DEFAULT_MEMORY_BYTES, Selected, Settings, check_codes
from precisionlab.scanning.sizes import ACCEPTED_SIZE, bytes_of

NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Plan:
    """A scan as asked for."""

    analyzers: tuple[Selected, ...]
    settings: Settings
    fail_on: Severity | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the user says of one thing, and where: what errors are about."""

    value: Any
    """None where nothing is said."""
    where: str


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan from arguments that are settled (see `settled`), and the options of analyzers in the configuration.

    Raises:
        UsageError: an unknown name or a wrong value in either.
        AnalyzerError: a named analyzer does not load.
    """
    configured_options(arguments.configuration)
    names = analyzer_names(Said(arguments.analyzers, "--analyzers"))
    options = merged_options(arguments.configuration, arguments.set)
    if arguments.formats is not None:
        options = with_formats(options, names, arguments)
    given = [role for role in Role if getattr(arguments, role.value)]
    analyzers, warnings = choose_analyzers(names, options, given)
    beside = files_beside(arguments, analyzers)
    settings = Settings(
        device=resolve_device(text(Said(arguments.device, "--device"), "auto"), "--device"),
        memory_bytes=memory_bytes(Said(arguments.memory, "--memory")),
        threads=thread_count(Said(arguments.threads, "--threads")),
        include=tuple(arguments.include or ()),
        exclude=tuple(arguments.exclude or ()),
        select=codes(arguments, "select", analyzers),
        ignore=codes(arguments, "ignore", analyzers),
        sensitivity=beside[Role.SENSITIVITY],
        calibration=beside[Role.CALIBRATION],
        against=beside[Role.REFERENCE],
        others=tuple(getattr(arguments, "others", ())),
        checksum=bool(arguments.checksum),
    )
    return Plan(analyzers, settings, severity(Said(arguments.fail_on, "--fail-on")), warnings)


def files_beside(arguments: argparse.Namespace, analyzers: Sequence[Selected]) -> Mapping[Role, str | None]:
    """The files beside the checkpoint that chosen analyzers look at; what the configuration names for others is left out.

    Raises:
        UsageError: a flag names one that no chosen analyzer looks at.
    """
    read = frozenset[Role]().union(*(selected.analyzer.reads_beside for selected in analyzers))
    named: dict[Role, str | None] = {role: getattr(arguments, role.value) for role in Role}
    for role, path in named.items():
        if path is not None and role not in read and f"--{role.value}" not in arguments.configured:
            remedy = "name one that does with --analyzers"
            raise UsageError(f"--{role.value}", "no analyzer that runs looks at it", remedy)
    return {role: path if role in read else None for role, path in named.items()}


def split(text: str) -> tuple[str, ...]:
    """The entries of a list separated by commas."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def entries(said: Said) -> tuple[str, ...]:
    """The entries of a list separated by commas; none where nothing is said.

    Raises:
        UsageError: a list without any.
    """
    if said.value is None:
        return ()
    found = split(said.value)
    if not found:
        raise UsageError(said.where, "names nothing; leave it out to take what is the default")
    return found


def analyzer_names(said: Said) -> tuple[str, ...]:
    """The analyzers that are named; none for all that run by default.

    Raises:
        UsageError: there is no such analyzer; the nearest is suggested.
    """
    names = entries(said)
    require_analyzers(names, said.where)
    return names


def text(said: Said, default: str) -> str:
    """What is said, or the default."""
    return default if said.value is None else str(said.value)


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


def with_formats(
    options: Mapping[str, Mapping[str, object]], names: Sequence[str], arguments: argparse.Namespace
) -> Mapping[str, Mapping[str, object]]:
    """The options with `formats` for each named analyzer that has that option.

    A flag comes before what is said of an analyzer, and must have a taker; the configuration comes after it.

    Raises:
        UsageError: no named analyzer has the option, or one does not take such formats.
    """
    takers = [name for name in names if takes_formats(load_analyzer(name))]
    given = {"formats": arguments.formats}
    is_flag = "--formats" not in arguments.configured
    for name in takers:
        if is_flag or "formats" not in options.get(name, {}):
            require_formats(name, arguments.formats, "--formats")
    if not is_flag:
        return {**options, **{name: {**given, **options.get(name, {})} for name in takers}}
    if not takers:
        raise UsageError("--formats", "no analyzer that runs has such an option", "name one with --analyzers")
    return {**options, **{name: {**options.get(name, {}), **given} for name in takers}}


def memory_bytes(said: Said) -> int:
    """Bytes from `2GiB`, `500 MB`, `65536`.

    Raises:
        UsageError: no such size.
    """
    if said.value is None:
        return DEFAULT_MEMORY_BYTES
    n_bytes = bytes_of(said.value)
    if n_bytes is None:
        raise UsageError(said.where, f"takes {ACCEPTED_SIZE}, not {shown(said.value)}")
    return n_bytes


def thread_count(said: Said) -> int:
    """The number of threads; 0 for one a processor.

    Raises:
        UsageError: it is no whole number, negative, or more than can be meant.
    """
    number = text(said, "0")
    if not NUMBER.fullmatch(number) or int(number) > MOST_THREADS:
        raise UsageError(said.where, f"takes a whole number from 0 to {MOST_THREADS:,}, not {shown(number)}")
    return int(number)


def severity(said: Said) -> Severity | None:
    """The severity of that name; None for `never`.

    Raises:
        UsageError: there is none.
    """
    word = text(said, "error")
    if word not in FAIL_ON:
        raise UsageError(said.where, f"takes one of {', '.join(FAIL_ON)}, not {shown(word)}")
    return severity_of(word)


def codes(arguments: argparse.Namespace, key: str, analyzers: Sequence[Selected]) -> tuple[str, ...]:
    """Rule codes or prefixes in capital letters.

    Those of a flag are of some chosen analyzer; those of the configuration of any that is installed.

    Raises:
        UsageError: no rule begins so; the nearest is suggested.
    """
    said = Said(getattr(arguments, key), f"--{key}")
    wanted = tuple(code.upper() for code in entries(said))
    try:
        check_codes(wanted, [selected.analyzer for selected in analyzers], said.where)
    except UsageError:
        if said.where not in arguments.configured:
            raise
        check_codes(wanted, load_all().analyzers.values(), said.where)
    return wanted


def shown(value: str) -> str:
    """A wrong value in a message."""
    return printable(value, 40) or "nothing"
