"""How severities are told apart: by a letter, and by a colour beside it."""

from collections.abc import Mapping
from types import MappingProxyType

from precisionlab.analysis.rules import Severity

LETTERS: Mapping[Severity, str] = MappingProxyType({Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "N"})
STYLES: Mapping[Severity, str] = MappingProxyType(
    {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
)
