"""Round arrays to a format, encode them as its codes, and decode codes: numpy arrays and torch tensors alike.

>>> import numpy as np
>>> round_to(np.array([0.1, 300.0, 1e6], np.float32), "float8_e4m3fn", overflow="saturate")
array([1.015625e-01, 2.880000e+02, 4.480000e+02], dtype=float32)

Every number is rounded once, from its own type straight to the format's grid.

**Where the type of the array and the format differ.** Results keep the type of the array.
Where the format holds every number of it (float16 rounded to binary32), nothing changes but
what the format has no pattern for. A result that the type does not hold (65504 in bfloat16,
to which float16 saturates; 65536 in float16, to which 65535 rounds in bfloat16) is an error,
never a second rounding; `encode` has no such limit.

**Overflow** is judged after rounding with unbounded exponent (IEEE 754-2019, clause 7.4), and
modes of rounding that lead back to the largest finite number, to-odd among them, stop there.

============================ ======================================== ==========================
formats                      numbers too large, and infinities, ieee   the same, saturate
============================ ======================================== ==========================
with infinity                infinity                                 largest number of that sign
NaN, no infinity             NaN (OCP FP8 1.0, ml_dtypes)             largest number of that sign
neither; integers            largest number of that sign              largest number of that sign
============================ ======================================== ==========================

Infinity is not rounded, so modes do not matter to it. Numbers below those of an unsigned
format overflow, too: integers become the smallest, floats NaN, or the smallest number when
saturating.

**NaN** stays NaN with its sign, quiet and without payload. In a format without NaN it is an
error: whatever number it became would be wrong (ml_dtypes makes it zero).

**Zero** keeps its sign where the format has two zeros. Where it has none (E8M0), zero becomes NaN
as in ml_dtypes, the smallest number when saturating, as in torch; what is positive and
smaller than the smallest number becomes it.

**Even and odd** are significands, that is, codes. Where formats have no mantissa bit, codes alone
tell (P3109); but in E8M0, without zero, the hidden bit does, and is odd: ties go up, as in ml_dtypes and torch.
"""

import difflib
import operator
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.arrays import float_type_of, is_numpy, is_torch, no_array_error
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.codes import decode_checked
from precisionlab.formats.finding import formats
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import CodebookFormat, ElementFormat, FloatFormat, IntegerFormat, PositFormat
from precisionlab.formats.rounding.plan import Job, job_for
from precisionlab.formats.rounding.policy import MAX_RANDOM_BITS, Draw, Draws, Policy, Subnormals
from precisionlab.formats.rounding.working import SOURCES, Working

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", bound="NDArray[Any] | torch.Tensor")

SUBNORMALS: Final = ("keep", "flush", "flush-results", "flush-sources")
WORD: Final = (1 << 64) - 1


def round_to(  # noqa: PLR0913 - one keyword for each thing that hardware differs in
    values: Array,
    format_: ElementFormat | str,
    rounding: Rounding | str = Rounding.NEAREST_EVEN,
    *,
    overflow: Overflow | str = Overflow.IEEE,
    subnormals: Subnormals = "keep",
    seed: int | None = None,
    random_bits: int | None = None,
    first_index: int = 0,
) -> Array:
    """The nearest, or else chosen, numbers of a format, in the type, shape and place of the values.

    Args:
        values: numpy array or torch tensor of float16, bfloat16, float32 or float64; gradients do not pass.
        format_: a float or integer format, or its name.
        rounding: a mode of `Rounding`, or `stochastic`: to the upper neighbour with the probability of the
            distance to the lower one, in units of the gap between them.
        overflow: see above.
        subnormals: `flush-results` makes results that the format stores as subnormals zero (FTZ), once
            rounded; `flush-sources` takes subnormals of the array's type for zero (DAZ); `flush` does both.
        seed: for stochastic rounding. What an element draws depends on it and on the element's index only,
            so blocks of an array and the whole, on any device, give the same numbers.
        random_bits: of stochastic rounding in hardware: the distance is cut to so many bits, and
            the probability is a multiple of 2^-random_bits. Else 62: exact unless more bits than that are dropped.
        first_index: index of the first value, in row-major order, where the array is a part of a larger one.

    Raises:
        FormatError: the format is no float or integer; it has no NaN but the values have; or the type of the
            array cannot hold a result.
        UsageError: an argument is none of those possible.
    """
    target, source = resolved(format_), source_of(values)
    policy = policy_of(rounding, overflow, subnormals)
    job = job_for(target, source, policy, draws_of(policy, seed, random_bits, first_index))
    if is_numpy(values):
        return cast(Array, round_numpy(values, job))
    return cast(Array, round_torch(cast("torch.Tensor", values), job))


