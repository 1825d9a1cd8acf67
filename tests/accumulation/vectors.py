"""What tensor cores answered: tables of numbers that others published, and the units that they were measured on.

Sources:
- Fasi, Higham, Mikaitis, Pranesh, "Numerical behavior of NVIDIA tensor cores", PeerJ CS 7:e330 (2021), with their
  experiments: github.com/north-numerical-computing/tensor-cores-numerical-behavior (V100, T4 and A100).
- Xie et al., "MMA-Sim", arXiv 2511.10909 (2025), github.com/microsoft/MMA-Sim: assertions on real GPUs in
  tests/nv/behavior_test_utils.py (Volta to Hopper), probes in tests/probe/features, units in the package mmasim 2.1.1.
  tables/mmasim.txt has its answers to random inputs.
- Khattak, Mikaitis, "Accurate models of NVIDIA tensor cores", arXiv 2512.07004 (2025): the same blocks and bits (V100,
  A100, L40S, H100, B200), found independently; the same lowest exponent of -133 for H100 and B200.
- DeepSeek-V3, arXiv 2412.19437 (2024), 3.3.2 and 3.5.2: 14 bits of fp8 products on Hopper, promotion every 128.
- github.com/deepseek-ai/DeepGEMM issue 176: 25 bits for fp8 on B200.
"""

import math
from pathlib import Path

import ml_dtypes
import numpy as np

from tests.accumulation.reference import (
    BFLOAT16,
    E4M3,
    E5M2,
    E8M13,
    FLOAT16,
    FLOAT32,
    TFLOAT32,
    BlockUnit,
    Format,
)

Operands = tuple[Format, Format]
Vector = tuple[str, str, list[float], list[float], float, float]
"""What it shows, the unit, w, x, the accumulator, the answer."""

FP16, BF16, TF32 = (FLOAT16, FLOAT16), (BFLOAT16, BFLOAT16), (TFLOAT32, TFLOAT32)


def into_float32(terms: int, bits: int, lowest: int, operands: Operands) -> BlockUnit:
    """A unit that truncates to float32."""
    return BlockUnit(terms, bits, lowest, operands, FLOAT32, "toward-zero")


def into_float16(terms: int, bits: int, lowest: int, operands: Operands) -> BlockUnit:
    """A unit that rounds to float16, to nearest."""
    return BlockUnit(terms, bits, lowest, operands, FLOAT16, "nearest-even")


def into_e8m13(terms: int, bits: int, lowest: int, operands: Operands) -> BlockUnit:
    """A unit that truncates to 13 fraction bits, in a float32."""
    return BlockUnit(terms, bits, lowest, operands, E8M13, "toward-zero")


UNITS = {
    "v100 fp16 fp32": into_float32(4, 23, -131, FP16),
    "v100 fp16 fp16": into_float16(4, 23, -19, FP16),
    "t4 fp16 fp32": into_float32(8, 24, -132, FP16),
    "t4 fp16 fp16": into_float16(8, 24, -20, FP16),
    "a100 fp16 fp32": into_float32(8, 24, -132, FP16),
    "a100 fp16 fp16": into_float16(8, 24, -20, FP16),
    "a100 bf16 fp32": into_float32(8, 24, -132, BF16),
    "a100 tf32 fp32": into_float32(4, 24, -132, TF32),
    "ada e4m3 fp32": into_e8m13(16, 13, -132, (E4M3, E4M3)),
    "ada e5m2 fp32": into_e8m13(16, 13, -132, (E5M2, E5M2)),
    "ada e5m2 fp16": into_float16(16, 13, -20, (E5M2, E5M2)),
    "h100 fp16 fp32": into_float32(16, 25, -133, FP16),
    "h100 fp16 fp16": into_float16(16, 25, -21, FP16),
    "h100 bf16 fp32": into_float32(16, 25, -133, BF16),
    "h100 tf32 fp32": into_float32(8, 25, -133, TF32),
    "h100 e4m3 fp32": into_e8m13(32, 13, -133, (E4M3, E4M3)),
    "h100 e4m3xe5m2 fp32": into_e8m13(32, 13, -133, (E4M3, E5M2)),
    "h100 e5m2 fp32": into_e8m13(32, 13, -133, (E5M2, E5M2)),
    "h100 e5m2 fp16": into_float16(32, 13, -21, (E5M2, E5M2)),
    "b200 fp16 fp32": into_float32(16, 25, -133, FP16),
    "b200 bf16 fp32": into_float32(16, 25, -133, BF16),
    "b200 tf32 fp32": into_float32(8, 25, -133, TF32),
    "b200 e4m3 fp32": into_float32(32, 25, -133, (E4M3, E4M3)),
    "b200 e5m2 fp32": into_float32(32, 25, -133, (E5M2, E5M2)),
}
"""GPU, operands, result: mmasim 2.1.1, nv_ptx/sim.py. Ada is as A100 except for fp8, H200 as H100. All are instructions
of their own: fp8 on H100 is wgmma, on B200 tcgen05 (mma.sync there converts to fp16 first, as Khattak and Mikaitis saw).
"""

