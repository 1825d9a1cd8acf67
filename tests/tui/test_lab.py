"""The lab, used as somebody would: a real app on real samples."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Collapsible, Input, TabbedContent

from precisionlab.analysis.rules import Severity
from precisionlab.reports.quantities import byte_size, significant
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.modules import Leaf
from precisionlab.tui.orders import BY_NAME, BY_SIZE
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.screens.sort_menu import SortMenu
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel, FindingView
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.figure_view import FigureView
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.rule_pane import RulePane
from precisionlab.tui.widgets.status_bar import StatusBar
from precisionlab.tui.widgets.tensor_tree import TensorTree
from precisionlab.tui.widgets.tensors_part import TensorsPart
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


def play(sample: str, flow: Flow, size: tuple[int, int] = (140, 45)) -> None:
    """Open a sample, wait until its scan is over, and let somebody use the lab."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLES / sample))
        async with app.run_test(size=size) as pilot:
            lab = await scanned(app, pilot)
            lab.query_one(AnalyzersPart).turn_to("range")
            await until(pilot, lambda: panel(lab).analyzer.name == "range")
            await flow(lab, pilot)

    asyncio.run(main())


def chosen(lab: LabScreen) -> str | None:
    """The name of the tensor that is looked at."""
    return lab._chosen.name if lab._chosen else None


def panel(lab: LabScreen) -> AnalyzerPanel:
    """The panel that is seen."""
    found = lab.active_panel()
    assert found is not None
    return found


def codes(lab: LabScreen) -> set[str] | None:
    """The rules that fired in the answer that is shown; None where there is none yet."""
    result = panel(lab).result
    return {found.code for found in result.findings} if result is not None else None


def test_tensors_have_the_letters_of_their_worst_findings() -> None:
    """Of groups too; the list has all findings, the worst first."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree, findings = lab.query_one(TensorTree), lab.query_one(FindingsList)
        await until(pilot, lambda: len(findings.findings) == 43 and findings.option_count == 43)
        assert tree.worst["nan.single.weight"] is Severity.ERROR
        rows = [str(node.label) for node in tree.root.children]
        assert any(row.startswith("E nan ") for row in rows)
        severities = [finding.severity for finding, _ in findings._listed]
        assert severities == sorted(severities, reverse=True)

    play("sick.safetensors", flow)


def test_walking_the_tree_shows_each_tensors_answer() -> None:
    """Figures and measurements of the tensor under the cursor, from the scan."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"healthy", "enter")
        await until(pilot, lambda: chosen(lab) == "healthy.weight")
        await until(pilot, lambda: panel(lab).result is not None)
        result = panel(lab).result
        assert result is not None
        assert result.subject == "healthy.weight"
        await until(pilot, lambda: len(panel(lab).query(FigureView)) == len(result.figures) + 1)

    play("sick.safetensors", flow)


def test_another_analyzer_answers_when_its_tab_is_chosen() -> None:
    """It was not part of the scan: it is asked then, once, and the answer is kept."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"down_proj", "enter")
        await until(pilot, lambda: chosen(lab) is not None)
        lab.query_one(TabbedContent).active = "tab-spectrum"
        await until(pilot, lambda: panel(lab).analyzer.name == "spectrum" and panel(lab).result is not None)
        first = panel(lab).result
        lab.query_one(TabbedContent).active = "tab-range"
        await until(pilot, lambda: panel(lab).analyzer.name == "range")
        lab.query_one(TabbedContent).active = "tab-spectrum"
        await until(pilot, lambda: panel(lab).result is first)

    play("tiny-transformer", flow)


def test_other_options_ask_anew() -> None:
    """A wrong value is told beside the form and asks nothing; a right one changes the answer."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"subnormal.half.weight", "enter")
        await until(pilot, lambda: codes(lab))
        panel(lab).query_one(Collapsible).collapsed = False
        await pilot.pause(0.2)
        share = next(field for field in panel(lab).query(Input) if field.name == "max_subnormal_share")
        share.value = "2"
        problem = panel(lab).query_one(".problem")
        await until(pilot, lambda: problem.has_class("-shown"))
        share.value = "1"
        await until(pilot, lambda: not problem.has_class("-shown"))
        await until(pilot, lambda: codes(lab) == set())

    play("sick.safetensors", flow)


