"""The libraries that are measured beside ours, where they are installed."""

import importlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TypeVar

Values = TypeVar("Values")


def installed(name: str) -> ModuleType | None:
    """A module, if it is there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def version_of(name: str) -> str:
    """The version of a package, or that it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        is_there = name == "microxcaling" and installed("mx") is not None
        return "from its repository" if is_there else "not installed, skipped"


def bound(action: Callable[[Values], object], values: Values) -> Callable[[], object]:
    """The action on these values."""
    return lambda: action(values)