BELOW_1 = 1 - 2.0**-24
ABOVE_1 = 1 + 2.0**-22 + 2.0**-23
BELOW_1_FP16 = 1 - 2.0**-11
SMALLEST_FP16 = 2.0**-24
LARGEST_FP32 = (2 - 2.0**-23) * 2.0**127
LARGEST_FP16 = 65504.0


def fasi(unit: str) -> list[Vector]:
    """The experiments that give one answer on V100, T4 and A100."""
    small = [SMALLEST_FP16] * 4
    return [
        ("a subnormal operand counts", unit, [SMALLEST_FP16], [4.0], 0.0, 2.0**-22),
        ("a subnormal accumulator counts", unit, [0.0], [0.0], 2.0**-149, 2.0**-149),
        ("products are exact", unit, [BELOW_1_FP16] * 4, [BELOW_1_FP16] * 4, 0.0, 4 * (1 - 2.0**-10 + 2.0**-22)),
        ("halves of a unit are lost one by one", unit, [0.5] * 4, small, 1.0, 1.0),
        ("at a large first product", unit, [1.0, 0.5, 0.5, 0.5], [1.0, *small[:3]], SMALLEST_FP16 / 2, 1.0),
        ("at a large last product", unit, [0.5, 0.5, 0.5, 1.0], [*small[:3], 1.0], SMALLEST_FP16 / 2, 1.0),
        ("positive sums are truncated", unit, [1.0, 1.0], [2.0, 2.0**-23 + 2.0**-24], 0.0, 2.0),
        ("negative sums are truncated", unit, [1.0, 1.0], [-2.0, -(2.0**-23) - 2.0**-24], 0.0, -2.0),
        ("no normalisation before the end", unit, [1.0] * 4, small, BELOW_1, 1 + 2.0**-23),
        ("carries are kept", unit, [1.0] * 4, [1.0, 1.0, 1.0, 2.0**-23], ABOVE_1, 4 + 2.0**-21),
        ("three of them", unit, [1.0] * 4, [1.0, 1.5, 1.75, 1.875], 1.875, 8.0),
        ("truncated after a carry", unit, [1.0] * 4, [1.0] * 4, ABOVE_1, 5.0),
        ("so are negative ones", unit, [1.0] * 4, [-1.0] * 4, -ABOVE_1, -5.0),
    ]


FASI: list[Vector] = [
    *(vector for unit in ("v100 fp16 fp32", "t4 fp16 fp32", "a100 fp16 fp32") for vector in fasi(unit)),
    ("no bit beyond 23", "v100 fp16 fp32", [1.0], [1.0], -BELOW_1, 2.0**-23),
    ("one bit more", "t4 fp16 fp32", [1.0], [1.0], -BELOW_1, 2.0**-24),
    ("one bit more", "a100 fp16 fp32", [1.0], [1.0], -BELOW_1, 2.0**-24),
    ("one bit more", "a100 tf32 fp32", [1.0], [1.0], -BELOW_1, 2.0**-24),
    ("no bit to cancel", "v100 fp16 fp32", [1.0, 1.0], [1.0, -(2.0**-24)], -BELOW_1, 2.0**-23),
    ("cancels", "a100 fp16 fp32", [1.0, 1.0], [1.0, -(2.0**-24)], -BELOW_1, 0.0),
    ("not monotonic: less", "v100 fp16 fp32", [1.0] * 4, [2.0**-24] * 4, BELOW_1, 1 + 2.0**-23),
    ("gives more", "v100 fp16 fp32", [1.0] * 4, [2.0**-24] * 4, 1.0, 1.0),
    ("not monotonic: less", "a100 fp16 fp32", [0.5] * 4, [2.0**-24] * 3 + [3 * 2.0**-24], BELOW_1, 1 + 2.0**-23),
    ("gives more", "a100 fp16 fp32", [0.5] * 4, [2.0**-24] * 3 + [3 * 2.0**-24], 1.0, 1.0),
    ("subnormal tf32", "a100 tf32 fp32", [2.0**-136], [2.0**10], 0.0, 2.0**-126),
    ("a subnormal result", "a100 tf32 fp32", [2.0**-126], [0.5], 0.0, 2.0**-127),
    ("cancelling to one", "a100 tf32 fp32", [2.0**-126], [1.0], -(2.0**-127), 2.0**-127),
    *(
        vector
        for unit in ("v100 fp16 fp16", "a100 fp16 fp16")
        for vector in (
            ("float16 is rounded to nearest", unit, [2.0**-24, 2.0**-24], [0.5, 0.25], 0.0, 2.0**-24),
            ("once", unit, [BELOW_1_FP16] * 2, [BELOW_1_FP16, 2.0**-11], 0.0, 1 - 2.0**-11),
        )
    ),
]
"""tc_test_numerics-V100.cu, -T4-A100-binary16.cu and -A100-tf32.cu, sections A to D."""


