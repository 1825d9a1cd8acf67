"""What a rule means, over the screen that asked."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from precisionlab.analysis.rules import Rule


class RuleScreen(ModalScreen[None]):
    """The documentation page of a rule."""

    BINDINGS = [Binding("escape,q,e", "dismiss", "Close")]
    DEFAULT_CSS = """
    RuleScreen { align: center middle; }
    RuleScreen VerticalScroll { width: 90%; max-width: 100; height: 80%; border: round $accent; background: $surface; padding: 0 2; }
    """

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self._rule = rule

    def compose(self) -> ComposeResult:
        """The page."""
        rule = self._rule
        with VerticalScroll() as scroll:
            scroll.border_title = f"{rule.code} {rule.name}"
            scroll.border_subtitle = "Esc closes"
            yield Markdown(f"**{rule.severity.label}**: {rule.summary}\n\n→ {rule.remedy}\n\n{rule.explanation}")
