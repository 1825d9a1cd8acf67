"""What a rule means, beside the finding that it made."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from precisionlab.analysis.rules import Rule


class RulePane(VerticalScroll):
    """The documentation page of a rule; hidden until one is wanted."""

    BINDING_GROUP_TITLE = "Rule"
    BINDINGS = [
        Binding("escape,q,e", "screen.explain", "Close", id="rule.close"),
        Binding("j", "scroll_down", "Down", show=False, id="rule.down"),
        Binding("k", "scroll_up", "Up", show=False, id="rule.up"),
    ]
    DEFAULT_CSS = """
    RulePane { display: none; width: 56; padding: 0 1; border: round $primary-muted; border-title-color: $text-muted; }
    RulePane.-shown { display: block; }
    RulePane:focus { border: round $accent; border-title-color: $text; }
    RulePane Markdown { padding: 0; background: transparent; }
    """

    def compose(self) -> ComposeResult:
        """The page."""
        yield Markdown()

    def show(self, rule: Rule) -> None:
        """Show the page of a rule."""
        if self.border_title != f"{rule.code} {rule.name}":
            self.border_title = f"{rule.code} {rule.name}"
            self.border_subtitle = "e closes"
            page = f"**{rule.severity.label}**: {rule.summary}\n\n→ {rule.remedy}\n\n{rule.explanation}"
            self.query_one(Markdown).update(page)
            self.scroll_home(animate=False)
        self.add_class("-shown")
