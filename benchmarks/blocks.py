"""Quantizing binary32 to block formats and back on one thread, against what else does it on CPUs.

    python benchmarks/blocks.py [--rows 4096] [--rounds 3]

Peers that are not installed are skipped: `pip install torchao compressed-tensors transformers bitsandbytes gguf`.
Each quantizes and dequantizes as its own users do; results are compared, and where conventions differ the share of
numbers that differ is printed. microxcaling is no package on the index: put its `mx` folder on PYTHONPATH.
"""

import argparse
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from peers import bound, installed, version_of
from precisionlab.formats import fake_quantize
from timing import best_seconds, machine

COLUMNS = 4096
FORMATS = (
    "mxfp4",
    "mxfp4_even",
    "nvfp4",
    "int4_g128",
    "int8_channel",
    "nf4_g64",
    "fp8_e4m3_channel",
    "q8_0",
    "q4_0",
    "q6_k",
    "q5_k",
    "q4_k",
    "q3_k",
    "q2_k",
    "iq4_nl",
)
PACKAGES = ("torchao", "compressed-tensors", "bitsandbytes", "gguf", "microxcaling")
Action = Callable[[Tensor], Tensor]


def by_torchao(name: str) -> Action | None:
    """MXTensor, NVFP4Tensor, and the affine primitives."""
    if installed("torchao") is None:
        return None
    if name.startswith("mxfp4"):
        mx: Any = importlib.import_module("torchao.prototype.mx_formats.mx_tensor").MXTensor
        modes: Any = importlib.import_module("torchao.prototype.mx_formats.config").ScaleCalculationMode
        rule = modes.EVEN if name.endswith("even") else modes.FLOOR
        return lambda values: mx.to_mx(values, torch.float4_e2m1fn_x2, 32, scaling_mode=rule).dequantize(torch.float32)
    if name == "nvfp4":
        module: Any = importlib.import_module("torchao.prototype.mx_formats.nvfp4_tensor")

        def two_levels(values: Tensor) -> Tensor:
            scale = module.per_tensor_amax_to_scale(values.abs().max())
            return module.NVFP4Tensor.to_nvfp4(values, per_tensor_scale=scale).dequantize(torch.float32)  # type: ignore[no-any-return] # theirs

        return two_levels
    if not name.startswith("int"):
        return None
    ops: Any = importlib.import_module("torchao.quantization.quant_primitives")
    low = -(2 ** (int(name[3]) - 1))
    block = (1, 128) if name.endswith("g128") else (1, COLUMNS)

    def affine(values: Tensor) -> Tensor:
        kind = ops.MappingType.SYMMETRIC
        ends = (low, -low - 1)
        scale, zero = ops.choose_qparams_affine(
            values, kind, block, torch.int8, *ends, zero_point_dtype=torch.int8, keepdim=True
        )
        codes = ops.quantize_affine(values, block, scale, zero, torch.int8, *ends)
        return ops.dequantize_affine(codes, block, scale, zero, torch.int8, *ends)  # type: ignore[no-any-return] # theirs

    return affine


COMPRESSED: dict[str, dict[str, Any]] = {
    "mxfp4_even": {"num_bits": 4, "type": "float", "strategy": "group", "group_size": 32, "scale_dtype": torch.uint8, "zp_dtype": torch.uint8},
    "nvfp4": {
        "num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16,
        "scale_dtype": torch.float8_e4m3fn, "zp_dtype": torch.float8_e4m3fn,
    },
    "int4_g128": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128},
    "int8_channel": {"num_bits": 8, "type": "int", "strategy": "channel"},
    "fp8_e4m3_channel": {"num_bits": 8, "type": "float", "strategy": "channel"},
}  # fmt: skip
"""Arguments of its QuantizationArgs."""


