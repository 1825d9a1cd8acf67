"""The sums of torch tensors: by the compiled loops where they lie on the CPU, by their twin elsewhere."""

from math import prod
from typing import Final

import numpy as np
import torch
from torch import Tensor

from precisionlab.formats.rounding import round_to
from precisionlab.summation import accelerator
from precisionlab.summation.arrays import numpy_sums
from precisionlab.summation.by_column import SEGMENT
from precisionlab.summation.exact import in_format, is_unsigned_zero, rounded_once, signed_zero, special
from precisionlab.summation.exact_loops import DIGIT_BITS, N_DIGITS
from precisionlab.summation.lanes import finished, joined
from precisionlab.summation.methods import OF_PRODUCTS, Way
from precisionlab.summation.settings import Reals, Setting, normalized_axis, result_type

WITHOUT_DOUBLES: Final = {"mps"}
"""Devices that have no float64: their numbers are summed on the CPU."""
KINDS: Final = {np.float32: torch.float32, np.float64: torch.float64}


def tensor_sums(setting: Setting, x: Tensor, axis: int | None, y: Tensor | None = None) -> Tensor:
    """The sums of a tensor, or of the products of two, on their device."""
    factors = [factor.detach() for factor in (x, y) if factor is not None]
    result = getattr(torch, result_type(setting))
    if x.device.type == "cpu" or x.device.type in WITHOUT_DOUBLES:
        arrays = [as_numpy(factor) for factor in factors]
        sums = numpy_sums(setting, arrays[0], axis, *arrays[1:])
        return torch.from_numpy(np.array(sums, np.float64)).to(result).to(x.device)
    along = 0 if axis is None else normalized_axis(axis, x.ndim)
    moved = [factor.reshape(-1) if axis is None else factor.movedim(along, 0) for factor in factors]
    shape = moved[0].shape[1:]
    columns = [factor.reshape(len(factor), prod(shape)) for factor in moved]
    sums = column_sums(setting, columns) if x.numel() else np.zeros(prod(shape))
    return torch.from_numpy(np.asarray(sums, np.float64)).to(result).reshape(shape).to(x.device)


def as_numpy(tensor: Tensor) -> Reals:
    """The numbers as an array of a type that numpy has: bfloat16 as float32, which holds it."""
    here = tensor.cpu().resolve_neg()
    return (here.float() if here.dtype is torch.bfloat16 else here).numpy()


def column_sums(setting: Setting, columns: list[Tensor]) -> Reals:
    """The sums of the columns of one tensor [n, sums], or of the products of two; steps on the device, the rest here."""
    if setting.method.way is Way.EXACT:
        return exact_sums(setting, columns)
    terms = [in_working(setting, column) for column in columns]
    n_lanes = setting.n_lanes(len(terms[0]))
    if n_lanes == 1:
        return finished(parts_of(setting, terms).cpu().numpy(), setting.method, setting.anchors)
    sums = [dealt_out(setting, [term[:, i] for term in terms], n_lanes) for i in range(terms[0].shape[1])]
    return np.array(sums)


def in_working(setting: Setting, numbers: Tensor) -> Tensor:
    """Numbers as terms: in the type that holds them, rounded to the working format."""
    held = numbers.to(KINDS[setting.kind])
    return round_to(held, setting.format_) if setting.rounds_terms else held


def parts_of(setting: Setting, terms: list[Tensor]) -> Tensor:
    """The parts [components, lanes] of the sums of terms [n, lanes], or of the products of two."""
    if len(terms) == 1:
        return accelerator.sums_parts(terms[0], setting.method, setting.anchors)
    if setting.method.way in OF_PRODUCTS:
        return accelerator.products_parts(terms[0], terms[1], setting.method, setting.anchors)
    products = accelerator.rounded(terms[0] * terms[1], setting.anchors)
    return accelerator.sums_parts(products, setting.method, setting.anchors)


def dealt_out(setting: Setting, terms: list[Tensor], n_lanes: int) -> float:
    """One sum, whose terms [n] are dealt out to the lanes of segments."""
    segments = zip(*(torch.split(term, SEGMENT) for term in terms), strict=True)
    parts = [segment_parts(setting, list(segment), n_lanes).cpu().numpy() for segment in segments]
    return float(joined(np.concatenate(parts, axis=1), setting.method, setting.anchors))


def segment_parts(setting: Setting, terms: list[Tensor], n_lanes: int) -> Tensor:
    """The parts [components, lanes] of a segment: the lanes that get one term more, then the others."""
    n_lanes = min(n_lanes, len(terms[0]))
    n_rows, n_more = divmod(len(terms[0]), n_lanes)
    padded = [torch.cat((term, term.new_zeros(-len(term) % n_lanes))).reshape(-1, n_lanes) for term in terms]
    longer = [term[:, :n_more] for term in padded]
    shorter = [term[:n_rows, n_more:] for term in padded]
    halves = [parts_of(setting, half) for half in (longer, shorter) if half[0].shape[1]]
    return torch.cat(halves, dim=1)


def exact_sums(setting: Setting, columns: list[Tensor]) -> Reals:
    """Exact sums of the columns [n, sums] of one tensor, or of the products of two, each rounded once."""
    if len(columns) == 2:
        # Products that float64 does not hold need rationals, which are on the CPU.
        arrays = [as_numpy(column) for column in columns]
        return numpy_sums(setting, arrays[0], 0, arrays[1])
    terms = columns[0].to(torch.float64)
    seen = (1 * terms.isnan().any(0) | 2 * (terms == torch.inf).any(0) | 4 * (terms == -torch.inf).any(0)).tolist()
    digits = digits_of(torch.where(terms.isfinite(), terms, 0.0)).cpu().numpy()
    sums = [
        in_format(special(one), setting.format_) if one else rounded_once(own, setting.format_)
        for one, own in zip(seen, digits, strict=True)
    ]
    zeros = [i for i, total in enumerate(sums) if is_unsigned_zero(total)]
    for i in zeros:
        sums[i] = signed_zero(as_numpy(terms[:, i]), setting.format_)
    return np.array(sums)


def digits_of(terms: Tensor) -> Tensor:
    """The sums of the columns of finite float64 [n, sums] as digits [sums, N_DIGITS]: see `exact_loops`."""
    bits = terms.T.contiguous().view(torch.int64)
    field = (bits >> 52) & 0x7FF
    significand = (bits & ((1 << 52) - 1)) | ((field > 0).to(torch.int64) << 52)
    place = field.clamp_min(1) - 1
    digit, offset = place >> 5, place & 31
    mask = (1 << DIGIT_BITS) - 1
    low, high = (significand & mask) << offset, (significand >> DIGIT_BITS) << offset
    sign = torch.where(bits < 0, -1, 1)
    digits = torch.zeros((len(bits), N_DIGITS), dtype=torch.int64, device=terms.device)
    pieces = (low & mask, ((low >> DIGIT_BITS) & mask) + (high & mask), high >> DIGIT_BITS)
    for i, piece in enumerate(pieces):
        digits.scatter_add_(1, digit + i, sign * piece)
    return digits
