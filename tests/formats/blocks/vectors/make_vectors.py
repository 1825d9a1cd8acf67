"""Makes the vectors in this folder: what other libraries compute for the block formats, kept as numbers.

The libraries are no dependency of the project. To make the vectors again, install beside numpy 2.4.6 and torch 2.13.0
(CPU): torchao 0.18.0 (one of its modules imports triton), compressed-tensors 0.20.0 (imports transformers),
bitsandbytes 0.50.2, gguf 0.19.0 and gfloat 0.5.2; and build a shared library of ggml 0.25.3 (its sources are in the
sdist of llama-cpp-python 0.3.36), without FMA contraction:

    gcc -O2 -ffp-contract=off -fPIC -shared -Iinclude -Isrc -Wl,-z,lazy \
        src/ggml-quants.c src/ggml.c src/ggml-threading.cpp -o libggmlq.so -lm -lpthread -lstdc++

(in vendor/llama.cpp/ggml; src/ggml-version.h is two macros, GGML_VERSION and GGML_COMMIT). Then:

    python make_vectors.py --ggml path/to/libggmlq.so
"""

import argparse
import ctypes
import importlib
import importlib.metadata
import itertools
import math
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = dict[str, Floats]

COLUMNS = 512
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
RULES = ("floor", "ceil", "even", "rceil")


def peer(module: str) -> Any:  # noqa: ANN401  # a library that the project does not know
    """Imports a module of another library."""
    return importlib.import_module(module)


def version(package: str) -> str:
    """The package with its installed version, as `source` names it."""
    return f"{package} {importlib.metadata.version(package)}"


# ---- inputs ----------------------------------------------------------------------------------------------------------


def float_grid(exponent_bits: int, mantissa_bits: int, largest: float) -> list[float]:
    """The non-negative numbers of a small float format up to its largest, in order."""
    bias = 2 ** (exponent_bits - 1) - 1
    fractions = range(2**mantissa_bits)
    subnormal = [f * 2.0 ** (1 - bias - mantissa_bits) for f in fractions]
    normal = [
        (2**mantissa_bits + f) * 2.0 ** (e - bias - mantissa_bits)
        for e in range(1, 2**exponent_bits)
        for f in fractions
    ]
    return [value for value in subnormal + normal if value <= largest]


def around(points: Sequence[float]) -> list[float]:
    """Each point, the float32 below and the float32 above it, with both signs in turn."""
    result: list[float] = []
    for index, point in enumerate(points):
        sign = -1.0 if index % 2 else 1.0
        middle = np.float32(point)
        result += [sign * point, -sign * float(np.nextafter(middle, np.float32(0)))]
        result += [sign * float(np.nextafter(middle, np.float32(np.inf)))]
    return result


def midpoints(grid: Sequence[float]) -> list[float]:
    """The rounding ties of a grid of numbers."""
    return [(low + high) / 2 for low, high in itertools.pairwise(grid)]