def by_compressed_tensors(name: str) -> Action | None:
    """Its scales and its fake quantization."""
    if installed("compressed_tensors") is None or name not in COMPRESSED:
        return None
    arguments: Any = importlib.import_module("compressed_tensors.quantization").QuantizationArgs(**COMPRESSED[name])
    tools: Any = importlib.import_module("compressed_tensors.quantization.utils.helpers")
    forward: Any = importlib.import_module("compressed_tensors.quantization.lifecycle.forward")
    size = COMPRESSED[name].get("group_size")

    def fake(values: Tensor) -> Tensor:
        overall = {"global_scale": tools.generate_gparam(values.min(), values.max())} if name == "nvfp4" else {}
        groups = values.view(*values.shape[:-1], -1, size) if size else values
        low, high = torch.aminmax(groups, dim=-1, keepdim=not size)
        scale, _ = tools.calculate_qparams(low, high, arguments, **overall)
        return forward.fake_quantize(values, scale, None, arguments, **overall)  # type: ignore[no-any-return] # theirs

    return fake


def by_bitsandbytes(name: str) -> Action | None:
    """Its NF4."""
    functional: Any = installed("bitsandbytes.functional")
    if functional is None or name != "nf4_g64":
        return None
    return lambda values: functional.dequantize_4bit(*functional.quantize_4bit(values, blocksize=64, quant_type="nf4"))


def by_gguf(name: str) -> Action | None:
    """The Python package of GGUF."""
    gguf: Any = installed("gguf")
    kinds = {"q8_0": "Q8_0", "q4_0": "Q4_0", "mxfp4": "MXFP4"}
    if gguf is None or name not in kinds:
        return None
    kind = gguf.GGMLQuantizationType[kinds[name]]
    return lambda values: torch.from_numpy(gguf.dequantize(gguf.quantize(values.numpy(), kind), kind))


def by_microxcaling(name: str) -> Action | None:
    """Its MX formats."""
    ops: Any = installed("mx.mx_ops")
    if ops is None or name != "mxfp4":
        return None
    return lambda values: ops._quantize_mx(  # noqa: SLF001 - it has no other way
        values, 8, elem_format="fp4_e2m1", block_size=32, axes=[-1], round="even", shared_exp_method="max"
    )


PEERS = {
    "torchao": by_torchao,
    "compressed-tensors": by_compressed_tensors,
    "bitsandbytes": by_bitsandbytes,
    "gguf": by_gguf,
    "microxcaling": by_microxcaling,
}


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    values = torch.from_numpy(np.random.default_rng(0).standard_normal((arguments.rows, COLUMNS), np.float32)) * 0.02
    print(f"{values.numel():,} binary32 elements, one thread; {machine()}")
    print("; ".join(f"{name} {version_of(name)}" for name in (*PACKAGES, "torch", "numpy")) + "\n")
    print(
        "| format | precisionlab, ns an element | fastest peer, times that | others | numbers that differ from the fastest's |"
    )
    print("| --- | ---: | ---: | --- | ---: |")
    for name in FORMATS:
        made = {peer: make(name) for peer, make in PEERS.items()}
        peers = {peer: action for peer, action in made.items() if action is not None}
        actions = {peer: bound(action, values) for peer, action in peers.items()}
        seconds = best_seconds({"own": lambda name=name: fake_quantize(values, name), **actions}, arguments.rounds)  # type: ignore[misc] # bound now
        own = seconds.pop("own")
        report = f"| {name} | {own / values.numel() * 1e9:.2f} |"
        if not seconds:
            print(f"{report} - | - | - |")
            continue
        first, *rest = sorted(seconds, key=lambda peer: seconds[peer])
        differing = float((peers[first](values) != fake_quantize(values, name)).float().mean())
        others = ", ".join(f"{peer} {seconds[peer] / own:.1f}" for peer in rest) or "-"
        print(f"{report} {first} {seconds[first] / own:.1f} | {others} | {differing:.2%} |")


if __name__ == "__main__":
    main()