def alignment(unit: str, y: float, z: float) -> list[Vector]:
    """Where the last bit of an accumulator is lost beside products +yz and -yz, yz being 2**(bits - 23)."""
    c, last = (2 - 2.0**-10) * 2.0**-14, 2.0**-24
    return [
        ("the last bit is kept", unit, [y, -y], [z / 2, z / 2], c, c),
        ("is truncated", unit, [y, -y], [z, z], c, c - last),
        ("toward zero", unit, [y, -y], [z, z], -c, -c + last),
        ("so are two bits", unit, [y, -y], [2 * z, 2 * z], c, c - 3 * last),
        ("of both signs", unit, [y, -y], [2 * z, 2 * z], -c, -c + 3 * last),
        ("2.25 as a factor raises the exponent", unit, [2.25 * y, -2.25 * y], [z, z], c, c - 3 * last),
        ("2.25 as 1.5 times 1.5 does not", unit, [1.5 * y, -1.5 * y], [1.5 * z, 1.5 * z], c, c - last),
    ]


def subnormal(unit: str, x: float, y: float, bits: int) -> list[Vector]:
    """The exponent of a subnormal operand x / 2, x being the smallest normal number."""
    z = y * 2.0 ** (bits + 1)
    return [
        ("small products are lost", unit, [x] * 4, [z, -z, y, y], 0.0, 0.0),
        ("beside half of the large ones they are not", unit, [x] * 4, [z / 2, -z / 2, y, y], 0.0, 2 * x * y),
        ("a subnormal factor is no half", unit, [x / 2, x / 2, x, x], [z, -z, y, y], 0.0, 0.0),
    ]


def lowest(unit: str, last: int) -> list[Vector]:
    """The last exponent that a block with a zero accumulator sees, into float32."""
    return [
        (f"2**{last} is seen", unit, [2.0**-23, -(2.0 ** (last + 126))], [2.0**-126] * 2, 0.0, 0.0),
        (f"2**{last - 1} is not", unit, [2.0**-23, -(2.0 ** (last + 125))], [2.0**-126] * 2, 0.0, 2.0**-149),
    ]


def lowest_in_float16(unit: str, last: int) -> list[Vector]:
    """The same into float16, beside half the smallest number."""
    return [
        (f"2**{last} is seen", unit, [2.0**-11, 2.0 ** (last + 24)], [2.0**-14, 2.0**-24], 0.0, 2.0**-24),
        (f"2**{last - 1} is not", unit, [2.0**-11, 2.0 ** (last + 23)], [2.0**-14, 2.0**-24], 0.0, 0.0),
    ]


def truncation(unit: str) -> list[Vector]:
    """Results around the largest float32 and among the subnormal ones."""
    return [
        ("below 2**128 is truncated", unit, [0.75] * 2, [2.0**127] * 2, LARGEST_FP32 / 4, LARGEST_FP32),
        ("also when negative", unit, [-0.75] * 2, [2.0**127] * 2, -LARGEST_FP32 / 4, -LARGEST_FP32),
        ("2**128 is infinite", unit, [1.0] * 2, [2.0**127] * 2, 0.0, math.inf),
        ("also when negative", unit, [-1.0] * 2, [2.0**127] * 2, 0.0, -math.inf),
        ("among subnormal numbers", unit, [0.75 * 2.0**-23], [2.0**-126], 2.0**-148, 2.0**-148),
        ("below them", unit, [0.75 * 2.0**-23], [2.0**-126], 0.0, 0.0),
        ("below them, without the sign", unit, [-0.75 * 2.0**-23], [2.0**-126], 0.0, 0.0),
        ("products do not overflow", unit, [2.0**127, -(2.0**127)], [2.0**127] * 2, 0.0, 0.0),
    ]


