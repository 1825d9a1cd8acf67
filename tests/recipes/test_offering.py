"""What recipes choose from where nobody names formats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.quantization.targets import parse_targets
from precisionlab.errors import FormatError, UsageError
from precisionlab.recipes.losses import Offer
from precisionlab.recipes.offering import OFFERED, OFFERED_FOR, SPREAD, near, offered, targets_in, widths_of
from precisionlab.recipes.runtimes import RUNTIMES, supports
from tests.recipes.checkpoints import info_of

NAMES = [runtime.name for runtime in RUNTIMES]


def names(targets: object) -> list[str]:
    """Of targets."""
    assert isinstance(targets, tuple)
    return [target.name for target in targets]


def test_every_name_is_a_target_and_every_runtime_has_an_offer_that_it_runs() -> None:
    """No entry is misspelt, and none is left out in silence."""
    assert names(offered((), ())) == list(OFFERED)
    assert set(OFFERED_FOR) == set(NAMES)
    for runtime in NAMES:
        assert names(offered((), (runtime,))) == list(OFFERED_FOR[runtime])


@pytest.mark.parametrize("runtime", NAMES)
def test_named_formats_must_be_ones_that_the_runtime_runs(runtime: str) -> None:
    """Those that it lacks are told; without a runtime everything goes."""
    lacking = [name for name in ("q4_k", "int4_g128", "nf4_g64") if not supports(runtime, name)]
    with pytest.raises(UsageError, match=f"{runtime} does not run {', '.join(lacking)}"):
        offered(("q4_k", "int4_g128", "nf4_g64"), (runtime,))
    assert names(offered(("q4_k", "INT4_G128", "q4_k"), ())) == ["q4_k", "int4_g128"]


def test_several_runtimes_are_offered_what_all_have() -> None:
    """And an error where that is nothing."""
    both = ("compressed-tensors", "torchao")
    shared = names(offered((), both))
    assert {"int8_channel", "nvfp4", "int4_g128", "int4_g64"} <= set(shared)
    assert all(supports(runtime, name) for name in shared for runtime in both)
    with pytest.raises(UsageError, match=r"llama\.cpp and bitsandbytes have no usual format in common"):
        offered((), ("llama.cpp", "bitsandbytes"))


def test_an_unknown_format_is_an_error() -> None:
    """The nearest is suggested."""
    with pytest.raises(FormatError, match="int4_g128"):
        offered(("int4_g12x",), ())


def offers_of(*shapes: tuple[int, ...], formats: tuple[str, ...] = OFFERED) -> tuple[Offer, ...]:
    """The same for tensors of some shapes."""
    return tuple(Offer(info_of(f"layer{i}", shape), parse_targets(formats)) for i, shape in enumerate(shapes))


def test_formats_near_a_budget() -> None:
    """Those within the spread by their own bits, scales counted."""
    offers = offers_of((4096, 4096))
    assert names(targets_in(near(offers, 4.5))) == ["int5_g128", "nf4_g64", "nvfp4", "int4_g128", "mxfp4", "int3_g128"]
    assert names(targets_in(near(offers, 6.75))) == [
        "int8_channel",
        "float8_e4m3fn:amax",
        "mxfp8_e4m3",
        "int6_g128",
        "int5_g128",
    ]
    assert names(targets_in(near(offers, 6.25 + SPREAD + 0.001))) == [
        "int8_channel",
        "float8_e4m3fn:amax",
        "mxfp8_e4m3",
        "int6_g128",
    ]


def test_a_budget_just_below_the_near_formats_can_be_met() -> None:
    """Eight bits hold no format of eight and a scale: the widest that fits is offered too."""
    kept = near(offers_of((4096, 4096)), 8.0)
    assert "int6_g128" in names(targets_in(kept))
    assert "int8_channel" in names(targets_in(kept))


def test_below_all_formats_the_narrowest_is_offered() -> None:
    """Nothing is near, or within: that one tells what is possible."""
    assert names(targets_in(near(offers_of((64, 64)), 0.5))) == ["int3_g128"]


def test_a_tensor_is_not_left_without_an_offer() -> None:
    """Where none of its own formats is near, it keeps them all."""
    wide = Offer(info_of("odd", (4, 100)), parse_targets(["int8_channel"]))
    kept = near((*offers_of((4096, 4096)), wide), 4.5)
    assert kept[1] == wide
    assert "int8_channel" not in names(kept[0].targets)


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=4),
    st.floats(0.1, 20),
    st.lists(st.sampled_from(OFFERED), min_size=1, unique=True),
)
def test_narrowing_never_makes_a_budget_unmeetable(
    shapes: list[tuple[int, int]], budget: float, formats: list[str]
) -> None:
    """If one format on offer fits for all, one of those left does; widths are exact means of the catalogue's bits."""
    offers = offers_of(*shapes, formats=tuple(formats))
    widths = widths_of(offers)
    kept = widths_of(near(offers, budget))
    n_weights = sum(rows * columns for rows, columns in shapes)
    for target, width in widths.items():
        assert width == sum(target.bits(shape) for shape in shapes) / n_weights
    assert any(width <= budget for width in kept.values()) == any(width <= budget for width in widths.values())
    assert all(width == widths[target] for target, width in kept.items())
