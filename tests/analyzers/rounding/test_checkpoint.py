"""Figures of a whole checkpoint, from results written down by hand."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from analyzers.rounding.checkpoint import Layer, path_of, summarize
from analyzers.rounding.drawing import apart
from analyzers.rounding.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Heatmap, Lines, Table
from precisionlab.analysis.results import Measurement, Metric, Result, Scalar, Status
from precisionlab.errors import UsageError
from tests.analyzers.memory import in_memory


def answer(name: str, values: Mapping[str, float], owner: str | None = None, status: Status = Status.DONE) -> Answer:
    """A tensor with these measurements, by names with one label or two."""
    measured = []
    for key, value in values.items():
        bare, _, labels = key.removesuffix("]").partition("[")
        measured.append(
            Measurement(Metric(bare, "", dict(pair.split("=") for pair in labels.split(",") if pair)), value)
        )
    reason = "" if status is Status.DONE else "no reason"
    return Answer(
        in_memory(np.zeros(1, np.float32), name, owner), Result("rounding", name, status, reason, tuple(measured))
    )


def of_layer(bf16: float, fp32: float, amplification: float = 1.0) -> dict[str, float]:
    """Relative errors of two accumulators on normal inputs, and the bits that these are."""
    errors = {"bf16": bf16, "fp32": fp32}
    bits = {f"bits[accumulator={name}]": -math.log2(error) for name, error in errors.items()}
    inputs = {f"relative_error[accumulator={name},inputs=normal]": error for name, error in errors.items()}
    return {**bits, **inputs, "amplification": amplification}


def totals(answers: Sequence[Answer], **options: object) -> Mapping[str, Scalar]:
    """The measurements of the checkpoint by key."""
    result = summarize(answers, Options(**options))  # type: ignore[arg-type] # any option's value
    return {one.metric.key: one.value for one in result.measurements}


LAYERS = [
    answer("layers.0.weight", of_layer(2.0**-6, 2.0**-20, 2.0)),
    answer("layers.1.weight", of_layer(2.0**-5, 2.0**-20, 4.0)),
    answer("layers.2.weight", of_layer(2.0**-9, 2.0**-23, 0.5)),
]


def test_errors_add_up_in_squares_typically_and_through_amplification_at_worst() -> None:
    """By hand: e1; 4 e1 + e2; (4 e1 + e2) / 2 + e3."""
    e = [2.0**-6, 2.0**-5, 2.0**-9]
    values = totals(LAYERS)
    typical, worst = math.sqrt(sum(x * x for x in e)), (4 * e[0] + e[1]) / 2 + e[2]
    assert values["bits_after_all_layers[accumulator=bf16]"] == pytest.approx(-math.log2(typical))
    assert values["bits_after_all_layers_at_worst[accumulator=bf16]"] == pytest.approx(-math.log2(worst))


def test_the_layer_from_which_bits_are_too_few_is_named() -> None:
    """2^-6 leaves 6 bits, with 2^-5 on top fewer than 5."""
    tables = {
        figure.title: figure for figure in summarize(LAYERS, Options(min_bits=5)).figures if isinstance(figure, Table)
    }
    rows = {row[0]: row[4] for row in tables["Right bits through the layers, to first order"].rows}
    assert rows == {"bf16": "layers.1.weight", "fp32": "none"}


def test_totals_name_the_cheapest_that_is_safe_everywhere() -> None:
    """And count where the others are."""
    values = totals(LAYERS, min_bits=5.5)
    assert values["cheapest_safe"] == "fp32"
    assert values["safe_share[accumulator=bf16]"] == 2 / 3
    assert values["fewest_bits[accumulator=bf16]"] == 5
    assert values["median_bits[accumulator=bf16]"] == 6
    assert totals(LAYERS, min_bits=5)["cheapest_safe"] == "bf16"
    assert "cheapest_safe" not in totals(LAYERS, min_bits=30)


def test_calibrated_errors_go_before_normal_ones() -> None:
    """They are the layer's own."""
    values = of_layer(2.0**-6, 2.0**-20) | {"relative_error[accumulator=bf16,inputs=calibration]": 2.0**-3}
    layer = Layer("a", "float32", values)
    assert path_of("bf16", [layer]).typical == (2.0**-3,)
    assert path_of("fp32", [layer]).typical == (2.0**-20,)


def test_unknown_amplification_is_one() -> None:
    """Errors pass as they are."""
    first, second = (
        Layer("a", "float32", of_layer(0.25, 0.5)),
        Layer("b", "float32", {key: value for key, value in of_layer(0.125, 0.5).items() if key != "amplification"}),
    )
    assert path_of("bf16", [first, second]).worst == (0.25, 0.375)


