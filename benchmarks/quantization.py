"""What quantizing would lose: the sweep of element formats, error sums of block formats, and several formats in one pass.

    python benchmarks/quantization.py [--rows 16384] [--rounds 5]
    python benchmarks/quantization.py --model 4        # gigabytes of bfloat16 through `precisionlab scan -a quantization`

Peers that are not installed are skipped, as in benchmarks/blocks.py, whose actions they are: each quantizes and
dequantizes as its own users do, which is what must be done before any error can be summed with them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import ml_dtypes
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor as TorchTensor

from blocks import PACKAGES, PEERS
from peers import bound, version_of
from precisionlab.analysis.census.counting import counting_of
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.quantization.census_sums import distribution_of, element_sums, scale_of
from precisionlab.analysis.quantization.sweep import Question, sweep
from precisionlab.analysis.quantization.targets import Scale, parse_targets
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import STORED_FORMATS, ElementFormat, formats
from precisionlab.formats.blocks.summing import error_sums
from timing import best_seconds, machine

COLUMNS = 4096
BLOCK = 1 << 21
ELEMENTS = (
    *("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz"),
    *("float8_e5m2fnuz", "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "e2m2", "e3m3", "e2m5", "e5m1", "e6m1"),
    *("e3m1", "e2m4", "e4m2", "m7e4", "float16", "dlfloat16", "tfloat32", "int2", "int3", "int4", "int5", "int6"),
    *("int8", "posit8", "posit16"),
)
"""Thirty formats of one number."""
BLOCKS = (
    "int8_channel",
    "int4_g128",
    "nvfp4",
    "nf4_g64",
    "mxfp4",
    "mxfp8_e4m3",
    "fp8_e4m3_channel",
    "q8_0",
    "q4_0",
)
TOGETHER = ("int8_channel", "int4_g128", "nvfp4", "nf4_g64", "mxfp4", "mxfp8_e4m3", "fp8_e4m3_channel", "q4_0")
"""Eight formats in one sweep."""
ML_DTYPES = ("float8_e4m3fn", "float8_e5m2", "float6_e3m2fn", "float4_e2m1fn")
TORCH = ("float8_e4m3fn", "float8_e5m2")


class Memory:
    """A reader of one tensor in memory."""

    def __init__(self, content: NDArray[np.uint8]) -> None:
        self.content = content

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Copy."""
        del location
        np.copyto(np.frombuffer(buffer, np.uint8), self.content[start : start + len(buffer)])


