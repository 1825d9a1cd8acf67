"""The grammar of `precisionlab config`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import add_configuration

DESCRIPTION = """\
Check the configuration file, and print the settings that hold where no flag is
given, each with where it comes from. --format toml prints a file with all of
them, to start from:
  config --format toml > new.toml"""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab config`."""
    parser = add_parser(
        "config",
        help="check the configuration, and print what holds and where it comes from",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_configuration(parser)
    parser.add_argument("--all", action="store_true", help="all options of analyzers too, in text")
    parser.add_argument("--format", choices=("text", "json", "toml"), default="text", help="default: text")