def encode(  # noqa: PLR0913 - those of round_to
    values: Array,
    format_: ElementFormat | str,
    rounding: Rounding | str = Rounding.NEAREST_EVEN,
    *,
    overflow: Overflow | str = Overflow.IEEE,
    subnormals: Subnormals = "keep",
    seed: int | None = None,
    random_bits: int | None = None,
    first_index: int = 0,
) -> Array:
    """The codes of the numbers that `round_to` rounds to, of the same shape and place.

    Codes are unsigned integers of the narrowest type that holds the format's patterns, one code
    each. Arguments are those of `round_to`.

    Raises:
        FormatError: the format is no float or integer of at most 64 bits; it has no NaN but the values have.
        UsageError: an argument is none of those possible.
    """
    target, source = resolved(format_), source_of(values)
    policy = policy_of(rounding, overflow, subnormals)
    job = job_for(target, source, policy, draws_of(policy, seed, random_bits, first_index))
    if is_numpy(values):
        return cast(Array, encode_numpy(values, job))
    return cast(Array, encode_torch(cast("torch.Tensor", values), job))


def decode(codes: Array, format_: ElementFormat | str) -> Array:
    """The numbers that codes stand for, in float64, of the same shape and place.

    Args:
        codes: numpy array or torch tensor of integers, one code each. Formats of more than 16 bits are
            decoded on the CPU.
        format_: any element format, or its name.

    Raises:
        FormatError: a code is wider than the format's, or float64 does not hold the format.
        UsageError: codes that are no integers.
    """
    target = resolved(format_)
    if is_numpy(codes):
        return cast(Array, decode_checked(np.asarray(codes), target))
    if not is_torch(codes):
        raise no_array_error(codes)
    return cast(Array, decode_torch(codes, target))


def resolved(format_: ElementFormat | str) -> ElementFormat:
    """The format of a name.

    Raises:
        FormatError: there is none.
    """
    if isinstance(format_, FloatFormat | IntegerFormat | PositFormat | CodebookFormat):
        return format_
    given: object = format_
    return formats.element(given.name if isinstance(given, BlockFormat) else format_)


def source_of(values: object) -> Working:
    """The type of an array's numbers.

    Raises:
        UsageError: no array, or not of these types.
    """
    return SOURCES[float_type_of(values)]


def policy_of(rounding: Rounding | str, overflow: Overflow | str, subnormals: str) -> Policy:
    """The modes by their names.

    Raises:
        UsageError: one does not exist.
    """
    modes: dict[str, Rounding | Draw] = {mode.value: mode for mode in (*Rounding, *Draw)}
    policies = {policy.value: policy for policy in Overflow}
    return Policy(
        rounding if isinstance(rounding, Rounding) else chosen("rounding", rounding, modes),
        overflow if isinstance(overflow, Overflow) else chosen("overflow", overflow, policies),
        chosen("subnormals", subnormals, {name: name for name in SUBNORMALS}),
    )


def chosen(argument: str, name: object, choices: dict[str, Any]) -> Any:  # noqa: ANN401 - of any enum
    """What a name stands for.

    Raises:
        UsageError: nothing; suggests the nearest name.
    """
    if isinstance(name, str) and name in choices:
        return choices[name]
    near = difflib.get_close_matches(str(name), choices, 1)
    hint = f"did you mean {near[0]}" if near else f"choose one of {', '.join(choices)}"
    raise UsageError(argument, f"{printable(str(name))} is not possible", hint)


