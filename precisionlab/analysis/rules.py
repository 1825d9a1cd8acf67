"""What a linter rule is."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding matters; ordered, so that `>=` compares."""

    NOTE = 1
    """Worth knowing; nothing is wrong."""
    WARNING = 2
    """Costs accuracy, bytes or time, or will on the next cast."""
    ERROR = 3
    """The numbers are broken."""

    @property
    def label(self) -> str:
        """The word shown to users: `note`, `warning` or `error`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong, under a code that never changes its meaning."""

    code: str
    """`PL` and three digits for the built-in analyzers; other analyzers use their own letters."""
    name: str
    """Short name in kebab case."""
    severity: Severity
    summary: str
    """What is the case when the rule fires, as one clause without a full stop."""
    remedy: str
    """What to do about it, as one clause without a full stop."""
    explanation: str
    """The documentation page's text in Markdown: definition, why it matters, what to do."""