def tie_row(points: Sequence[float], peaks: Sequence[float], block: int) -> Floats:
    """A row whose blocks hold given peaks (which pin the scale) and then the points, times some power of two."""
    exponents = (0, -3, 5, -11, 9, -7, 2)
    row = np.empty(COLUMNS)
    taken = 0
    for index in range(COLUMNS // block):
        room = block - len(peaks)
        chosen = [points[(taken + i) % len(points)] for i in range(room)]
        taken += room
        row[index * block : (index + 1) * block] = (
            np.array([*peaks, *chosen]) * 2.0 ** exponents[index % len(exponents)]
        )
    return row.astype(np.float32)


def short(values: NDArray[Any]) -> Floats:
    """The values with the low 16 bits of their float32 patterns cleared, which keeps files small."""
    return (values.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


def random_rows(block: int, seed: int) -> Rows:
    """Rows of random numbers: normal, heavy-tailed, uniform, and normal with an outlier in each block."""
    rng = np.random.default_rng(seed)
    outlier = rng.standard_normal(COLUMNS) * 0.02
    step = min(block, COLUMNS)
    for start in range(0, COLUMNS, step):
        outlier[start + int(rng.integers(step))] *= 50
    return {
        "normal": (rng.standard_normal(COLUMNS) * 0.02).astype(np.float32),
        "student": short(rng.standard_t(3, COLUMNS) * 0.02),
        "uniform": (rng.integers(-1000, 1001, COLUMNS) / 16384).astype(np.float32),
        "outlier": short(outlier),
    }


def negative_zeros(block: int, seed: int) -> Floats:
    """Blocks with negative zeros, and negative numbers so small that they round to zero, among ordinary numbers."""
    rng = np.random.default_rng(seed)
    row = short(rng.standard_normal(COLUMNS) * 0.02)
    row[rng.random(COLUMNS) < 0.5] = -0.0
    small = rng.random(COLUMNS) < 0.25
    row[small] *= np.float32(2.0**-12)
    row[0] = 0.046875
    if block < COLUMNS:
        row[block : block * 3 // 2] = -0.0
        row[block] = 0.5
    return row


def tiny(block: int, seed: int) -> Floats:
    """Blocks of zeros of both signs, of float32 denormals, of normal numbers near them, and of the two mixed."""
    rng = np.random.default_rng(seed)
    few = 10.0 ** rng.uniform(-42, -38, 16)
    row = np.zeros(COLUMNS)
    for index in range(COLUMNS // block):
        size = np.resize(few, block) * rng.choice([-1.0, 1.0], block)
        kind = index % 4
        part = np.zeros(block) if kind == 0 else size
        if kind == 2:
            part = size * 1e3
        if kind == 3:
            part = np.where(rng.random(block) < 0.5, size, -0.0)
        row[index * block : (index + 1) * block] = part
    return row.astype(np.float32)


def thresholds(block: int) -> Floats:
    """Blocks whose largest magnitude lies at, just below or just above a mantissa where some rule changes the scale."""
    mantissas = (1.0, 1.5, 1.75, 1.875, 1.9375)
    peaks = [np.float32(m) for m in mantissas]
    peaks = [p for peak in peaks for p in (peak, np.nextafter(peak, np.float32(0)), np.nextafter(peak, np.float32(4)))]
    peaks.append(np.nextafter(np.float32(2), np.float32(0)))
    row = np.zeros(COLUMNS, np.float32)
    for index in range(COLUMNS // block):
        start = index * block
        fill = (np.arange(block) % 29 - 14) / 16
        row[start : start + block] = fill * 2.0 ** (index % 7 - 3)
        row[start + index % block] = peaks[index % len(peaks)] * np.float32(2.0 ** (index % 7 - 3))
    return row


def stack(rows: Rows) -> Floats:
    """The rows as one array."""
    return np.stack(list(rows.values()))


# ---- writing ---------------------------------------------------------------------------------------------------------


class Folder:
    """Where the vectors go."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, source: str, rows: Sequence[str], **arrays: Any) -> None:  # noqa: ANN401
        """Writes one file; checks that values and dequantized have one shape and that no NaN came out."""
        numpy = {
            key: np.ascontiguousarray(getattr(array, "numpy", lambda a=array: a)()) for key, array in arrays.items()
        }
        if numpy["values"].shape != numpy["dequantized"].shape:
            raise ValueError(f"{name}: shapes differ")
        if not np.isfinite(numpy["dequantized"]).all():
            raise ValueError(f"{name}: not finite")
        numpy = {"source": np.array(source), "rows": np.array(list(rows)), **numpy}
        with zipfile.ZipFile(self.path / f"{name}.npz", "w", zipfile.ZIP_LZMA) as archive:
            for key, array in numpy.items():
                member = zipfile.ZipInfo(f"{key}.npy")  # of 1980, so that the same numbers give the same file
                member.compress_type = zipfile.ZIP_LZMA
                with archive.open(member, "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)


# ---- MX and NVFP4 of torchao -----------------------------------------------------------------------------------------


def mx_elements() -> dict[str, tuple[Any, list[float]]]:
    """The element formats: what torchao calls each, and its non-negative numbers."""
    return {
        "mxfp8_e4m3": (torch.float8_e4m3fn, float_grid(4, 3, 448)),
        "mxfp8_e5m2": (torch.float8_e5m2, float_grid(5, 2, 57344)),
        "mxfp6_e2m3": ("fp6_e2m3", float_grid(2, 3, 7.5)),
        "mxfp6_e3m2": ("fp6_e3m2", float_grid(3, 2, 28)),
        "mxfp4": (torch.float4_e2m1fn_x2, list(E2M1)),
    }


def mx_rows(grid: Sequence[float], seed: int) -> Rows:
    """The rows for an MX format."""
    ties = around(midpoints(grid))
    rows = random_rows(32, seed)
    rows["tiny"] = tiny(32, seed)
    rows["ties"] = tie_row(ties, [grid[-1]], 32)
    rows["ties_power"] = tie_row(midpoints(grid)[::-1], [2.0 ** math.floor(math.log2(grid[-1]))], 32)
    rows["negative_zero"] = negative_zeros(32, seed)
    rows["thresholds"] = thresholds(32)
    return rows


def unpacked(codes: torch.Tensor, columns: int) -> torch.Tensor:
    """One code a number: FP4 pairs (low nibble first) apart, FP8 as bytes."""
    codes = codes.view(torch.uint8)
    if codes.shape[-1] == columns:
        return codes
    return torch.stack([codes & 15, codes >> 4], -1).flatten(-2)


def torchao_mx(folder: Folder) -> None:
    """MX formats with all four rules for the scale."""
    mx = peer("torchao.prototype.mx_formats.mx_tensor")
    modes = peer("torchao.prototype.mx_formats.config").ScaleCalculationMode

    def convert(values: Floats, element: Any, rule: str) -> tuple[torch.Tensor, ...]:  # noqa: ANN401
        scale, data = mx.to_mx(torch.from_numpy(values), element, 32, modes(rule))
        back = mx.to_dtype(data, scale, element, 32, torch.float32)
        return unpacked(data, values.shape[-1]), scale.view(torch.uint8), back

    for seed, (name, (element, grid)) in enumerate(mx_elements().items()):
        for rule in RULES:
            rows = mx_rows(grid, 100 + seed)
            near = {key: rows[key] for key in ("thresholds",)}
            if rule == "rceil":
                del rows["thresholds"]
            if rule != "floor":
                rows = {
                    key: row
                    for key, row in rows.items()
                    if key not in {"student", "uniform", "negative_zero", "ties_power"}
                }
            for suffix, part in (("", rows), ("_near_powers", near if rule == "rceil" else {})):
                if not part:
                    continue
                values = stack(part)
                codes, scales, back = convert(values, element, rule)
                source = (
                    f"{version('torchao')}, prototype.mx_formats.mx_tensor.to_mx and to_dtype, block 32, E8M0 scales, "
                    f"rule {rule.upper()}"
                )
                if suffix:
                    source += "; float32 log2 rounds to the integer for a quotient just above a power of two"
                elif rule == "rceil":
                    check_exact_ceiling(values, scales.numpy(), grid[-1])
                folder.write(
                    f"{name}_{rule}_torchao{suffix}",
                    source,
                    list(part),
                    values=values,
                    codes=codes,
                    scales=scales,
                    dequantized=back,
                )


def check_exact_ceiling(values: Floats, scales: NDArray[np.uint8], largest: float) -> None:
    """Stops where the float32 log2 of the peer was not exact, so that these vectors do not depend on it."""
    peaks = np.abs(values).reshape(*scales.shape, 32).max(-1)
    fraction, exponent = np.frexp(peaks / np.float32(largest))
    exact = np.clip(np.where(fraction == 0.5, exponent - 1, exponent), -127, 127) + 127
    exact = np.where(peaks == 0, 0, exact)
    if (exact != scales).any():
        raise ValueError(f"log2 was not exact: {np.argwhere(exact != scales)}")


def nvfp4_rows(seed: int) -> Rows:
    """The rows for NVFP4: ties of the elements, and ties of the E4M3 scales."""
    scales = float_grid(4, 3, 448)
    scale_ties = [6 * m for m in midpoints(scales)]
    rows = random_rows(16, seed)
    del rows["uniform"]
    rows["student"] *= np.float32(64)
    rows["tiny"] = tiny(16, seed)
    rows["ties"] = tie_row(around(midpoints(E2M1)), [6.0], 16)
    fill = (np.arange(16) % 13 - 6) / 8
    blocks = [fill * s for s in scale_ties]
    for block, s in zip(blocks, scale_ties, strict=True):
        block[5] = -s
    for part in range(math.ceil(len(blocks) / 32)):
        chosen = [blocks[(32 * part + i) % len(blocks)] for i in range(32)]
        rows[f"scale_ties_{part}"] = np.concatenate(chosen).astype(np.float32)
    rows["negative_zero"] = negative_zeros(16, seed)
    return rows


def torchao_nvfp4(folder: Folder) -> None:
    """NVFP4 with and without a tensor scale."""
    nvfp4 = peer("torchao.prototype.mx_formats.nvfp4_tensor")
    base = (
        f"{version('torchao')}, prototype.mx_formats.nvfp4_tensor.nvfp4_quantize and NVFP4Tensor.dequantize, block 16, "
    )
    rows = nvfp4_rows(200)
    values = torch.from_numpy(stack(rows))
    scales, data = nvfp4.nvfp4_quantize(values, 16, None)
    back = nvfp4.NVFP4Tensor.to_nvfp4(values).dequantize(torch.float32)
    folder.write(
        "nvfp4_single_level_torchao",
        base + "E4M3 scale codes at least 2^-6, no tensor scale",
        list(rows),
        values=values,
        codes=unpacked(data, COLUMNS),
        scales=scales.view(torch.uint8),
        dequantized=back,
    )
    rows = nvfp4_cases(201)
    names = list(rows)
    collected: list[tuple[torch.Tensor, ...]] = []
    for name in names:
        case = torch.from_numpy(rows[name]).reshape(8, 64)
        tensor_scale = nvfp4.per_tensor_amax_to_scale(case.abs().max())
        scales, data = nvfp4.nvfp4_quantize(case, 16, tensor_scale)
        back = nvfp4.NVFP4Tensor.to_nvfp4(case, per_tensor_scale=tensor_scale).dequantize(torch.float32)
        collected.append((case, unpacked(data, 64), scales.view(torch.uint8), tensor_scale, back))
    values, codes, scales, tensor_scales, back = (torch.stack(part) for part in zip(*collected, strict=True))
    folder.write(
        "nvfp4_tensor_scale_torchao",
        base
        + "E4M3 scale codes at least 2^-6, tensor scale = amax / 2688 multiplies; each entry of axis 0 is one tensor",
        names,
        values=values,
        codes=codes,
        scales=scales,
        tensor_scale=tensor_scales,
        dequantized=back,
    )


def nvfp4_cases(seed: int) -> Rows:
    """Tensors for NVFP4 with a tensor scale (as rows): also all-zero blocks and blocks far below the largest."""
    rows = random_rows(16, seed)
    del rows["uniform"]
    ties = tie_row(around(midpoints(E2M1)), [6.0], 16)
    ties[0] = 2688.0 * 2.0
    rows["ties"] = ties
    scale_ties = [6 * m for m in midpoints(float_grid(4, 3, 448))]
    for part in range(0, len(scale_ties), 31):
        chosen = [scale_ties[(part + i) % len(scale_ties)] for i in range(31)]
        blocks = np.outer([448 * 6.0, *chosen], (np.arange(16) % 9 - 4) / 4)
        rows[f"scale_ties_{part // 31}"] = blocks.astype(np.float32).ravel()
    rows["negative_zero"] = negative_zeros(16, seed)
    spread = short(np.random.default_rng(seed).standard_normal(COLUMNS))
    spread *= np.repeat(2.0 ** np.arange(0, -32, -1), 16).astype(np.float32)
    spread[32:48] = 0
    rows["spread"] = spread
    return rows


# ---- integers and FP8 of torchao -------------------------------------------------------------------------------------


def int_rows(bits: int, block: int, seed: int, *, survive_tiny: bool = True) -> Rows:
    """The rows for integers: ties where the scale is a power of two under each convention, and asymmetric blocks."""
    rng = np.random.default_rng(seed + 1)
    rows = random_rows(block, seed)
    half = 2.0 ** (bits - 1)
    count = min(int(half), 60)
    ties = [float(k) + 0.5 for k in np.linspace(-half, half - 1, 2 * count).round()]
    block = min(block, COLUMNS)
    rows["ties_half_range"] = tie_row(around(ties), [half - 0.5, -(half - 0.5)], block)
    rows["ties_positive"] = tie_row(ties, [half - 1, -(half - 1)], block)
    rows["ties_negative"] = tie_row(ties, [-half], block)
    del rows["uniform"]  # the positive row is uniform
    if block != 32:
        del rows["student" if block == 128 else "outlier"]
    shifted = [k + half / 2 for k in ties]
    rows["ties_zero"] = tie_row(shifted, [-half / 2 + 0.5, 1.5 * half - 0.5], block)
    rows["positive"] = short(rng.random(COLUMNS) + 0.25)
    if block in {32, COLUMNS}:
        rows["negative_zero"] = negative_zeros(block, seed)
    if survive_tiny and block < COLUMNS:
        rows["tiny"] = tiny(block, seed)
    return rows


def as_cases(rows: Rows) -> Floats:
    """Each row as a tensor of its own, for formats with one scale a tensor."""
    return stack(rows).reshape(-1, 8, 64)


def torchao_int(folder: Folder) -> None:
    """INT8 and INT4 with torchao's three mappings."""
    ops = peer("torchao.quantization.quant_primitives")
    conventions = {
        "symmetric": ("SYMMETRIC", "scale = amax / ((qmax - qmin) / 2)"),
        "no_clipping": ("SYMMETRIC_NO_CLIPPING_ERR", "scale = max(min / qmin, max / qmax)"),
        "asymmetric": ("ASYMMETRIC", "scale = (max - min) / (qmax - qmin), signed codes, integer zero point"),
    }
    layouts = [(8, "tensor", 0), (8, "channel", COLUMNS), (4, "g32", 32), (4, "g64", 64), (4, "g128", 128)]
    for seed, (bits, layout, group) in enumerate(layouts):
        for convention, (mapping, formula) in conventions.items():
            if convention == "no_clipping" and layout in {"g64", "tensor"}:
                continue
            rows = int_rows(bits, group or COLUMNS, 300 + seed)
            low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
            values = torch.from_numpy(as_cases(rows) if group == 0 else stack(rows))
            block = (1, 8, 64) if group == 0 else (1, group)
            scale, zero = ops.choose_qparams_affine(
                values,
                ops.MappingType[mapping],
                block,
                torch.int8,
                low,
                high,
                zero_point_dtype=torch.int8,
                keepdim=True,
            )
            codes = ops.quantize_affine(values, block, scale, zero, torch.int8, low, high)
            back = ops.dequantize_affine(codes, block, scale, zero, torch.int8, low, high)
            source = (
                f"{version('torchao')}, quant_primitives.choose_qparams_affine, quantize_affine, dequantize_affine, "
                f"{mapping}, range {low}..{high}, {formula}, {layout}"
            )
            if group == 0:
                source += "; each entry of axis 0 is one tensor"
                scale, zero = scale.reshape(-1), zero.reshape(-1)
            folder.write(
                f"int{bits}_{layout}_{convention}_torchao",
                source,
                list(rows),
                values=values,
                codes=codes,
                scales=scale,
                zeros=zero,
                dequantized=back,
            )


def fp8_rows(seed: int) -> Rows:
    """The rows for FP8 with a float32 scale of amax / 448; no row without a number above zero."""
    ties = around(midpoints(float_grid(4, 3, 448)))
    rows = random_rows(COLUMNS, seed)
    del rows["outlier"]
    rows["ties"] = tie_row(ties, [448.0], COLUMNS)
    rows["negative_zero"] = negative_zeros(COLUMNS, seed)
    rows["small"] = rows.pop("student") * np.float32(2.0**-100)
    return rows


def sparse(height: int, width: int, seed: int) -> Floats:
    """A tensor for two-dimensional blocks, most of it zero, with blocks of different size."""
    rng = np.random.default_rng(seed)
    values = short(rng.standard_normal((height, width)) * 0.02)
    values[:128, :128] *= 8
    values[128:256, :128] = rng.integers(-112, 113, (128, 128)) * 4.0
    values[rng.random((height, width)) < 0.98] = 0
    values[128:256, :128][values[128:256, :128] == 0] = -0.0
    values[130, 5] = 448
    return values


def torchao_fp8(folder: Folder) -> None:
    """FP8 E4M3 with one scale a tensor, a row, a block of 128 by 128; and the DeepSeek style (imports triton)."""
    ops = peer("torchao.quantization.quant_primitives")
    kernels = peer("torchao.prototype.blockwise_fp8_training.kernels")
    rows = fp8_rows(400)
    layouts = {"tensor": (1, 8, 64), "channel": (1, COLUMNS), "128x128": (128, 128)}
    base = f"{version('torchao')}, quant_primitives._choose_scale_float8, _quantize_affine_float8 and its inverse, "
    for layout, block in layouts.items():
        array = {"tensor": as_cases(rows), "channel": stack(rows), "128x128": sparse(256, 256, 401)}[layout]
        values = torch.from_numpy(array)
        scale = ops._choose_scale_float8(values, list(block))
        codes = ops._quantize_affine_float8(values, scale)
        back = ops._dequantize_affine_float8(codes, scale)
        source = base + f"scale = amax / 448, {layout}"
        if layout == "tensor":
            source += "; each entry of axis 0 is one tensor"
        folder.write(
            f"fp8_e4m3_{layout}_torchao",
            source,
            list(rows) if layout != "128x128" else ["sparse"],
            values=values,
            codes=codes.view(torch.uint8),
            scales=scale.reshape(-1) if layout == "tensor" else scale,
            dequantized=back,
        )
    base = f"{version('torchao')}, prototype.blockwise_fp8_training.kernels."
    scale_text = "x * s with s = float32(448 / max(float64 amax, 1e-12)), scale kept = 1 / s"
    values = torch.from_numpy(sparse(256, 256, 402))
    values[:128, 128:] = 0
    codes, scale = kernels.torch_blockwise_scale_weight_quant(values)
    back = ops._dequantize_affine_float8(codes, scale)
    folder.write(
        "fp8_e4m3_128x128_deepseek_torchao",
        base + f"torch_blockwise_scale_weight_quant, DeepSeek style, {scale_text}; code times scale gives dequantized",
        ["sparse"],
        values=values,
        codes=codes.view(torch.uint8),
        scales=scale,
        dequantized=back,
    )
    rows["zero_groups"] = rows["uniform"] * np.repeat([0, 1, 0, 1], 128).astype(np.float32)
    values = torch.from_numpy(stack(rows))
    codes, scale = kernels.torch_blockwise_scale_act_quant_lhs(values)
    back = ops._dequantize_affine_float8(codes, scale)
    folder.write(
        "fp8_e4m3_1x128_deepseek_torchao",
        base + f"torch_blockwise_scale_act_quant_lhs, DeepSeek style, 1x128, {scale_text}",
        list(rows),
        values=values,
        codes=codes.view(torch.uint8),
        scales=scale.contiguous(),
        dequantized=back,
    )


# ---- MX of gfloat, for MXINT8 and the smallest scales ----------------------------------------------------------------


def gfloat_mx(folder: Folder) -> None:
    """MXINT8, and MX formats whose smallest scale 2^-127 divides and multiplies, as the specification has it."""
    gfloat = peer("gfloat")
    formats = peer("gfloat.formats")
    elements = mx_elements()
    wanted = {"mxint8": "mxint8", "mxfp4": "mxfp4_e2m1", "mxfp8_e4m3": "mxfp8_e4m3"}
    for seed, (name, theirs) in enumerate(wanted.items()):
        info = getattr(formats, f"format_info_{theirs}")
        if name == "mxint8":
            rows = random_rows(32, 450)
            del rows["uniform"]
            rows["ties"] = tie_row([k / 128 for k in range(-255, 256, 2)], [1.984375], 32)
            rows["most_negative"] = tie_row(
                [-1.9921875, -1.984375, 1.9921875, 1.99609375, 0.0078125], [-1.99609375], 32
            )
        else:
            rows = {"ties": mx_rows(elements[name][1], 450 + seed)["ties"]}
        rows["tiny"] = tiny(32, 450 + seed)
        rows["thresholds"] = thresholds(32)
        values = stack(rows)
        blocks = values.reshape(-1, 32).astype(np.float64)
        packed = []
        for block in blocks:
            scale = gfloat.compute_scale_amax(info.etype.emax, block)
            packed.append(list(gfloat.encode_block(info, scale, block / scale)))
        back = np.array([list(gfloat.decode_block(info, block)) for block in packed])
        codes = np.array(packed, np.uint8)
        folder.write(
            f"{name}_floor_gfloat",
            f"{version('gfloat')}, compute_scale_amax, encode_block, decode_block, float64, {theirs}, block 32, FLOOR",
            list(rows),
            values=values,
            codes=codes[:, 1:].reshape(values.shape),
            scales=codes[:, 0].reshape(values.shape[0], -1),
            dequantized=back.astype(np.float32).reshape(values.shape),
        )


# ---- compressed-tensors ----------------------------------------------------------------------------------------------


def compressed(values: torch.Tensor, arguments: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Scales, zero points, codes and what comes back, by the functions of compressed-tensors."""
    quantization = peer("compressed_tensors.quantization")
    helpers = peer("compressed_tensors.quantization.utils.helpers")
    forward = peer("compressed_tensors.quantization.lifecycle.forward")
    args = quantization.QuantizationArgs(**arguments)
    tensor_scale = None
    if args.strategy == "tensor":
        low, high = values.min(), values.max()
    elif args.strategy == "channel":
        low, high = values.amin(-1, keepdim=True), values.amax(-1, keepdim=True)
    elif args.strategy == "block":
        padded = helpers.maybe_pad_tensor_for_block_quant(values, args.block_structure)
        tall, wide = args.block_structure
        blocks = padded.reshape(padded.shape[0] // tall, tall, padded.shape[1] // wide, wide)
        low, high = blocks.amin((1, 3)), blocks.amax((1, 3))
    else:
        groups = values.reshape(*values.shape[:-1], -1, args.group_size)
        low, high = groups.amin(-1), groups.amax(-1)
        if args.strategy == "tensor_group":
            tensor_scale = helpers.generate_gparam(values.min(), values.max())
    scales, zeros = helpers.calculate_qparams(low, high, args, global_scale=tensor_scale)
    zero_point = None if args.symmetric else zeros
    stored = torch.int8 if args.type == "int" else None  # int8 has no negative zero, which fake_quantize would keep
    codes = forward.quantize(values, scales, zero_point, args, dtype=stored, global_scale=tensor_scale)
    back = forward.dequantize(codes, scales, zero_point, args, dtype=torch.float32, global_scale=tensor_scale)
    if not torch.equal(back, forward.fake_quantize(values, scales, zero_point, args, global_scale=tensor_scale)):
        raise ValueError("fake_quantize and dequantize(quantize) differ")
    result = {"values": values, "codes": codes, "scales": scales, "dequantized": back}
    if zero_point is not None:
        result["zeros"] = zeros
    if tensor_scale is not None:
        result["tensor_scale"] = tensor_scale.reshape(())
    if args.type == "float" and args.num_bits == 8:
        result["codes"] = codes.to(torch.float8_e4m3fn).view(torch.uint8)
    elif args.type == "float":
        result["elements"] = result.pop("codes")
    return result


def write_compressed(folder: Folder, name: str, text: str, rows: Rows, arguments: dict[str, Any]) -> None:
    """Writes one file of compressed-tensors; where a tensor has a scale of its own, each row is a tensor of 8 by 64."""
    source = f"{version('compressed-tensors')}, calculate_qparams, quantize, dequantize, {text}"
    if arguments["strategy"] in {"tensor", "tensor_group"}:
        source += "; each entry of axis 0 is one tensor"
        parts = [compressed(torch.from_numpy(case), arguments) for case in as_cases(rows)]
        arrays = {key: torch.stack([part[key] for part in parts]) for key in parts[0]}
        for key in {"scales", "zeros"} & set(arrays):
            arrays[key] = arrays[key].squeeze(-1) if arrays[key].shape[-1] == 1 else arrays[key]
    else:
        arrays = compressed(torch.from_numpy(stack(rows)), arguments)
    folder.write(f"{name}_compressed_tensors", source, list(rows), **arrays)


def compressed_tensors_all(folder: Folder) -> None:
    """Integers, FP8, MX and NVFP4 of compressed-tensors."""
    for symmetric in (True, False):
        kind = "symmetric" if symmetric else "asymmetric"
        formula = (
            "scale = amax / ((qmax - qmin) / 2)" if symmetric else "scale = (max - min) / (qmax - qmin), int8 zeros"
        )
        integers: dict[str, Any] = {"type": "int", "symmetric": symmetric}
        for seed, layout in enumerate(("tensor", "channel")):
            write_compressed(
                folder,
                f"int8_{layout}_{kind}",
                f"INT8 -128..127, {formula}, {layout}",
                int_rows(8, COLUMNS, 500 + seed),
                {**integers, "num_bits": 8, "strategy": layout},
            )
        for seed, (bits, group) in enumerate(((4, 32), (4, 64), (4, 128), (3, 128), (2, 64))):
            low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
            write_compressed(
                folder,
                f"int{bits}_g{group}_{kind}",
                f"INT{bits} {low}..{high}, {formula}, group {group}",
                int_rows(bits, group, 510 + seed, survive_tiny=symmetric),
                {**integers, "num_bits": bits, "strategy": "group", "group_size": group},
            )
    floats: dict[str, Any] = {"type": "float", "symmetric": True, "num_bits": 8}
    rows = fp8_rows(520)
    for layout in ("tensor", "channel"):
        write_compressed(
            folder,
            f"fp8_e4m3_{layout}",
            f"FP8 E4M3, scale = amax / 448, {layout}",
            {**rows, "zeros": np.zeros(COLUMNS, np.float32)},
            {**floats, "strategy": layout},
        )
    arrays = compressed(
        torch.from_numpy(sparse(300, 260, 521)), {**floats, "strategy": "block", "block_structure": [128, 128]}
    )
    text = "calculate_qparams, quantize, dequantize, FP8 E4M3, scale = amax / 448, 128x128, ragged: padded with zeros"
    folder.write(
        "fp8_e4m3_128x128_compressed_tensors", f"{version('compressed-tensors')}, {text}", ["sparse"], **arrays
    )
    elements = mx_elements()
    for seed, (name, bits) in enumerate((("mxfp8_e4m3", 8), ("mxfp6_e2m3", 6), ("mxfp4", 4))):
        added = 3 if bits == 6 else 1
        write_compressed(
            folder,
            name,
            f"block 32, E8M0 scale (as float32) by adding half a unit of {added} mantissa bits to amax, then floor",
            {k: row for k, row in mx_rows(elements[name][1], 530 + seed).items() if k not in {"student", "uniform"}},
            {
                **floats,
                "num_bits": bits,
                "strategy": "group",
                "group_size": 32,
                "scale_dtype": torch.uint8,
                "zp_dtype": torch.uint8,
            },
        )
    write_compressed(
        folder,
        "nvfp4",
        "NVFP4 block 16, E4M3 scales (as float32), 0 becomes 0.125, tensor_scale = 2688 / amax DIVIDES the scales",
        {**nvfp4_cases(540), "tiny": tiny(16, 540), "zeros": np.zeros(COLUMNS, np.float32)},
        {
            **floats,
            "num_bits": 4,
            "strategy": "tensor_group",
            "group_size": 16,
            "scale_dtype": torch.float8_e4m3fn,
            "zp_dtype": torch.float8_e4m3fn,
        },
    )


# ---- bitsandbytes ----------------------------------------------------------------------------------------------------


def bitsandbytes_all(folder: Folder) -> None:
    """NF4 and FP4 with blocks of 64, with and without quantized scales."""
    functional = peer("bitsandbytes.functional")
    bounds = peer("bitsandbytes.backends.default.ops")._get_4bit_quantize_bounds
    for seed, kind in enumerate(("nf4", "fp4")):
        midpoint = bounds(kind, torch.device("cpu"))[0].tolist()
        rows = random_rows(64, 600 + seed)
        del rows["uniform"]
        rows["tiny"] = tiny(64, 600 + seed)
        rows["ties"] = tie_row([s * p for p in midpoint for s in around([1.0]) if s > 0], [1.0], 64)
        rows["negative_zero"] = negative_zeros(64, 600 + seed)
        rng = np.random.default_rng(610 + seed)
        spread = np.tile(rng.choice([-1.0, -0.5, -0.0, 0.0, 0.0, 0.125, 0.0, 1.0], 64), 272).reshape(272, 64)
        spread = (spread * np.exp(rng.standard_normal((272, 1)))).astype(np.float32).reshape(34, COLUMNS)
        for nested in (False, True):
            values = torch.from_numpy(spread if nested else stack(rows))
            packed, state = functional.quantize_4bit(
                values, blocksize=64, compress_statistics=nested, quant_type=kind, quant_storage=torch.uint8
            )
            back = functional.dequantize_4bit(packed, state)
            flat = packed.flatten()
            arrays = {
                "values": values,
                "codes": torch.stack([flat >> 4, flat & 15], -1).reshape(values.shape),
                "table": state.code,
                "dequantized": back,
            }
            if nested:
                arrays |= {
                    "absmax_codes": state.absmax,
                    "absmax_offset": state.offset,
                    "nested_absmax": state.state2.absmax,
                    "nested_table": state.state2.code,
                    "scales": functional.dequantize_blockwise(state.absmax, state.state2) + state.offset,
                }
            else:
                arrays["scales"] = state.absmax
            source = (
                f"{version('bitsandbytes')} (CPU), functional.quantize_4bit and dequantize_4bit, {kind}, blocksize 64, "
                f"compress_statistics={nested}"
            )
            name = f"{kind}_g64{'_double' if nested else ''}_bitsandbytes"
            folder.write(name, source, list(rows) if not nested else ["spread"], **arrays)


# ---- GGUF ------------------------------------------------------------------------------------------------------------


def gguf_rows(block: int, peaks: Sequence[float], points: Sequence[float], seed: int) -> Rows:
    """The rows for a GGUF format; zeros come after other blocks; nothing is denormal (1 / scale overflows there)."""
    rng = np.random.default_rng(seed)
    rows = random_rows(32, seed)
    del rows["uniform"]
    rows["ties"] = tie_row(points, peaks, block)
    zeros = short(rng.standard_normal(COLUMNS) * 0.02)
    for start in range(96, COLUMNS, 64):
        zeros[start : start + 32] = 0
    zeros[256:] = 0
    rows["zeros"] = zeros
    small = short(rng.standard_normal(COLUMNS)) * np.repeat([2.0**-20, 2.0**-26, 2.0**-34, 2.0**-40], 128)
    rows["small"] = small.astype(np.float32)
    rows["negative_zero"] = negative_zeros(block, seed)
    return rows


def k_rows(seed: int) -> Rows:
    """More rows for formats that search their scales: lattices, blocks of one sign, constant blocks."""
    rng = np.random.default_rng(seed + 1000)
    lattice = rng.integers(0, 64, COLUMNS) * 0.5
    rows = {
        "student": (rng.standard_t(3, COLUMNS) * 0.3).astype(np.float32),
        "lattice": ((lattice - 16) * np.repeat(2.0 ** np.arange(-8, 8), 32)).astype(np.float32),
        "lattice_positive": short(lattice * np.repeat(2.0 ** np.arange(-2, 2, 0.25), 32)),
        "offset": short(rng.standard_normal(COLUMNS) * 0.02 + 1),
        "negative": -short(rng.random(COLUMNS) + 0.01),
    }
    constant = short(rng.standard_normal(COLUMNS) * 0.1)
    constant[32:64] = 0.25
    constant[96:128] = -0.25
    constant[300:400] = 0.125
    rows["constant"] = constant
    rows["mixed_sizes"] = short(rng.standard_normal(COLUMNS)) * np.repeat(2.0 ** rng.integers(-9, 3, 32), 16).astype(
        np.float32
    )
    return rows


def ggml_quantize(library: ctypes.CDLL, function: str, values: Floats, size: int) -> NDArray[np.uint8]:
    """Rows packed by a quantizer of ggml, `size` bytes each, one call a row."""
    call = library[function]
    call.restype = None if function.endswith("_ref") else ctypes.c_size_t
    packed = np.zeros((values.shape[0], size), np.uint8)
    for row, target in zip(np.ascontiguousarray(values), packed, strict=True):
        source, into = (array.ctypes.data_as(ctypes.c_void_p) for array in (row, target))
        if function.endswith("_ref"):
            call(source, into, ctypes.c_int64(row.size))
        else:
            call(source, into, ctypes.c_int64(1), ctypes.c_int64(row.size), None)
    return packed


def gguf_all(folder: Folder, library_path: Path) -> None:
    """GGUF formats: packed by ggml's reference quantizers, unpacked by the gguf package."""
    gguf = peer("gguf")
    library = ctypes.CDLL(os.fspath(library_path), mode=1)  # lazy: parts of ggml that are not called stay unresolved
    fp4_ties = around(midpoints(E2M1))
    ties = {
        "q8_0": ([127.0], [k + 0.5 for k in range(-127, 127)]),
        "q4_0": ([-8.0], around([k + 0.5 for k in range(-8, 8)])),
        "q4_1": ([-8.0, 7.0], around([k + 0.5 for k in range(-8, 7)])),
        "q5_0": ([-16.0], around([k + 0.5 for k in range(-16, 16)])),
        "q5_1": ([-16.0, 15.0], around([k + 0.5 for k in range(-16, 15)])),
        "mxfp4": ([6.0], fp4_ties),
        "nvfp4": ([6.0], fp4_ties),
        "tq1_0": ([1.0], [0.5, -0.5, 0.25, 0.75, -0.75, 0.0, -1.0]),
        "tq2_0": ([-1.0], [0.5, -0.5, 0.25, 0.75, -0.75, 0.0, 1.0]),
        "q6_k": ([-32.0], [k + 0.5 for k in range(-32, 32)]),
        "q5_k": ([0.0, 31.0], [k + 0.5 for k in range(31)]),
        "q4_k": ([0.0, 15.0], [k + 0.5 for k in range(15)]),
        "q3_k": ([-4.0], [k + 0.5 for k in range(-4, 4)]),
        "q2_k": ([0.0, 3.0], [0.5, 1.5, 2.5, 1.0, 2.0]),
        "iq4_nl_search": (
            [-127.0],
            [-115.5, -93.5, -74.0, -57.0, -42.0, -28.5, -16.0, -4.5, 7.0, 19.0, 31.5, 45.5, 61.0, 79.0, 101.0],
        ),
    }
    seeds = (*range(9), *range(10, 16))
    for seed, (name, (peaks, points)) in zip(seeds, ties.items(), strict=True):
        kind = gguf.GGMLQuantizationType[name.removesuffix("_search").upper()]
        block, size = gguf.GGML_QUANT_SIZES[kind]
        rows = gguf_rows(16 if name.endswith("_k") else min(block, 32), peaks, points, 700 + seed)
        if name.endswith("_k") or name.startswith("iq4"):
            del rows["student"]
            rows |= k_rows(700 + seed)
        if name in {"mxfp4", "nvfp4"}:
            rows["thresholds"] = thresholds(32)
        values = stack(rows)
        function = f"quantize_row_{name.replace('_k', '_K')}_ref" if name != "iq4_nl_search" else "quantize_iq4_nl"
        packed = ggml_quantize(library, function, values, COLUMNS // block * size)
        back = gguf.quants.dequantize(packed, kind)
        source = f"ggml 0.25.3 (llama-cpp-python 0.3.36) {function}, generic C; {version('gguf')} quants.dequantize"
        if name == "iq4_nl_search":
            source += "; no importance matrix; searches 15 scales, unlike the reference"
        folder.write(
            f"gguf_{name}", source, list(rows), values=values, bytes=packed.reshape(-1, size), dequantized=back
        )


def main() -> None:
    """Makes all vectors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ggml", type=Path, required=True, help="shared library with ggml's reference quantizers")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the vectors go")
    options = parser.parse_args()
    folder = Folder(options.folder)
    torchao_mx(folder)
    torchao_nvfp4(folder)
    torchao_int(folder)
    torchao_fp8(folder)
    gfloat_mx(folder)
    compressed_tensors_all(folder)
    bitsandbytes_all(folder)
    gguf_all(folder, options.ggml)


if __name__ == "__main__":
    main()