def nearest(unit: str) -> list[Vector]:
    """Results in float16."""
    return [
        ("a tie to even", unit, [0.5], [1.0], 1024.0, 1024.0),
        ("a tie from odd", unit, [1.5], [1.0], 1024.0, 1026.0),
        ("a negative tie", unit, [-1.5], [1.0], -1024.0, -1026.0),
        ("below the overflow", unit, [0.25], [32.0], LARGEST_FP16, LARGEST_FP16),
        ("at the overflow", unit, [0.5], [32.0], LARGEST_FP16, math.inf),
        ("negative overflow", unit, [-0.5], [32.0], -LARGEST_FP16, -math.inf),
        ("zeros lose their sign", unit, [-0.0] * 2, [1.0] * 2, -0.0, 0.0),
    ]


def special(unit: str) -> list[Vector]:
    """Zeros, infinities and NaN."""
    inf, nan = math.inf, math.nan
    return [
        ("zeros lose their sign", unit, [-0.0] * 4, [1.0] * 4, -0.0, 0.0),
        ("an infinite accumulator", unit, [0.0], [0.0], inf, inf),
        ("an infinite product", unit, [inf], [1.0], 0.0, inf),
        ("infinity times zero", unit, [inf], [0.0], 0.0, nan),
        ("opposite infinities", unit, [inf], [1.0], -inf, nan),
        ("opposite infinite products", unit, [inf, -inf], [1.0, 1.0], 0.0, nan),
        ("a NaN times zero", unit, [nan], [0.0], 0.0, nan),
        ("a NaN accumulator", unit, [0.0], [0.0], nan, nan),
    ]


def one_block(unit: str) -> list[Vector]:
    """A large product and its opposite as the accumulator: the small ones of the block are lost, of later blocks not."""
    terms, large, small = UNITS[unit].terms, 2.0**7, 2.0**-9
    first = [large] + [small] * (2 * terms - 1)
    second = [small] * terms + first[:terms]
    return [
        ("a block is added at once", unit, first[:terms], first[:terms], -large * large, 0.0),
        ("blocks follow one another", unit, first, first, -large * large, terms * small * small),
        ("from the first to the last", unit, second, second, -large * large, 0.0),
    ]


