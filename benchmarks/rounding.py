"""Rounding binary32 to narrow formats on one thread, against what else does it.

    python benchmarks/rounding.py [--elements 16777216] [--slow-elements 1048576] [--rounds 5]

Peers that are not installed are skipped: `pip install gfloat pychop`; microxcaling is no package on the index, put its
`mx` folder on PYTHONPATH. The slow ones round fewer elements; times are per element. ml_dtypes casts to
the format and back, as its users do to see rounded values; it has no e5m7.
"""

import argparse
import importlib
import platform
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peers import bound, installed, version_of
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding import round_to
from timing import best_seconds, machine

TARGETS = ("float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "bfloat16", "float16", "e5m7")
MICROXCALING = {
    "float8_e4m3fn": "fp8_e4m3",
    "float8_e5m2": "fp8_e5m2",
    "float4_e2m1fn": "fp4_e2m1",
    "bfloat16": "bf16",
    "float16": "fp16",
}
Action = Callable[[NDArray[np.float32]], object]


def by_ml_dtypes(target: str) -> Action | None:
    """The round trip of a cast."""
    ml_dtypes = installed("ml_dtypes")
    kind = np.float16 if target == "float16" else getattr(ml_dtypes, target, None)
    return None if kind is None else lambda values: values.astype(kind).astype(np.float32)


def by_gfloat(target: str) -> Action | None:
    """By gfloat's vectorised rounding, in numpy."""
    gfloat = installed("gfloat")
    if gfloat is None:
        return None
    formats = importlib.import_module("gfloat.formats")
    names = {
        "float8_e4m3fn": "format_info_ocp_e4m3",
        "float8_e5m2": "format_info_ocp_e5m2",
        "float4_e2m1fn": "format_info_ocp_e2m1",
        "bfloat16": "format_info_bfloat16",
        "float16": "format_info_binary16",
    }
    if target not in names:
        return None
    info = getattr(formats, names[target])
    return lambda values: gfloat.round_ndarray(info, values)


def by_pychop(target: str) -> Action | None:
    """By pychop's rounding to nearest even, in torch."""
    pychop = installed("pychop")
    form = ELEMENTS[target]
    if pychop is None or not isinstance(form, FloatFormat):
        return None
    pychop.backend("torch")
    chop: Any = pychop.Chop(exp_bits=form.exponent_bits, sig_bits=form.mantissa_bits, rmode=1)
    return lambda values: chop(torch.from_numpy(values))


def by_microxcaling(target: str) -> Action | None:
    """By microxcaling's element-wise rounding, in torch."""
    ops, formats = installed("mx.elemwise_ops"), installed("mx.formats")
    if ops is None or formats is None or target not in MICROXCALING:
        return None
    parameters = formats._get_format_params(MICROXCALING[target])  # noqa: SLF001 - it has no other way
    exponent_bits, mantissa_bits, _, max_norm, _ = parameters
    return lambda values: ops._quantize_elemwise_core(  # noqa: SLF001
        torch.from_numpy(values), mantissa_bits, exponent_bits, max_norm, round="even", allow_denorm=True
    )


PEERS = {
    "ml_dtypes": by_ml_dtypes,
    "gfloat": by_gfloat,
    "pychop": by_pychop,
    "microxcaling": by_microxcaling,
}


def versions() -> str:
    """Who takes part, and who does not."""
    return "; ".join(f"{name} {version_of(name)}" for name in (*PEERS, "torch", "numpy"))


def nanoseconds(target: str, many: NDArray[np.float32], few: NDArray[np.float32], rounds: int) -> dict[str, float]:
    """Per element, by name; a peer that takes over 40 ns, or might, rounds few elements."""
    made = {name: make(target) for name, make in PEERS.items()}
    inputs = {name: many if name == "ml_dtypes" else few for name in PEERS}
    actions: dict[str, Callable[[], object]] = {"precisionlab": lambda: round_to(many, target)}
    for name, action in made.items():
        if action is not None:
            actions[name] = bound(action, inputs[name])
    seconds = best_seconds(actions, rounds)
    sizes = {"precisionlab": many.size} | {name: values.size for name, values in inputs.items()}
    return {name: value / sizes[name] * 1e9 for name, value in seconds.items()}


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=1 << 24)
    parser.add_argument("--slow-elements", type=int, default=1 << 20)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    many = np.random.default_rng(0).standard_normal(arguments.elements, np.float32)
    few = many[: arguments.slow_elements].copy()
    print(f"{many.size:,} binary32 elements ({few.size:,} for the slow); {machine()}, {platform.system()}")
    print(f"{versions()}\n")
    print(f"| format | precisionlab, ns an element | {' | '.join(f'{name}, times that' for name in PEERS)} |")
    print(f"| --- | ---: | {' | '.join('---:' for _ in PEERS)} |")
    for target in TARGETS:
        taken = nanoseconds(target, many, few, arguments.rounds)
        own = taken["precisionlab"]
        ratios = " | ".join(f"{taken[name] / own:.1f}" if name in taken else "-" for name in PEERS)
        print(f"| {target} | {own:.2f} | {ratios} |")


if __name__ == "__main__":
    main()