def test_shared_storage_counts_once_and_what_was_not_measured_not_at_all() -> None:
    """A tied head is the embedding's own bytes."""
    more = [
        *LAYERS,
        answer("tied.weight", of_layer(0.5, 0.5), owner="layers.0.weight"),
        answer("b", {}, status=Status.SKIPPED),
    ]
    assert totals(more) == totals(LAYERS)


def test_nothing_measured_is_no_table() -> None:
    """An empty result."""
    result = summarize([answer("b", {}, status=Status.SKIPPED)], Options())
    assert (result.measurements, result.figures) == ((), ())


def test_a_sequence_chooses_and_orders_the_way() -> None:
    """Totals are over all tensors all the same."""
    values = totals(LAYERS, sequence=("layers.2.*", "layers.0.*"))
    assert values["bits_after_all_layers[accumulator=bf16]"] == pytest.approx(-math.log2(math.hypot(2.0**-6, 2.0**-9)))
    assert values["fewest_bits[accumulator=bf16]"] == 5


def test_a_layer_that_overflows_leaves_nothing_after_it() -> None:
    """Whether all outputs do, and errors are NaN, or some, and the others' are small."""
    label = "[accumulator=bf16,inputs=normal]"
    for share, error in ((1.0, math.nan), (0.25, 2.0**-7)):
        values = of_layer(2.0**-6, 2.0**-20) | {f"relative_error{label}": error, f"overflowed_share{label}": share}
        found = totals([LAYERS[0], answer("layers.1.weight", values), LAYERS[2]])
        assert found["bits_after_all_layers[accumulator=bf16]"] == 0
        assert found["bits_after_all_layers_at_worst[accumulator=bf16]"] == 0
        assert float(found["bits_after_all_layers[accumulator=fp32]"]) > 19


def test_a_sequence_that_matches_nothing_is_an_error() -> None:
    """A path of no layers would say nothing."""
    with pytest.raises(UsageError, match=r"rounding\.sequence: matches none of the layers"):
        summarize(LAYERS, Options(sequence=("nope",)))


def test_maps_are_in_the_order_of_the_way_and_one_a_type() -> None:
    """So that the n-th layer of the chart is the n-th row; embeddings come last."""
    half = in_memory(np.zeros(1, np.float16), "layers.0.half.weight")
    answers = [
        answer("lm_head.weight", of_layer(0.25, 0.5)),
        answer("embed.weight", of_layer(0.25, 0.5)),
        Answer(half, LAYERS[0].result),
        *reversed(LAYERS),
    ]
    maps = [figure for figure in summarize(answers, Options()).figures if isinstance(figure, Heatmap)]
    assert {one.title: one.rows for one in maps} == {
        "Right bits of each float32 layer": (
            *(f"layers.{i}.weight" for i in range(3)),
            "lm_head.weight",
            "embed.weight",
        ),
        "Right bits of each float16 layer": ("layers.0.half.weight",),
    }


def test_charts_have_lines_that_can_be_told_apart() -> None:
    """Of nine that end in two clusters and between, six stay, and of each cluster one at least."""
    ends = dict(zip("abcdefghi", (1.0, 1.1, 1.2, 5.0, 9.0, 20.0, 20.1, 20.2, math.inf), strict=True))
    kept = apart(ends)
    assert len(kept) == 6
    assert kept == sorted(kept)
    assert {"d", "e", "i"} <= set(kept)
    assert set(kept) & set("abc")
    assert set(kept) & set("fgh")
    assert apart({"a": math.nan, "b": 1.0}) == ["a", "b"]


def test_figures_are_the_table_the_map_the_way_and_its_picture() -> None:
    """A single layer has no way, nor a map."""
    kinds = [type(figure) for figure in summarize(LAYERS, Options()).figures]
    assert kinds == [Table, Heatmap, Table, Lines]
    assert [type(figure) for figure in summarize(LAYERS[:1], Options()).figures] == [Table]


def test_accumulators_that_some_layers_lack_are_judged_where_they_are() -> None:
    """They are safe everywhere only if they are everywhere."""
    extra = {"bits[accumulator=h100_bf16]": 20.0, "relative_error[accumulator=h100_bf16,inputs=normal]": 2.0**-20}
    values = totals([*LAYERS, answer("x.weight", of_layer(2.0**-6, 2.0**-2) | extra)], min_bits=7)
    assert "cheapest_safe" not in values
    assert values["safe_share[accumulator=h100_bf16]"] == 1
