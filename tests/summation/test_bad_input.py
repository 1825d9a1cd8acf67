"""What is no array, no axis, no method or no format is refused in one line that says what is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from precisionlab.errors import FormatError, PrecisionlabError, UsageError
from precisionlab.formats.rounding import round_to
from precisionlab.summation import absorbed_by, dot_by, ill_conditioned, ill_conditioned_sum, sum_by

NUMBERS = np.arange(12.0).reshape(3, 4)


def refused(
    *arguments: Any,  # noqa: ANN401 - anything at all is given
    by: Callable[..., object] = sum_by,
    error: type[PrecisionlabError] = UsageError,
    **options: Any,  # noqa: ANN401 - anything at all is given
) -> str:
    """The message of the error, which is one line."""
    with pytest.raises(error) as caught:
        by(*arguments, **options)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


MISSPELLED = {
    "recursiv": "recursive",
    "pair-wise": "pairwise",
    "kahn": "kahan",
    "neumeier": "neumaier",
    "exakt": "exact",
    "doubledouble": "double-double",
    "double_double": "double-double",
    "sum-2": "sum2",
    "kleine": "klein",
    "block:32": "blocked",
}


@pytest.mark.parametrize(("method", "meant"), MISSPELLED.items(), ids=MISSPELLED)
def test_the_nearest_method_is_suggested(method: str, meant: str) -> None:
    """And the wrong one is named, for sums and dot products."""
    for message in (refused(NUMBERS, method), refused(NUMBERS, NUMBERS, method, by=dot_by)):
        assert method in message
        assert meant in message


@pytest.mark.parametrize(
    "method",
    [
        "",
        " ",
        ":",
        "xyz",
        "blocked",
        "blocked:",
        "blocked:0",
        "blocked:-4",
        "blocked:x",
        "blocked:1.5",
        "blocked:3:4",
        "sumk",
        "sumk:",
        "sumk:0",
        "sumk:-1",
        "sumk:k",
        "kahan:2",
        "recursive:3",
        "exact:1",
        "sum2:2",
        "a\nb",
        "kahan\x1b[31m",
    ],
)
def test_methods_that_there_are_not(method: str) -> None:
    """Nor with numbers that are missing, zero, no numbers, or where none belongs."""
    refused(NUMBERS, method)
    refused(NUMBERS, NUMBERS, method, by=dot_by)


@pytest.mark.parametrize(
    "method", ["dotk", "dotk:", "dotk:0", "dotk:2", "dotk:17", "dotk:x", "dot2:2", "fma:1", "dot-2"]
)
def test_dot_methods_that_there_are_not(method: str) -> None:
    """DotK begins at 3."""
    refused(NUMBERS, NUMBERS, method, by=dot_by)


@pytest.mark.parametrize("method", ["fma", "dot2", "dotk:3"])
def test_dot_methods_are_not_for_sums(method: str) -> None:
    """A sum has no products."""
    assert method.partition(":")[0] in refused(NUMBERS, method)


@pytest.mark.parametrize("method", [None, 3, b"kahan", ["kahan"]])
def test_methods_are_text(method: object) -> None:
    """Anything else is refused as an unknown method is."""
    refused(NUMBERS, method)


@pytest.mark.parametrize("axis", [2, -3, 100, -100])
@pytest.mark.parametrize("method", ["exact", "recursive", "kahan"])
def test_axes_out_of_range(method: str, axis: int) -> None:
    """Named, for arrays and tensors, sums and dot products."""
    tensor = torch.from_numpy(NUMBERS)
    for given in (NUMBERS, tensor):
        assert str(axis) in refused(given, method, axis=axis)
        assert str(axis) in refused(given, given, method, axis=axis, by=dot_by)


def test_arrays_without_axes_have_none_to_sum_along() -> None:
    """Neither the first nor the last."""
    for axis in (0, -1):
        refused(np.float64(1), axis=axis)
        refused(np.array(1.0), axis=axis)
        refused(torch.tensor(1.0), axis=axis)


@pytest.mark.parametrize("axis", ["rows", 1.5, "0"])
def test_axes_are_integers(axis: object) -> None:
    """Names and fractions are no axes."""
    refused(NUMBERS, axis=axis)


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 3)), ((3, 4), (4,)), ((5,), (6,)), ((3, 4), (1, 4)), ((0,), (1,)), ((), (1,))]
)
def test_shapes_that_do_not_match(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    """Dot products are of equals; nothing is broadcast."""
    x, y = map(np.ones, shapes)
    refused(x, y, by=dot_by)
    refused(torch.from_numpy(x), torch.from_numpy(y), by=dot_by)


def test_types_that_are_mixed() -> None:
    """Dot products are of one type, and of numpy's arrays or torch's tensors, not of one of each."""
    refused(NUMBERS, NUMBERS.astype(np.float32), by=dot_by)
    refused(torch.ones(3), torch.ones(3, dtype=torch.bfloat16), by=dot_by)
    refused(np.ones(3), torch.ones(3, dtype=torch.float64), by=dot_by)
    refused(torch.ones(3, dtype=torch.float64), np.ones(3), by=dot_by)


@pytest.mark.parametrize("values", [[1.0, 2.0], 3.0, None, "1 2", (1.0,), {1.0: 2}, memoryview(b"12345678")])
def test_what_is_no_array(values: object) -> None:
    """Lists are not arrays: their numbers have no type."""
    refused(values)
    refused(values, NUMBERS, by=dot_by)
    refused(NUMBERS, values, by=dot_by)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(3),
        np.ones(3, bool),
        np.ones(3, complex),
        np.array(["1"]),
        np.array([1.0], object),
        np.array([], "datetime64[s]"),
        np.zeros(3, [("a", "f4")]),
        np.zeros(3, np.longdouble),
        np.ma.array([1.0, 2.0], mask=[False, True]),
        np.ma.array(np.ones(3)),
        np.ma.masked,
        torch.arange(3),
        torch.ones(3, dtype=torch.complex64),
        torch.ones(3, dtype=torch.float8_e5m2),
        torch.ones(3).to_sparse(),
        torch.ones(3, device="meta"),
    ],
    ids=lambda values: (
        f"{type(values).__module__}-{values.dtype}-{'sparse' if getattr(values, 'is_sparse', 0) else values.shape}"
    ),
)
def test_arrays_of_what_is_not_summed(values: object) -> None:
    """Integers, complex numbers, text, objects, eight-bit floats; arrays under a mask; tensors without numbers in memory."""
    refused(values)
    refused(values, values, by=dot_by)


def test_masks_are_told() -> None:
    """Of either factor, and what to give instead, by all functions that take arrays."""
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for by, arguments in (
        (sum_by, (masked,)),
        (absorbed_by, (masked,)),
        (dot_by, (np.ones(2), masked)),
        (round_to, (masked, "bf16")),
    ):
        message = refused(*arguments, by=by)
        assert "masked" in message
        assert "filled" in message


@pytest.mark.parametrize("working", ["float33", "", "e0m0", "e99m99", "kahan"])
def test_formats_that_there_are_not(working: str) -> None:
    """Refused by the catalogue of formats."""
    refused(NUMBERS, working=working, error=FormatError)
    refused(NUMBERS, NUMBERS, working=working, by=dot_by, error=FormatError)


@pytest.mark.parametrize("working", ["int8", "posit16", "nvfp4", "e8m0", "dlfloat16", "e15m112", "e15m64", "e11m53"])
def test_formats_in_which_nothing_can_be_summed(working: str) -> None:
    """Integers, posits and blocks; floats without a sign, without subnormals, or whose numbers float64 does not hold."""
    refused(NUMBERS, working=working, error=PrecisionlabError)


@pytest.mark.parametrize("lanes", [0, -1, 1.5, "two"])
def test_lanes_are_positive(lanes: object) -> None:
    """One at least."""
    refused(NUMBERS, "kahan", lanes=lanes)
    refused(NUMBERS, NUMBERS, "kahan", lanes=lanes, by=dot_by)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two"])
def test_threads_are_positive(threads: object) -> None:
    """One at least."""
    refused(NUMBERS, "kahan", threads=threads)
    refused(NUMBERS, NUMBERS, "kahan", threads=threads, by=dot_by)


@pytest.mark.parametrize("make", [ill_conditioned, ill_conditioned_sum])
@pytest.mark.parametrize(("n", "condition"), [(20, 0.5), (20, 1e271), (20, float("nan")), (20, float("inf")), (5, 1e8)])
def test_problems_that_cannot_be_made(make: Callable[..., object], n: int, condition: float) -> None:
    """Of fewer than six numbers, better conditioned than is possible, or worse than float64 can hold."""
    refused(n, condition, by=make)


@pytest.mark.parametrize("n", [10, 13])
def test_ill_conditioned_sums_are_of_even_numbers_of_terms(n: int) -> None:
    """Of at least 12: six products and what each loses."""
    assert "even" in refused(n, 1e8, by=ill_conditioned_sum)