def test_findings_lead_to_their_tensor_and_explain_themselves() -> None:
    """Enter goes there and marks it, e shows the rule's page, which follows the cursor; v leaves errors alone."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        findings = lab.query_one(FindingsList)
        await until(pilot, lambda: findings.option_count == 43)
        await pilot.press("3", "down", "enter")
        expected = findings._listed[findings.highlighted or 0][0].subject
        await until(pilot, lambda: chosen(lab) == expected)
        await until(pilot, lambda: panel(lab).query(".-followed"))
        view = panel(lab).query_one(".-followed", FindingView)
        assert view.finding.subject == expected
        await pilot.press("3", "e")
        pane = lab.query_one(RulePane)
        await until(pilot, lambda: pane.display and pane.border_title == f"{view.finding.code} nan")
        while findings._listed[findings.highlighted or 0][0].code == view.finding.code:
            await pilot.press("down")
        other = findings._listed[findings.highlighted or 0][0].code
        await until(pilot, lambda: str(pane.border_title).startswith(other))
        await pilot.press("e")
        await until(pilot, lambda: not pane.display)
        await pilot.press("v", "v")
        await until(pilot, lambda: 0 < findings.option_count < 43)
        assert {finding.severity for finding, _ in findings._listed} == {Severity.ERROR}

    play("sick.safetensors", flow)


def test_tensors_are_sorted_and_folded() -> None:
    """By size the largest first or the smallest, by name as a tree; layers fold into one row."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree, part = lab.query_one(TensorTree), lab.query_one(TensorsPart)
        await pilot.press("1", "s")
        await until(pilot, lambda: isinstance(lab.app.screen, SortMenu))
        await pilot.press("down", "enter")
        await until(pilot, lambda: part.order == BY_SIZE)
        first = str(tree.root.children[0].label)
        largest = max(tree.outline.tensors, key=lambda info: info.n_bytes)
        assert largest.name in first
        await pilot.press("S")
        await until(pilot, lambda: part.is_reversed)
        smallest = min(tree.outline.tensors, key=lambda info: info.n_bytes)
        assert byte_size(smallest.n_bytes) in str(tree.root.children[0].label)
        await pilot.press("escape")
        await until(pilot, lambda: part.order == BY_NAME)
        await pilot.press("f")
        await until(pilot, lambda: "*" in {part for path in tree.outline.paths for part in path})

    play("tiny-transformer", flow)


def test_tensors_are_listed_by_a_figure() -> None:
    """Each with its value beside it, in the order of the values that the results hold."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree, part = lab.query_one(TensorTree), lab.query_one(TensorsPart)
        await pilot.press("1", "s")
        await until(pilot, lambda: isinstance(lab.app.screen, SortMenu))
        await pilot.press(*"range largest", "enter")
        await until(pilot, lambda: part.order.label == "range.largest_magnitude")
        values = {
            question.subject: result.value("largest_magnitude")
            for question, result in lab._answers.items()
            if question.analyzer == "range" and question.subject and "largest_magnitude" in result.values
        }
        leaves = [node for node in tree.root.children if isinstance(node.data, Leaf)]
        names = [tree.outline.tensors[node.data.index].name for node in leaves if isinstance(node.data, Leaf)]
        shown = [float(values[name]) for name in names if name in values]
        assert len(shown) == len(values) > 20
        assert shown == sorted(shown, reverse=True)
        assert significant(shown[0]) in str(leaves[0].label)

    play("tiny-transformer", flow)


def test_findings_are_found_by_their_words() -> None:
    """Every word must be in a finding; escape shows all again."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        findings = lab.query_one(FindingsList)
        await until(pilot, lambda: findings.option_count == 43)
        await pilot.press("3", "slash", *"pl001 half")
        await until(pilot, lambda: 0 < findings.option_count < 43)
        assert {(one.code, "half" in str(one.subject)) for one, _ in findings._listed} == {("PL001", True)}
        await pilot.press("escape")
        await until(pilot, lambda: findings.option_count == 43)

    play("sick.safetensors", flow)


