"""What a scan is asked to do: flags over the configuration file over the defaults."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from precisionlab.analysis.beside import Role
from precisionlab.analysis.options import build_options, nearest, option_fields
from precisionlab.analysis.rules import Severity
from precisionlab.cli.grammar.flags import FAIL_ON
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration import Configuration, find_configuration, read_configuration
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.discovery import analyzer_entry_points, load_all, load_analyzer
from precisionlab.scanning.scan import choose_analyzers
from precisionlab.scanning.settings import DEFAULT_MEMORY_BYTES, Selected, Settings, check_codes

UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "k": 1 << 10,
    "m": 1 << 20,
    "g": 1 << 30,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
}
SIZE = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*([a-z]*)", re.IGNORECASE)
NUMBER = re.compile(r"[0-9]{1,9}")
MAX_THREADS = 1024


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


@dataclass(frozen=True, slots=True)
class Wishes:
    """The command line over the configuration file."""

    arguments: argparse.Namespace
    configuration: Configuration

    def of(self, key: str) -> Said:
        """What is said of `fail-on`, `memory`, …: by the flag if it was given, else in the file."""
        flag = getattr(self.arguments, key.replace("-", "_"))
        if flag is not None or key not in self.configuration.values:
            return Said(flag, f"--{key}")
        return Said(self.configuration.values[key], f"{self.configuration.path}: {key}")


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan from parsed arguments and the configuration that applies.

    Raises:
        UsageError: an unknown name or a wrong value in either.
        AnalyzerError: a named analyzer does not load.
    """
    configuration = configuration_for(arguments.config)
    check_configured_options(configuration)
    wishes = Wishes(arguments, configuration)
    names = analyzer_names(wishes.of("analyzers"))
    options = merged_options(configuration, arguments.set)
    if arguments.formats is not None:
        options = with_formats(options, names, arguments.formats)
    given = [role for role in Role if wishes.of(role.value).value]
    analyzers, warnings = choose_analyzers(names, options, given)
    refuse_unread(wishes, analyzers)
    settings = Settings(
        device=resolve_device(text(wishes.of("device"), "auto"), wishes.of("device").where),
        memory_bytes=memory_bytes(wishes.of("memory")),
        threads=thread_count(wishes.of("threads")),
        include=tuple(wishes.of("include").value or ()),
        exclude=tuple(wishes.of("exclude").value or ()),
        select=codes(wishes.of("select"), analyzers),
        ignore=codes(wishes.of("ignore"), analyzers),
        sensitivity=wishes.of("sensitivity").value,
        calibration=wishes.of("calibration").value,
        against=wishes.of("against").value,
        checksum=bool(wishes.of("checksum").value),
    )
    return Plan(analyzers, settings, severity(wishes.of("fail-on")), warnings)


def refuse_unread(wishes: Wishes, analyzers: Sequence[Selected]) -> None:
    """See that files beside the checkpoint that flags name are looked at; the configuration may name them for others.

    Raises:
        UsageError: no chosen analyzer looks at one.
    """
    read = frozenset[Role]().union(*(selected.analyzer.reads_beside for selected in analyzers))
    for role in Role:
        if role not in read and getattr(wishes.arguments, role.value) is not None:
            raise UsageError(
                f"--{role.value}", "no analyzer that runs looks at it", "name one that does with --analyzers"
            )


def configuration_for(named: str | None) -> Configuration:
    """The configuration in the file that was named, or in the nearest folder from the current one upwards.

    Raises:
        UsageError: the file that was named cannot be read, or one of them is wrong.
    """
    if named is not None:
        return read_configuration(Path(named))
    try:
        here = Path.cwd()
    except OSError:  # somebody deleted the folder
        return Configuration()
    return find_configuration(here)


def check_configured_options(configuration: Configuration) -> None:
    """See that the tables of analyzers in the configuration are right.

    Raises:
        UsageError: an unknown analyzer or option, or a wrong value; the file is named.
        AnalyzerError: an analyzer with a table does not load.
    """
    for name, table in configuration.options.items():
        try:
            build_options(name, load_analyzer(name).options, table)
        except UsageError as error:
            raise UsageError(f"{configuration.path}: {error.subject}", error.problem, error.remedy) from error


def split(text: str) -> tuple[str, ...]:
    """The entries of a list separated by commas."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def entries(said: Said) -> tuple[str, ...]:
    """The entries of a list: of a flag separated by commas, of the configuration as they are; none where not said.

    Raises:
        UsageError: a flag without any.
    """
    if not isinstance(said.value, str):
        return tuple(said.value or ())
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
    known = analyzer_entry_points()
    for name in names:
        if name not in known:
            raise UsageError(said.where, f"there is no analyzer {printable(name, 40)}", nearest(name, known))
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
    options: Mapping[str, Mapping[str, object]], names: Sequence[str], formats: str
) -> Mapping[str, Mapping[str, object]]:
    """The options with `formats` for each named analyzer that has that option.

    Raises:
        UsageError: none has.
    """
    takers = [
        name for name in names if "formats" in {field.name for field in option_fields(load_analyzer(name).options)}
    ]
    if not takers:
        raise UsageError("--formats", "no analyzer that runs has such an option", "name one with --analyzers")
    return {**options, **{name: {**options.get(name, {}), "formats": formats} for name in takers}}


def memory_bytes(said: Said) -> int:
    """Bytes from `2GiB`, `500 MB`, `65536`.

    Raises:
        UsageError: no such size.
    """
    if said.value is None:
        return DEFAULT_MEMORY_BYTES
    match = SIZE.fullmatch(said.value.strip())
    unit = UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError(said.where, f"takes a size such as 512MiB or 2GB, not {shown(said.value)}")
    return int(Fraction(match[1]) * unit)


def thread_count(said: Said) -> int:
    """The number of threads; 0 for one a processor.

    Raises:
        UsageError: it is no whole number, negative, or more than can be meant.
    """
    number = text(said, "0")
    if not NUMBER.fullmatch(number) or int(number) > MAX_THREADS:
        raise UsageError(said.where, f"takes a whole number from 0 to {MAX_THREADS:,}, not {shown(number)}")
    return int(number)


def severity(said: Said) -> Severity | None:
    """The severity of that name; None for `never`.

    Raises:
        UsageError: there is none.
    """
    word = text(said, "error")
    if word not in FAIL_ON:
        raise UsageError(said.where, f"takes one of {', '.join(FAIL_ON)}, not {shown(word)}")
    return None if word == "never" else Severity[word.upper()]


def codes(said: Said, analyzers: Sequence[Selected]) -> tuple[str, ...]:
    """Rule codes or prefixes in capital letters.

    Those of a flag are of some chosen analyzer; those of the configuration of any that is installed.

    Raises:
        UsageError: no rule begins so; the nearest is suggested.
    """
    wanted = tuple(code.upper() for code in entries(said))
    try:
        check_codes(wanted, [selected.analyzer for selected in analyzers], said.where)
    except UsageError:
        if isinstance(said.value, str):
            raise
        check_codes(wanted, load_all().analyzers.values(), said.where)
    return wanted


def shown(value: str) -> str:
    """A wrong value in a message."""
    return printable(value, 40) or "nothing"
