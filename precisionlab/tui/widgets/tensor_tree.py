"""The tensors by module path, with a letter for the worst finding of each; groups fill when they are opened."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from precisionlab.analysis.rules import Severity
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.escaping import printable
from precisionlab.reports.quantities import byte_size, count, counted
from precisionlab.tui.copying import Copied
from precisionlab.tui.modules import Group, Leaf, Outline, Path
from precisionlab.tui.severities import LETTERS, STYLES

MOST_SHOWN = 2_000
"""Members of one group that are listed."""
NOTHING: Mapping[int, str] = MappingProxyType({})
SHORT = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32", "float64": "fp64"}

Entry = Group | Leaf | None
"""None for the whole checkpoint, and for the line that says how many are not shown."""


class TensorTree(Tree[Entry]):
    """A tree of tensors. Says with `Picked` which one the cursor is on."""

    BINDINGS = [
        Binding("s", "screen.sort", "Sort", id="tree.sort"),
        Binding("f", "screen.fold", "Fold layers", show=False, id="tree.fold"),
        Binding("S", "screen.turn_round", "Turn the order round", show=False, id="tree.turn_round"),
        Binding("j", "cursor_down", "Down", show=False, id="tree.down"),
        Binding("k", "cursor_up", "Up", show=False, id="tree.up"),
        Binding("l", "open_group", "Open", show=False, id="tree.open"),
        Binding("h", "close_group", "Close", show=False, id="tree.close"),
        Binding("right", "open_group", "Open", show=False),
        Binding("left", "close_group", "Close", show=False),
    ]

    class Picked(Message):
        """The cursor is on this tensor, or (None) on the whole checkpoint."""

        def __init__(self, tensor: TensorInfo | None) -> None:
            super().__init__()
            self.tensor = tensor

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("tensors", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.outline = Outline((), folds_layers=False)
        self.worst: dict[str, Severity] = {}
        """The worst finding about each tensor that has one."""
        self.notes: dict[str, str] = {}
        """A word about each tensor of which there is one to say."""
        self._worst_around: dict[Path, Severity] = {}
        """The same for groups."""
        self._beside: Mapping[int, str] = {}
        """What is said beside tensors of a list instead of what their headers tell."""
        self._leaves: dict[int, TreeNode[Entry]] = {}
        self._groups: dict[Path, TreeNode[Entry]] = {}
        self._whole: TreeNode[Entry] | None = None

    def show(self, outline: Outline) -> None:
        """Show these tensors by module path."""
        if outline is not self.outline:
            self.outline = outline
            self._worst_around.clear()
            for name, severity in self.worst.items():
                deque(self._worsened(name, severity), maxlen=0)
        self._empty({})
        self._whole = self.root.add_leaf(Text("    whole checkpoint", "italic"), data=None)
        self.root.data = outline.root
        self._add(self.root, outline.children(outline.root), len(outline.tensors))
        self.root.expand()
        self._open_alone()
        self.call_after_refresh(self.move_cursor, self._whole)

    def show_flat(self, indices: Sequence[int], beside: Mapping[int, str] = NOTHING) -> None:
        """Show these tensors of the outline one below the other, under their full names."""
        self._empty(beside)
        self._add(self.root, (Leaf(self.outline.tensors[index].name, index) for index in indices), len(indices))
        self.root.expand()

    def lead_to(self, name: str) -> bool:
        """Open the groups around a tensor and move the cursor there; whether it is shown at all."""
        index = self.outline.places.get(name)
        if index is None:
            return False
        path = self.outline.paths[index]
        for depth in range(1, len(path) + 1):
            node = self._groups.get(path[:depth])
            if node is not None:
                self._fill(node)
                node.expand()
        leaf = self._leaves.get(index)
        if leaf is not None:
            self.call_after_refresh(self.move_cursor, leaf)
        return leaf is not None

    def go_to_first(self) -> None:
        """Move the cursor to the first line, and tell, though it may have been there before."""
        if self.root.children:
            first = self.root.children[0]
            self.call_after_refresh(self.move_cursor, first)
            # Textual tells only of a line with another number.
            self.post_message(self.NodeHighlighted(first))

    def mark(self, found: Iterable[tuple[str, Severity]]) -> None:
        """Findings of these severities are about these tensors."""
        for name, severity in found:
            if self.worst.get(name, 0) < severity:
                self.worst[name] = severity
                for node in self._worsened(name, severity):
                    if node.data is not None:
                        node.set_label(self._label(node.data))

    def note(self, found: Mapping[str, str]) -> None:
        """These words are to be said of these tensors."""
        self.notes.update(found)
        for index, node in self._leaves.items():
            if self.outline.tensors[index].name in found and isinstance(node.data, Leaf):
                node.set_label(self._label(node.data))

    def copied(self) -> Copied | None:
        """The full name of the tensor, or of the module, under the cursor."""
        entry = self.cursor_node.data if self.cursor_node is not None else None
        if isinstance(entry, Leaf):
            name = self.outline.tensors[entry.index].name
            return Copied("the tensor's name", printable(name, len(name)))
        if isinstance(entry, Group):
            name = ".".join(entry.path)
            return Copied("the module's name", printable(name, len(name)))
        return None

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Entry]) -> None:
        """Fill a group the first time."""
        self._fill(event.node)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Entry]) -> None:
        """Tell which tensor it is."""
        if isinstance(event.node.data, Leaf):
            self.post_message(self.Picked(self.outline.tensors[event.node.data.index]))
        elif event.node is self._whole:
            self.post_message(self.Picked(None))

    def action_open_group(self) -> None:
        """Open the group, or go to its first member."""
        node = self.cursor_node
        if node is not None and node.allow_expand:
            if node.is_expanded:
                self.action_cursor_down()
            else:
                node.expand()

    def action_close_group(self) -> None:
        """Close the group, or go to the group around."""
        node = self.cursor_node
        if node is None:
            return
        if node.allow_expand and node.is_expanded:
            node.collapse()
        elif node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)

    def _fill(self, node: TreeNode[Entry]) -> None:
        if isinstance(node.data, Group) and node is not self.root and not node.children:
            self._add(node, self.outline.children(node.data), node.data.n_tensors)

    def _add(self, node: TreeNode[Entry], members: Iterable[Group | Leaf], n_tensors: int) -> None:
        """Add the first members of a group of so many tensors."""
        for member in islice(members, MOST_SHOWN):
            if isinstance(member, Leaf):
                n_tensors -= 1
                self._leaves[member.index] = node.add_leaf(self._label(member), data=member)
            else:
                n_tensors -= member.n_tensors
                self._groups[member.path] = node.add(self._label(member), data=member)
        if n_tensors:
            node.add_leaf(Text(f"and {counted(n_tensors, 'more tensor')}: / finds them", "italic"), data=None)

    def _open_alone(self) -> None:
        """A group that holds everything is opened, since there is nothing else to look at."""
        alone = [node for node in self.root.children if node is not self._whole]
        if len(alone) == 1 and alone[0].allow_expand:
            self._fill(alone[0])
            alone[0].expand()

    def _empty(self, beside: Mapping[int, str]) -> None:
        self._beside = beside
        self._leaves.clear()
        self._groups.clear()
        self._whole = None
        self.clear()

    def _worsened(self, name: str, severity: Severity) -> Iterator[TreeNode[Entry]]:
        """Note the finding in the groups around the tensor; those lines whose letter it changes."""
        index = self.outline.places.get(name)
        if index is None:
            return
        path = self.outline.paths[index]
        for depth in range(1, len(path) + 1):
            if self._worst_around.get(path[:depth], 0) < severity:
                self._worst_around[path[:depth]] = severity
                if path[:depth] in self._groups:
                    yield self._groups[path[:depth]]
        if index in self._leaves:
            yield self._leaves[index]

    def _label(self, entry: Group | Leaf) -> Text:
        if isinstance(entry, Group):
            return labelled(self._worst_around.get(entry.path), entry.label, count(entry.n_tensors))
        info = self.outline.tensors[entry.index]
        told = self._beside.get(entry.index)
        note, beside = ("", told) if told else (self.notes.get(info.name, ""), header_text(info))
        return Text.assemble("  ", labelled(self.worst.get(info.name), entry.label, beside, note))


def header_text(info: TensorInfo) -> str:
    """What a tensor's header tells: format, shape and size."""
    sizes = "x".join(map(str, info.shape)) or "scalar"
    return f"{SHORT.get(info.dtype, info.dtype)} {sizes} {byte_size(info.n_bytes)}"


def labelled(severity: Severity | None, name: str, beside: str, note: str = "") -> Text:
    """A line of the tree: severity's letter, name, a word about it, and what there is to say beside it."""
    text = Text(f"{LETTERS[severity]} ", STYLES[severity]) if severity else Text("  ")
    return Text.assemble(text, printable(name, 200), (f"  {note}" if note else "", "bold"), (f"  {beside}", "dim"))
