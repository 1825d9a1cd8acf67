"""What cannot be multiplied is refused in one line; sums of nothing are zero."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from precisionlab.accumulation import HARDWARE, Chain, Promoted, Strassen, matmul_by, parse_accumulator
from precisionlab.errors import FormatError, PrecisionlabError, UsageError
from precisionlab.formats import formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation import Method, Way
from tests.accumulation.inputs import REPRESENTATIVES, seed_of, written_in

ONES = np.ones((3, 4), np.float32)
COLUMN = np.ones(4, np.float32)


def refused(
    weights: Any = ONES,  # noqa: ANN401 - anything at all is given
    inputs: Any = COLUMN,  # noqa: ANN401 - anything at all is given
    accumulator: Any = "fp32",  # noqa: ANN401 - anything at all is given
    error: type[PrecisionlabError] = UsageError,
    **options: Any,  # noqa: ANN401 - anything at all is given
) -> str:
    """The message of the error, which is one line."""
    with pytest.raises(error) as caught:
        matmul_by(weights, inputs, accumulator, **options)
    message = str(caught.value)
    assert message
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("weights", "inputs"),
    [
        ((3, 4), (3,)),
        ((3, 4), (5, 2)),
        ((3, 4), (2, 4)),
        ((3, 4), ()),
        ((3, 4), (4, 2, 1)),
        ((4,), (4,)),
        ((), ()),
        ((2, 3, 4), (4,)),
        ((0, 4), (3, 0)),
    ],
)
@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
def test_shapes_that_do_not_fit(weights: tuple[int, ...], inputs: tuple[int, ...], library: Any) -> None:  # noqa: ANN401
    """Both are named, and which do fit."""
    w, x = (library.zeros(shape, dtype=library.float32) for shape in (weights, inputs))
    message = refused(w, x)
    assert f"{list(weights)} and {list(inputs)}" in message
    assert "weights [m, k] and inputs [k, n] or [k]" in message


@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
def test_float64_is_refused(library: Any) -> None:  # noqa: ANN401 - a module
    """On either side, as its products are not exact in float64."""
    single, double = (library.ones((4, 4), dtype=kind) for kind in (library.float32, library.float64))
    for w, x in ((single, double), (double, single), (double, double)):
        assert "convert weights and inputs to float32" in refused(w, x)


@pytest.mark.parametrize("kind", [np.int32, np.complex64, np.bool_])
def test_other_types_are_refused(kind: type) -> None:
    """They are named."""
    assert np.dtype(kind).name in refused(ONES.astype(kind))
    assert np.dtype(kind).name in refused(ONES, COLUMN.astype(kind))


@pytest.mark.parametrize("other", [[[1.0, 2.0]], 1.0, None, "ones"])
def test_what_is_no_array(other: object) -> None:
    """Lists, numbers and the like."""
    assert "is no array" in refused(other)
    assert "is no array" in refused(ONES, other)


def test_two_libraries_do_not_mix() -> None:
    """One of the two must be converted."""
    assert "two libraries" in refused(ONES, torch.ones(4))
    assert "two libraries" in refused(torch.ones((3, 4)), COLUMN)


def test_tensors_without_numbers_in_memory() -> None:
    """Sparse ones and those of the meta device."""
    assert "sparse" in refused(torch.ones((3, 4)).to_sparse(), torch.ones(4))
    assert "meta" in refused(torch.ones((3, 4), device="meta"), torch.ones(4))


@pytest.mark.parametrize("accumulator", ["", "fp33", "h100_fp4", "fp32_fast", 5, None, ["fp32"], b"fp32"])
def test_unknown_accumulators(accumulator: object) -> None:
    """The message says how they are called."""
    assert "fp32_blocked128" in refused(accumulator=accumulator)


@pytest.mark.parametrize("name", ["int8", "e8m0", "e11m30", "nf4_kahan"])
def test_formats_that_are_not_computed_in(name: str) -> None:
    """Integers, floats without a sign, codebooks, and those that float64 does not simulate."""
    refused(accumulator=name, error=PrecisionlabError)
    if "_" not in name:
        refused(accumulator=f"fp16_promoted8_into_{name}", error=FormatError)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", None])
def test_numbers_of_threads(threads: object) -> None:
    """At least one, and whole."""
    assert "threads" in refused(threads=threads)


def test_more_threads_than_rows_do_no_harm() -> None:
    """Those without work do not start."""
    assert matmul_by(ONES, COLUMN, "fp32", threads=10**9).tolist() == [4.0] * 3


@pytest.mark.parametrize("name", [*REPRESENTATIVES, "fp32_strassen2"])
@pytest.mark.parametrize("shape", [(3, 0, 2), (0, 4, 2), (3, 4, 0), (0, 0, 0), (1, 0, 1)])
def test_sums_of_nothing_are_zero(name: str, shape: tuple[int, int, int]) -> None:
    """Of no products +0, and of no rows or columns there are none."""
    m, k, n = shape
    w, x = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
    product = matmul_by(w, x, name, **seed_of(name))
    assert product.shape == (m, n)
    assert written_in(product) == ["0x0.0p+0"] * (m * n)
    tensor = matmul_by(torch.from_numpy(w), torch.from_numpy(x), name, **seed_of(name))
    assert tensor.shape == (m, n)
    assert written_in(tensor) == written_in(product)
    if n:
        assert matmul_by(w, x[:, 0], name, **seed_of(name)).shape == (m,)


def float_format(name: str) -> FloatFormat:
    """A format of floats."""
    found = formats.element(name)
    assert isinstance(found, FloatFormat)
    return found


HALF = float_format("float16")
IMPOSSIBLE: dict[str, tuple[type, dict[str, Any]]] = {
    "to odd": (Chain, {"format": HALF, "rounding": Rounding.TO_ODD}),
    "float64 downwards": (Chain, {"format": float_format("float64"), "rounding": Rounding.DOWN}),
    "pairwise downwards": (Chain, {"format": HALF, "rounding": Rounding.DOWN, "method": Method(Way.PAIRWISE)}),
    "an order of its own": (Chain, {"format": HALF, "method": Method(Way.NEUMAIER)}),
    "a fused pair": (Chain, {"format": HALF, "method": Method(Way.PAIRWISE), "is_fused": True}),
    "no random bits": (Chain, {"format": HALF, "rounding": Draw.STOCHASTIC}),
    "too many random bits": (Chain, {"format": HALF, "rounding": Draw.STOCHASTIC, "random_bits": 29}),
    "random bits for nothing": (Chain, {"format": HALF, "random_bits": 8}),
    "no promotion": (Promoted, {"inner": Chain(HALF), "every": 0, "format": HALF}),
    "no levels": (Strassen, {"inner": Chain(HALF), "levels": 0}),
    "Strassen downwards": (Strassen, {"inner": Chain(HALF, Rounding.DOWN), "levels": 1}),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_records_of_what_is_not_computed(name: str) -> None:
    """They cannot be made."""
    kind, fields = IMPOSSIBLE[name]
    with pytest.raises(UsageError, match="accumulator: "):
        kind(**fields)


@pytest.mark.parametrize(
    "fields", [{"terms": 0}, {"alignment_bits": 50}, {"alignment_bits": -1}, {"rounding": Rounding.NEAREST_AWAY}]
)
def test_records_of_units_that_are_not_computed(fields: dict[str, Any]) -> None:
    """No products, more bits than are exact, another rounding."""
    with pytest.raises(UsageError, match="accumulator: "):
        replace(HARDWARE["h100_fp16"], **fields)


def test_records_are_accumulators_as_names_are() -> None:
    """A unit that does not exist is computed as well: of two products and four bits."""
    unit = replace(HARDWARE["h100_fp16"], name="mine", terms=2, alignment_bits=4)
    assert matmul_by(np.array([[1.0, 2.0**-5]], np.float32), np.ones(2, np.float32), unit).item() == 1.0
    assert matmul_by(np.array([[1.0, 2.0**-4]], np.float32), np.ones(2, np.float32), unit).item() == 1.0625
    assert matmul_by(ONES, COLUMN, parse_accumulator("fp32")).tolist() == [4.0] * 3