def test_a_finding_comes_back_with_its_options() -> None:
    """Other options replace what an analyzer found in a tensor; what others found leads back to how it was asked."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        findings, tree = lab.query_one(FindingsList), lab.query_one(TensorTree)
        await until(pilot, lambda: findings.option_count == 43)
        lab.go_to("subnormal.half.weight")
        await until(pilot, lambda: codes(lab) == {"PL020"})
        await pilot.press("2", "o")
        share = next(field for field in panel(lab).query(Input) if field.name == "max_subnormal_share")
        share.value = "1"
        await until(pilot, lambda: codes(lab) == set())
        await until(pilot, lambda: findings.option_count == 42)
        found, question = next(pair for pair in findings._listed if pair[0].subject == "nan.single.weight")
        lab.post_message(FindingsList.Followed(found, question))
        await until(pilot, lambda: chosen(lab) == "nan.single.weight")
        await until(pilot, lambda: share.value != "1" and panel(lab).options == question.options)
        assert tree.cursor_node is not None

    play("sick.safetensors", flow)


def test_all_tensors_are_asked_and_the_checkpoint_answers() -> None:
    """Then the whole checkpoint has an answer of that analyzer."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        lab.query_one(TabbedContent).active = "tab-bits"
        await until(pilot, lambda: panel(lab).analyzer.name == "bits")
        lab.choose(None)
        await until(pilot, lambda: panel(lab).result is None)
        await pilot.press("1", "a")
        await until(pilot, lambda: panel(lab).result is not None and panel(lab).result.subject is None)  # type: ignore[union-attr]

    play("healthy.safetensors", flow)


def test_hostile_names_are_shown_as_text() -> None:
    """Markup and escapes in names reach no renderer as such."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree = lab.query_one(TensorTree)
        await pilot.press("1", *["down"] * len(tree.outline.tensors))
        assert not any("\x1b" in str(node.label) for node in tree.root.children)
        for info in tree.outline.tensors:
            lab.choose(info)
            await until(pilot, lambda: panel(lab).result is not None)

    play("hostile-names.safetensors", flow)


def test_a_small_terminal_has_a_drawer() -> None:
    """In 80 by 24 the tensors lie over the rest, and t puts them away; growing shows both."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        left = lab.query_one("#left")
        assert lab.has_class("-narrow")
        await pilot.press("t")
        await until(pilot, lambda: not left.display)
        await pilot.press("t")
        await until(pilot, lambda: bool(left.display))
        await pilot.resize_terminal(160, 50)
        await until(pilot, lambda: lab.has_class("-wide"))

    play("healthy.safetensors", flow, (80, 24))


def test_the_microscope_opens_on_the_chosen_tensor() -> None:
    """And comes back to the lab."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        lab.choose(lab.query_one(TensorTree).outline.tensors[0])
        await pilot.press("b")
        await until(pilot, lambda: isinstance(lab.app.screen, MicroscopeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: lab.app.screen is lab)

    play("healthy.safetensors", flow)


def test_what_cannot_be_opened_is_told() -> None:
    """In the status line, with the reason; the app stays."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLES / "text.txt"))
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen))
            await until(pilot, lambda: app.screen.query(StatusBar))
            bar = app.screen.query_one(StatusBar)
            await until(pilot, lambda: "text.txt" in bar.said and "…" not in bar.said)

    asyncio.run(main())


def test_the_focus_goes_with_the_analyzer() -> None:
    """Turning the tabs in a panel leaves it in the next one, not nowhere; elsewhere it stays where it is."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        await pilot.press("2", "right_square_bracket")
        await until(pilot, lambda: panel(lab).analyzer.name != "range" and panel(lab).has_focus)
        await pilot.press("1", "left_square_bracket")
        await until(pilot, lambda: panel(lab).analyzer.name == "range")
        assert lab.focused is lab.query_one(TensorTree)

    play("healthy.safetensors", flow)