def gaussian(n_rows: int) -> TorchTensor:
    """Normal weights of deviation 0.02."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal((n_rows, COLUMNS), np.float32)) * 0.02


def census_of(codes: NDArray[np.uint16]) -> Census:
    """The census of bfloat16 numbers, on one thread."""
    counting = counting_of(STORED_FORMATS["bfloat16"], codes.size, CpuBackend())
    for start in range(0, codes.size, BLOCK):
        counting.add(start, codes[start : start + BLOCK])
    return counting.census()


def swept(census: Census, chosen: Sequence[ElementFormat]) -> None:
    """All formats, unscaled and scaled by the largest magnitude."""
    distribution = distribution_of(census)
    for format_ in chosen:
        for rule in (Scale.NONE, Scale.AMAX):
            element_sums(distribution, format_, scale_of(rule, distribution, format_))


def looped_ml_dtypes(values: NDArray[np.float32], name: str) -> float:
    """The squared error of a cast and back, as one writes it."""
    made = values.astype(getattr(ml_dtypes, name)).astype(np.float32)
    return float(np.mean((made - values) ** 2))


def looped_torch(values: TorchTensor, name: str) -> float:
    """The same in torch."""
    made = values.to(getattr(torch, name)).float()
    return float(((made - values) ** 2).mean())


def elements(values: TorchTensor, rounds: int) -> None:
    """The sweep of element formats against the census, and against casting."""
    stored = values.to(torch.bfloat16)
    codes = stored.view(torch.int16).numpy().view(np.uint16).reshape(-1)
    census = census_of(codes)
    chosen = [formats.element(name) for name in ELEMENTS]
    seconds = best_seconds({"census": lambda: census_of(codes), "sweep": lambda: swept(census, chosen)}, rounds)
    n_results = 2 * len(chosen)
    part = stored[: max(1, len(stored) // 16)].float()
    share = stored.numel() / part.numel()
    loops: dict[str, Callable[[], object]] = {
        **{f"ml_dtypes {name}": lambda name=name: looped_ml_dtypes(part.numpy(), name) for name in ML_DTYPES},  # type: ignore[misc]
        **{f"torch {name}": lambda name=name: looped_torch(part, name) for name in TORCH},  # type: ignore[misc]
    }
    looped = best_seconds(loops, min(rounds, 3))
    print(f"{stored.numel():,} bfloat16 elements, one thread, {len(chosen)} formats unscaled and scaled\n")
    print("| what | milliseconds | times the census |\n| --- | ---: | ---: |")
    both = seconds["census"] + seconds["sweep"]
    for label, time_ in (
        ("census", seconds["census"]),
        (f"{n_results} results from it", seconds["sweep"]),
        ("both", both),
    ):
        print(f"| {label} | {time_ * 1e3:.2f} | {time_ / seconds['census']:.3f} |")
    print(
        "\n| one result by casting there and back | milliseconds | all results so, times ours with the census | without |"
    )
    print("| --- | ---: | ---: | ---: |")
    for label, time_ in looped.items():
        every = time_ * share * n_results
        print(f"| {label} | {time_ * share * 1e3:.1f} | {every / both:,.0f} | {every / seconds['sweep']:,.0f} |")


def blocks(values: TorchTensor, rounds: int) -> None:
    """Error sums of block formats against what peers take to quantize and dequantize."""
    print(f"\n{values.numel():,} binary32 elements, one thread\n")
    print("| format | precisionlab, ns an element | fastest peer, times that | others |\n| --- | ---: | ---: | --- |")
    for name in BLOCKS:
        made = {peer: make(name) for peer, make in PEERS.items()}
        actions = {peer: bound(action, values) for peer, action in made.items() if action is not None}
        seconds = best_seconds({"own": lambda name=name: error_sums(values, name), **actions}, rounds)  # type: ignore[misc]
        own = seconds.pop("own")
        ranked = [f"{peer} {seconds[peer] / own:.1f}" for peer in sorted(seconds, key=lambda peer: seconds[peer])]
        first, others = (ranked[0], ", ".join(ranked[1:]) or "-") if ranked else ("-", "-")
        print(f"| {name} | {own / values.numel() * 1e9:.2f} | {first} | {others} |")


def together(values: TorchTensor, rounds: int) -> None:
    """Several formats in one sweep against each in its own."""
    content = values.numpy().view(np.uint8).reshape(-1)
    info = TensorInfo("weight", "float32", tuple(values.shape), ByteRange("", 0, content.size))
    tensor = Tensor(info, Memory(content), memory_bytes=content.size)
    tensor.survey()
    tensor.hold()
    targets = parse_targets(TOGETHER)
    single = {f"{one.name} alone": bound(lambda one: sweep(tensor, Question((one,))), one) for one in targets}
    seconds = best_seconds({**single, "together": lambda: sweep(tensor, Question(targets))}, rounds)
    all_at_once = seconds.pop("together")
    print(f"\nOne sweep over {values.numel():,} binary32 elements in memory, one thread\n")
    print("| formats | ns an element |\n| --- | ---: |")
    for label, time_ in (*seconds.items(), ("sum of the eight", sum(seconds.values())), ("all together", all_at_once)):
        print(f"| {label} | {time_ / values.numel() * 1e9:.2f} |")
    print(f"\nTogether they take {all_at_once / sum(seconds.values()):.2f} of the sum.")


def model(gigabytes: float, rounds: int) -> None:
    """A whole checkpoint with the default formats on all processors."""
    from safetensors.torch import save_file  # noqa: PLC0415 - of the test extra, and only for this

    from precisionlab.scanning.scan import scan  # noqa: PLC0415 - only for this

    layer = gaussian(COLUMNS).to(torch.bfloat16)
    n_layers = max(1, round(gigabytes * 1e9 / (layer.numel() * 2)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_file({f"layers.{i}.weight": layer.roll(i) for i in range(n_layers)}, path)
        size = path.stat().st_size / 1e9
        best = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            scan(path, ["quantization"])
            best = min(best, time.perf_counter() - start)
    print(f"{size:.2f} GB of bfloat16 in {n_layers} tensors, default formats: {best:.1f} s, {best / size:.2f} s a GB")


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=float, default=0.0, help="gigabytes")
    arguments = parser.parse_args()
    print(machine())
    if arguments.model:
        model(arguments.model, min(arguments.rounds, 3))
        return
    torch.set_num_threads(1)
    print("; ".join(f"{name} {version_of(name)}" for name in (*PACKAGES, "ml_dtypes", "torch", "numpy")) + "\n")
    values = gaussian(arguments.rows)
    elements(values, arguments.rounds)
    blocks(values, arguments.rounds)
    together(values, arguments.rounds)


if __name__ == "__main__":
    main()
