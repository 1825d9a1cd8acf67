"""The settings that hold where no flag is given, each with where it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import OptionField, OptionValue, option_fields
from precisionlab.scanning.configuration import NOTHING, Configuration
from precisionlab.scanning.configuration_keys import AT_TOP, OWN, TABLES, keys_of
from precisionlab.scanning.keys import Key


class Source(Enum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Setting:
    """A key, or an option of an analyzer, with what holds for it."""

    table: str
    """In which it stands: a command's or an analyzer's; empty for the top."""
    name: str
    value: OptionValue | None
    """Paths are seen from the current folder; None where there is no value."""
    default: OptionValue | None
    unset: str
    """What holds where there is no value, in words."""
    example: OptionValue
    help_text: str
    accepts: str
    source: Source = Source.DEFAULT
    variable: str = ""
    """Of the environment, if it decides."""


def settings_of(configuration: Configuration) -> Iterator[Setting]:
    """The keys at the top, then by command its own ones, and those that its table says otherwise."""
    for key in AT_TOP.values():
        yield setting_of(configuration, "", key, configuration.values)
    for command in TABLES:
        said = configuration.tables.get(command, NOTHING)
        own = {key.name for key in OWN.get(command, ())}
        for key in keys_of(command).values():
            if key.name in own or key.name in said:
                yield setting_of(configuration, command, key, said)


def setting_of(configuration: Configuration, table: str, key: Key, said: Mapping[str, Any]) -> Setting:
    """One key by what is said in its table."""
    setting = Setting(table, key.name, key.default, key.default, key.unset, key.example, key.help_text, key.accepts)
    if key.name not in said:
        return setting
    value = configuration.value_of(key, said[key.name])
    return replace(setting, value=tuple(value) if isinstance(value, list) else value, source=Source.FILE)


def option_settings(name: str, analyzer: Analyzer, configuration: Configuration, options: object) -> Iterator[Setting]:
    """The options of an analyzer; `options` are those that hold."""
    said = {option.replace("-", "_") for option in configuration.options.get(name, NOTHING)}
    for field in option_fields(analyzer.options):
        source = Source.FILE if field.name in said else Source.DEFAULT
        yield Setting(
            name,
            field.name,
            getattr(options, field.name),
            field.default,
            "",
            field.default,
            clause(field),
            field.accepts,
            source,
        )


def clause(field: OptionField) -> str:
    """An option's sentence, without its full stop."""
    return field.help_text.rstrip(".")


def with_environment(setting: Setting, variable: str | None) -> Setting:
    """What the environment says of colours over `auto`, which leaves that to it."""
    if variable is None or setting.name != "color" or setting.value != "auto":
        return setting
    return replace(setting, value="never", source=Source.ENVIRONMENT, variable=variable)
