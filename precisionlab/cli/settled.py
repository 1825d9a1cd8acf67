"""The command line over the configuration file over the defaults."""

import argparse
from pathlib import Path

from precisionlab.errors import PrecisionlabError, UsageError
from precisionlab.scanning.configuration import Configuration, find_configuration, read_configuration
from precisionlab.scanning.configuration_keys import keys_of
from precisionlab.scanning.keys import Key, Kind


def settled(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments with what the configuration says of flags that were not given, in the form that flags have.

    With them `configuration`, and `configured`: the place in the file, by flag, of what came from there.

    Raises:
        UsageError: the configuration cannot be read, or is wrong.
    """
    keys = keys_of(arguments.command)
    configuration = configuration_for(arguments.config) if keys else Configuration()
    decided = {key.group for key in keys.values() if key.group and key.attribute in arguments.given}
    filled, configured = argparse.Namespace(**vars(arguments)), {}
    for key in keys.values():
        entry = configuration.entry(arguments.command, key.name)
        if entry is None or entry.value in ([], "") or key.attribute in arguments.given or key.group in decided:
            continue
        setattr(filled, key.attribute, as_flag(key, entry.value, configuration))
        configured[key.flag] = configuration.where(entry.place)
    filled.configuration, filled.configured = configuration, configured
    return filled


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


def as_flag(key: Key, value: object, configuration: Configuration) -> object:
    """A value of the file as the parsed flag would be."""
    said = configuration.value_of(key, value)
    if isinstance(said, list):
        return ",".join(said) if key.kind is Kind.NAMES else said
    return said if key.kind is Kind.TRUTH else str(said)


def about_its_place(error: PrecisionlabError, arguments: argparse.Namespace) -> PrecisionlabError:
    """An error about a flag that nobody gave is about the key in the file."""
    flag = error.subject.split(" ")[0].removesuffix(":")
    place = arguments.configured.get(flag)
    rest = error.subject.removeprefix(flag)
    return error if place is None else UsageError(f"{place}{rest}", error.problem, error.remedy)
