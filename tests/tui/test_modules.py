"""Tensors as a tree: natural order, groups that hold what they say, names that match."""

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.tui.matching import best, score
from precisionlab.tui.modules import Group, Leaf, Outline

NAMES = st.lists(
    st.lists(st.sampled_from(["layers", "0", "2", "10", "mlp", "w", ""]), min_size=1, max_size=5).map(".".join),
    unique=True,
    max_size=30,
)


def outline(*names: str, folds: bool = False) -> Outline:
    """The outline of tensors with these names."""
    return Outline([TensorInfo(name, "float32", (1,), ByteRange("", 0, 4)) for name in names], folds_layers=folds)


def leaves(tree: Outline, group: Group) -> list[int]:
    """All tensors under a group, walked as the tree does when everything is opened."""
    found: list[int] = []
    for child in tree.children(group):
        found += [child.index] if isinstance(child, Leaf) else leaves(tree, child)
    return found


@settings(max_examples=200, deadline=None)
@given(names=NAMES)
def test_every_tensor_stands_under_its_groups_once(names: list[str]) -> None:
    """Opening all groups shows each tensor once, in order, folded or not; a group's count is what it holds."""
    for folds in (False, True):
        tree = outline(*names, folds=folds)
        assert leaves(tree, tree.root) == list(range(len(names)))
        assert sorted(info.name for info in tree.tensors) == sorted(names)
        assert {tree.tensors[i].name: i for i in range(len(names))} == dict(tree.places)
        for child in tree.children(tree.root):
            if isinstance(child, Group):
                assert child.n_tensors == len(leaves(tree, child))


def test_layers_are_in_the_order_in_which_one_counts() -> None:
    """layer.2 before layer.10."""
    tree = outline("layer.10.w", "layer.2.w", "layer.1.w")
    assert [info.name for info in tree.tensors] == ["layer.1.w", "layer.2.w", "layer.10.w"]


def test_groups_of_one_branch_are_one_and_single_tensors_are_leaves() -> None:
    """`model.layers` is one row, `norm.weight` too."""
    tree = outline("model.layers.0.w", "model.layers.1.w", "norm.weight")
    children = list(tree.children(tree.root))
    assert [child.label for child in children] == ["model.layers", "norm.weight"]
    assert isinstance(children[1], Leaf)


def test_layers_fold_into_one_row() -> None:
    """The same tensor of all layers stands in one group, under each layer's number."""
    tree = outline("layers.0.q", "layers.1.q", "layers.0.k", "layers.1.k", folds=True)
    (group,) = (child for child in tree.children(tree.root) if isinstance(child, Group))
    assert group.label == "layers.*"
    inner = list(tree.children(group))
    assert [child.label for child in inner] == ["k", "q"]
    assert isinstance(inner[0], Group)
    assert [child.label for child in tree.children(inner[0])] == ["0", "1"]


def test_whole_texts_match_before_scattered_letters() -> None:
    """All texts must match; letters in order do; capitals do not matter."""
    names = list(enumerate(["model.q_proj", "model.quant.proj", "model.k_proj", "norm"]))
    assert best("q_proj", names, 5) == [0]
    assert set(best("MODEL _proj", names, 9)) == {0, 2}
    assert set(best("model proj", names, 9)) == {0, 1, 2}
    assert best("xyz", names, 5) == []
    assert score("qp", "q_proj") is not None
    assert score("pq", "q_proj") is None