MMA_SIM: list[Vector] = [
    *alignment("v100 fp16 fp32", 1.0, 1.0),
    *alignment("v100 fp16 fp16", 1.0, 1.0),
    *alignment("t4 fp16 fp32", 2.0, 1.0),
    *alignment("t4 fp16 fp16", 2.0, 1.0),
    *alignment("a100 fp16 fp32", 2.0, 1.0),
    *alignment("a100 fp16 fp16", 2.0, 1.0),
    *alignment("a100 bf16 fp32", 2.0, 1.0),
    *alignment("a100 tf32 fp32", 2.0, 1.0),
    *alignment("h100 fp16 fp32", 2.0, 2.0),
    *alignment("h100 fp16 fp16", 2.0, 2.0),
    *alignment("h100 bf16 fp32", 2.0, 2.0),
    *alignment("h100 tf32 fp32", 2.0, 2.0),
    *alignment("ada e5m2 fp32", 2.0**-5, 2.0**-5),
    *alignment("ada e5m2 fp16", 2.0**-5, 2.0**-5),
    *alignment("h100 e4m3 fp32", 2.0**-5, 2.0**-5),
    *alignment("h100 e5m2 fp32", 2.0**-5, 2.0**-5),
    *alignment("h100 e5m2 fp16", 2.0**-5, 2.0**-5),
    *alignment("b200 fp16 fp32", 2.0, 2.0),
    *alignment("b200 bf16 fp32", 2.0, 2.0),
    *alignment("b200 e4m3 fp32", 2.0, 2.0),
    *alignment("b200 e5m2 fp32", 2.0, 2.0),
    *subnormal("v100 fp16 fp32", 2.0**-14, 2.0**-14, 23),
    *subnormal("a100 fp16 fp32", 2.0**-14, 2.0**-14, 24),
    *subnormal("a100 bf16 fp32", 2.0**-126, 1.0, 24),
    *subnormal("h100 fp16 fp32", 2.0**-14, 2.0**-14, 25),
    *subnormal("h100 tf32 fp32", 2.0**-126, 1.0, 25),
    *subnormal("h100 e4m3 fp32", 2.0**-6, 2.0**-6, 13),
    *subnormal("h100 e5m2 fp32", 2.0**-14, 2.0**-14, 13),
    *subnormal("h100 e4m3xe5m2 fp32", 2.0**-6, 2.0**-14, 13),
    *lowest("a100 bf16 fp32", -156),
    *lowest("a100 tf32 fp32", -156),
    *lowest("h100 bf16 fp32", -158),
    *lowest("b200 tf32 fp32", -158),
    *lowest_in_float16("v100 fp16 fp16", -42),
    *lowest_in_float16("a100 fp16 fp16", -44),
    *lowest_in_float16("h100 fp16 fp16", -46),
    *truncation("a100 bf16 fp32"),
    *truncation("h100 bf16 fp32"),
    *truncation("h100 tf32 fp32"),
    *nearest("v100 fp16 fp16"),
    *nearest("a100 fp16 fp16"),
    *nearest("h100 fp16 fp16"),
    *special("v100 fp16 fp32"),
    *special("a100 bf16 fp32"),
    *special("h100 e5m2 fp32"),
    *one_block("v100 fp16 fp32"),
    *one_block("a100 fp16 fp32"),
    *one_block("a100 tf32 fp32"),
    *one_block("ada e5m2 fp32"),
    *one_block("h100 fp16 fp32"),
    *one_block("h100 tf32 fp32"),
    *one_block("h100 e4m3 fp32"),
    *one_block("h100 e5m2 fp32"),
    *one_block("h100 e5m2 fp16"),
    *one_block("b200 bf16 fp32"),
    *one_block("b200 e4m3 fp32"),
    ("fp8 keeps 13 bits", "h100 e4m3 fp32", [0.25] * 4, [1.0] * 4, 0.75 * 2.0**-13, 1.0),
    ("fp8 keeps 13 bits", "ada e4m3 fp32", [-0.25] * 4, [1.0] * 4, -0.75 * 2.0**-13, -1.0),
    ("an accumulator alone is cut", "h100 e4m3 fp32", [0.0], [0.0], 1 + 2.0**-13 + 2.0**-14, 1 + 2.0**-13),
]
"""tests/nv/behavior_test_utils.py, which its authors asserted on GPUs from Volta to Hopper, and tests/probe/features.

`lowest` follows from the exponents of zeros that the probes found, `special` and B200 from the model in mmasim 2.1.1;
the last vector is the experiment of SageAttention2 (arXiv 2411.10958).
"""

DISCREPANCY = {
    "v100 fp16 fp32": 0.0,
    "t4 fp16 fp32": -0.5,
    "a100 fp16 fp32": -0.5,
    "a100 bf16 fp32": -0.5,
    "a100 tf32 fp32": -0.5,
    "ada e5m2 fp32": 0.0,
    "h100 fp16 fp32": -0.75,
    "h100 bf16 fp32": -0.75,
    "h100 tf32 fp32": -0.75,
    "h100 e5m2 fp32": 0.0,
    "b200 fp16 fp32": -0.75,
    "b200 e5m2 fp32": -0.75,
}
"""2**23 - 2**13 * 2**10 - 0.5 - 0.25 - 0.125 on each: MMA-Sim, examples/discrepancy."""

VECTORS: list[Vector] = [
    *FASI,
    *MMA_SIM,
    *(
        ("one sum, many answers", unit, [-(2.0**13), -0.5, -0.25, -0.125], [2.0**10, 1.0, 1.0, 1.0], 2.0**23, answer)
        for unit, answer in DISCREPANCY.items()
    ),
]

DTYPES = {
    "fp16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "tf32": np.dtype(np.float32),
    "fp32": np.dtype(np.float32),
    "e4m3": np.dtype(ml_dtypes.float8_e4m3fn),
    "e5m2": np.dtype(ml_dtypes.float8_e5m2),
}
"""How `tables/mmasim.txt` stores them."""


def simulated() -> list[Vector]:
    """Answers of MMA-Sim to random inputs of 64 terms."""
    lines = (Path(__file__).parent / "tables" / "mmasim.txt").read_text(encoding="ascii").splitlines()
    return [read_vector(*line.split()) for line in lines]


def read_vector(gpu: str, operands: str, result: str, *vectors: str) -> Vector:
    """A line of the table."""
    kinds = [*(operands.split("x") * 2)[:2], result, result]
    w, x, start, answer = (
        [float(number) for number in np.frombuffer(bytes.fromhex(raw), DTYPES[kind])]
        for raw, kind in zip(vectors, kinds, strict=True)
    )
    return "simulated", f"{gpu} {operands} {result}", w, x, start[0], answer[0]
