"""Flags that several commands have."""

from typing import Any

from precisionlab.cli.exit_codes import MEANINGS

FAIL_ON = ("note", "warning", "error", "never")

EPILOG = "exit codes:\n" + "\n".join(f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items())

COMPLETES_FILES = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
"""How shells complete an argument that is a path."""


def add_means(group: Any) -> None:  # noqa: ANN401 - argparse's groups have no public type
    """With what a checkpoint is read and measured."""
    group.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps; default: auto")
    group.add_argument(
        "--memory", metavar="SIZE", help="most bytes of a tensor held at once, e.g. 2GiB; default: 512MiB"
    )
    group.add_argument("--threads", metavar="N", help="threads that read and count; default: one a processor")


def add_configuration(group: Any) -> None:  # noqa: ANN401 - as above
    """Where what no flag says is looked up."""
    group.add_argument(
        "--config", metavar="FILE", help="configuration; default: precisionlab.toml or pyproject.toml upwards"
    )


def add_display(parser: Any) -> None:  # noqa: ANN401 - a parser, or a group of one
    """How a small command prints."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