def draws_of(policy: Policy, seed: int | None, random_bits: int | None, first_index: int) -> Draws | None:
    """The source of random bits, for stochastic rounding.

    Raises:
        UsageError: a seed is missing or superfluous, or the number of bits is not possible.
    """
    place = whole("first_index", first_index)
    if not 0 <= place < 1 << 62:
        raise UsageError("first_index", f"{place} is no index")
    if policy.rounding is not Draw.STOCHASTIC:
        if seed is not None or random_bits is not None:
            raise UsageError("seed, random_bits", "only stochastic rounding draws", 'pass rounding="stochastic"')
        return None
    if seed is None:
        raise UsageError("seed", "stochastic rounding needs one", "pass seed=0, or any other whole number")
    bits = MAX_RANDOM_BITS if random_bits is None else whole("random_bits", random_bits)
    if not 1 <= bits <= MAX_RANDOM_BITS:
        raise UsageError("random_bits", f"{bits} is not possible", f"choose 1 to {MAX_RANDOM_BITS}")
    return Draws(bits, key_of(whole("seed", seed)), place)


def whole(argument: str, number: object) -> int:
    """A whole number of any library's type as Python's own.

    Raises:
        UsageError: it is none.
    """
    try:
        return operator.index(number)  # type: ignore[arg-type] # whatever was given
    except TypeError:
        problem = f"{printable(repr(number), 40)} is no whole number"
        raise UsageError(argument, problem, "pass an integer") from None


def key_of(seed: int) -> int:
    """The seed's 64 bits well mixed: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""
    bits = seed & WORD
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & WORD
    return bits ^ (bits >> 31)


def bits_of(values: NDArray[Any]) -> NDArray[np.unsignedinteger]:
    """Patterns of an array in row-major order, in this machine's byte order; a copy only if it must be."""
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    return cast(NDArray[np.unsignedinteger], native.ravel().view(f"u{values.itemsize}"))


def round_numpy(values: NDArray[Any], job: Job) -> NDArray[Any]:
    """`round_to` for numpy."""
    from precisionlab.formats.rounding.arrays import round_bits  # noqa: PLC0415 - numba takes long to import

    array = np.asarray(values)
    rounded = round_bits(bits_of(array), job).view(array.dtype.newbyteorder("="))
    return rounded.astype(array.dtype, copy=False).reshape(array.shape)


def encode_numpy(values: NDArray[Any], job: Job) -> NDArray[Any]:
    """`encode` for numpy."""
    from precisionlab.formats.rounding.arrays import encode_bits  # noqa: PLC0415 - numba takes long to import

    array = np.asarray(values)
    return encode_bits(bits_of(array), job).reshape(array.shape)


def round_torch(values: "torch.Tensor", job: Job) -> "torch.Tensor":
    """`round_to` for torch: by the compiled loops where the tensor lies on the CPU."""
    from precisionlab.formats.rounding import accelerator, arrays  # noqa: PLC0415 - they take long to import

    flat = values.detach().contiguous().view(-1)
    if values.device.type != "cpu":
        return accelerator.round_tensor(flat, job).view(values.shape)
    rounded = arrays.round_bits(accelerator.bits_of(flat), job)
    return accelerator.tensor_of(rounded).view(values.dtype).view(values.shape)


def encode_torch(values: "torch.Tensor", job: Job) -> "torch.Tensor":
    """`encode` for torch."""
    from precisionlab.formats.rounding import accelerator, arrays  # noqa: PLC0415 - they take long to import

    flat = values.detach().contiguous().view(-1)
    if values.device.type != "cpu":
        return accelerator.encode_tensor(flat, job).view(values.shape)
    codes = arrays.encode_bits(accelerator.bits_of(flat), job)
    return accelerator.tensor_of(codes).view(values.shape)


def decode_torch(codes: "torch.Tensor", format_: ElementFormat) -> "torch.Tensor":
    """`decode` for torch: from a table on the device where it is small, else by way of numpy."""
    from precisionlab.formats.rounding import accelerator  # noqa: PLC0415 - torch takes long to import

    return accelerator.decode_tensor(codes, format_)
