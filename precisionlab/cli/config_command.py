"""`precisionlab config`: the settings that hold where no flag is given, and where each comes from."""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from precisionlab.cli import messages
from precisionlab.cli.aligned import aligned
from precisionlab.cli.config_checks import check_known
from precisionlab.cli.config_toml import rendered, table_of
from precisionlab.cli.effective import Setting, Source, option_settings, settings_of, with_environment
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.output import put
from precisionlab.cli.settled import configuration_for
from precisionlab.cli.terminal import silencer
from precisionlab.escaping import printable
from precisionlab.scanning.configuration import SHARED_FILE, Configuration
from precisionlab.scanning.configured_options import check_formats, check_names, configured_options
from precisionlab.scanning.discovery import Discovered, load_all
from precisionlab.scanning.toml_values import spelled

LONGEST = 60
"""Characters of a value in the text; JSON and TOML have all."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Check the configuration wholly, and print what holds.

    Raises:
        UsageError: the configuration cannot be read, or is wrong.
        AnalyzerError: an analyzer with a table does not load.
    """
    configuration = configuration_for(arguments.config)
    discovered = load_all()
    for warning in discovered.warnings:
        messages.warning(warning)
    check_names(configuration, discovered)
    check_formats(configuration, discovered)
    check_known(configuration)
    keys, options = tuple(settings_of(configuration)), tuple(all_options(configuration, discovered))
    match arguments.format:
        case "toml":
            put(rendered((*keys, *options)))
        case "json":
            put(as_json(configuration, (*with_colour(keys), *options)))
        case _:
            shown = options if arguments.all else tuple(one for one in options if one.source is Source.FILE)
            put("\n".join(text(configuration, (*with_colour(keys), *shown), len(options) - len(shown))))
    return ExitCode.OK


def all_options(configuration: Configuration, discovered: Discovered) -> Iterator[Setting]:
    """The options of all analyzers.

    Raises:
        UsageError: an option is wrong.
        AnalyzerError: an analyzer with a table does not load.
    """
    configured = configured_options(configuration)
    for name, analyzer in discovered.analyzers.items():
        options = configured[name] if name in configured else analyzer.options()
        yield from option_settings(name, analyzer, configuration, options)


def with_colour(settings: Iterable[Setting]) -> Iterator[Setting]:
    """The settings under this environment."""
    variable = silencer()
    return (with_environment(setting, variable) for setting in settings)


def as_json(configuration: Configuration, settings: Iterable[Setting]) -> str:
    """All settings as a list; what has no value has null."""
    return json.dumps(
        {
            "file": None if configuration.path is None else str(configuration.path),
            "settings": [
                {
                    "table": setting.table or None,
                    "key": setting.name,
                    "value": setting.value,
                    "default": setting.default,
                    "source": setting.source.value,
                    "variable": setting.variable or None,
                }
                for setting in settings
            ],
        },
        indent=2,
    )


def text(configuration: Configuration, settings: Sequence[Setting], n_hidden: int) -> Iterator[str]:
    """The file, the settings by table in columns, and how many are not shown."""
    yield heading(configuration.path)
    lines = iter(aligned([cells(setting, configuration.path) for setting in settings]))
    for table, of in groupby(settings, table_of):
        yield ""
        if table:
            yield f"[{printable(table)}]"
        yield from (next(lines) for _ in of)
    if n_hidden:
        yield f"\n{n_hidden:,} options of analyzers are at their defaults; --all shows them"


def heading(path: Path | None) -> str:
    """Which file says something."""
    if path is None:
        return "no configuration file, from this folder upwards"
    table = "[tool.precisionlab] of " if path.name == SHARED_FILE else ""
    return f"configuration: {table}{printable(str(path), 1000)}"


def cells(setting: Setting, path: Path | None) -> tuple[str, str, str]:
    """Name, value and source."""
    has_value = setting.value not in {None, (), ""}
    value = printable(spelled(setting.value), LONGEST) if has_value or not setting.unset else setting.unset
    return setting.name, value, source(setting, path)


def source(setting: Setting, path: Path | None) -> str:
    """The file, the variable, or that it is the default."""
    if setting.source is Source.FILE and path is not None:
        return printable(path.name)
    return setting.variable or setting.source.value
