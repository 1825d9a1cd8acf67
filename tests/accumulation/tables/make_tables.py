"""Write what MMA-Sim answers to seeded inputs; its authors found it bitwise equal to the GPUs (arXiv 2511.10909).

pip install --no-deps --target /tmp/mmasim mmasim==2.1.1 && PYTHONPATH=/tmp/mmasim python tests/accumulation/tables/make_tables.py

A line: the unit (GPU, operands, result), then w, x, the accumulator and the answer as little-endian bytes in hex.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from mmasim.nv_ptx.sim import MMA, WGMMA, TCGen05MMA  # type: ignore[import-not-found]

INSTRUCTIONS = {
    "v100 fp16 fp32": MMA("Volta", "m8n8k4.f32.f16.f16.f32"),
    "v100 fp16 fp16": MMA("Volta", "m8n8k4.f16.f16.f16.f16"),
    "t4 fp16 fp32": MMA("Turing", "m16n8k8.f32.f16.f16.f32"),
    "t4 fp16 fp16": MMA("Turing", "m16n8k8.f16.f16.f16.f16"),
    "a100 fp16 fp32": MMA("Ampere", "m16n8k16.f32.f16.f16.f32"),
    "a100 fp16 fp16": MMA("Ampere", "m16n8k16.f16.f16.f16.f16"),
    "a100 bf16 fp32": MMA("Ampere", "m16n8k16.f32.bf16.bf16.f32"),
    "a100 tf32 fp32": MMA("Ampere", "m16n8k8.f32.tf32.tf32.f32"),
    "ada e4m3 fp32": MMA("Ada Lovelace", "m16n8k32.f32.e4m3.e4m3.f32"),
    "ada e5m2 fp32": MMA("Ada Lovelace", "m16n8k32.f32.e5m2.e5m2.f32"),
    "ada e5m2 fp16": MMA("Ada Lovelace", "m16n8k32.f16.e5m2.e5m2.f16"),
    "h100 fp16 fp32": WGMMA("Hopper", "m64n8k16.f32.f16.f16"),
    "h100 fp16 fp16": WGMMA("Hopper", "m64n8k16.f16.f16.f16"),
    "h100 bf16 fp32": WGMMA("Hopper", "m64n8k16.f32.bf16.bf16"),
    "h100 tf32 fp32": WGMMA("Hopper", "m64n8k8.f32.tf32.tf32"),
    "h100 e4m3 fp32": WGMMA("Hopper", "m64n8k32.f32.e4m3.e4m3"),
    "h100 e4m3xe5m2 fp32": WGMMA("Hopper", "m64n8k32.f32.e4m3.e5m2"),
    "h100 e5m2 fp32": WGMMA("Hopper", "m64n8k32.f32.e5m2.e5m2"),
    "h100 e5m2 fp16": WGMMA("Hopper", "m64n8k32.f16.e5m2.e5m2"),
    "b200 fp16 fp32": TCGen05MMA("Blackwell", "m64n8k16.kind::f16.f32.f16.f16"),
    "b200 bf16 fp32": TCGen05MMA("Blackwell", "m64n8k16.kind::f16.f32.bf16.bf16"),
    "b200 tf32 fp32": TCGen05MMA("Blackwell", "m64n8k8.kind::tf32.f32.tf32.tf32"),
    "b200 e4m3 fp32": TCGen05MMA("Blackwell", "m64n8k32.kind::f8f6f4.f32.e4m3.e4m3"),
    "b200 e5m2 fp32": TCGen05MMA("Blackwell", "m64n8k32.kind::f8f6f4.f32.e5m2.e5m2"),
}
TERMS = 64
"""Of a dot product: at least two blocks of every unit."""
SEED = 20


def bits(n: int, kind: torch.dtype, source: torch.Generator) -> torch.Tensor:
    """Random patterns, with 0 for what is not finite."""
    patterns = torch.randint(256, (n * kind.itemsize,), generator=source).to(torch.uint8).view(kind).float()
    return torch.where(patterns.isfinite(), patterns, 0.0).to(kind)


def normal(n: int, kind: torch.dtype, source: torch.Generator, spread: int) -> torch.Tensor:
    """Normal numbers times powers of two up to 2**spread and down to its inverse."""
    scales = torch.randint(-spread, spread + 1, (n,), generator=source)
    return (torch.randn(n, generator=source) * torch.exp2(scales)).to(kind)


def tf32(numbers: torch.Tensor) -> torch.Tensor:
    """Float32 cut to tf32; others as they are."""
    return (numbers.view(torch.int32) >> 13 << 13).view(torch.float32) if numbers.dtype == torch.float32 else numbers


def raw(numbers: torch.Tensor) -> str:
    """The bytes of a vector."""
    return numbers.contiguous().view(torch.uint8).numpy().tobytes().hex()


def line(unit: str, instruction: MMA | WGMMA | TCGen05MMA, style: str, source: torch.Generator) -> str:
    """One dot product."""
    draw: Callable[[int, torch.dtype, torch.Generator], torch.Tensor] = {
        "bits": bits,
        "normal": lambda n, kind, source: normal(n, kind, source, 0),
        "wide": lambda n, kind, source: normal(n, kind, source, 4),
    }[style]
    w, x = (tf32(draw(TERMS, kind, source)) for kind in (instruction.a_type, instruction.b_type))
    c = draw(1, instruction.c_type, source) * (style != "bits")
    answer = instruction.dpa(w[None], x[None], c)
    return " ".join([*unit.split(), raw(w), raw(x), raw(c), raw(answer)])


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(SEED)
    lines = [
        line(unit, instruction, style, generator)
        for unit, instruction in INSTRUCTIONS.items()
        for style in ("bits", "bits", "normal", "wide", "wide")
    ]
    (Path(__file__).parent / "mmasim.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
