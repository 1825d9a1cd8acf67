"""Which runtime has which format."""

import re

import pytest

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.errors import FormatError, UsageError
from precisionlab.formats.blocks.catalogue import ENTRIES
from precisionlab.recipes.runtimes import RUNTIMES, support_for, supported, supports

PATTERNS = [(runtime.name, pattern) for runtime in RUNTIMES for pattern in supported(runtime.name)]
NUMBERS = {"bits": "5", "size": "48", "rows": "96", "columns": "64"}


@pytest.mark.parametrize(("runtime", "pattern"), PATTERNS, ids=" ".join)
def test_every_pattern_is_of_formats_that_there_are(runtime: str, pattern: str) -> None:
    """With numbers filled in, each pattern is the very name of a target, which the runtime then supports."""
    name = re.sub(r"\{(\w+)\}", lambda match: NUMBERS[match[1]], pattern)
    assert parse_target(name).name == name
    assert supports(runtime, name)


@pytest.mark.parametrize("runtime", [runtime.name for runtime in RUNTIMES])
def test_unmarked_formats_are_those_whose_source_names_the_runtime(runtime: str) -> None:
    """A catalogued format is supported without a difference only where it follows that runtime."""
    found = {entry: support_for(runtime, entry.name) for entry in ENTRIES}
    unmarked = [entry for entry, support in found.items() if support is not None and not support.differs]
    assert [entry.name for entry in unmarked if runtime not in entry.source] == []


@pytest.mark.parametrize("runtime", ["compressed-tensors", "llama.cpp", "bitsandbytes"])
def test_a_runtime_supports_what_follows_it(runtime: str) -> None:
    """No catalogued format whose source names the runtime is missing."""
    own = [entry.name for entry in ENTRIES if runtime in entry.source]
    assert own
    assert [name for name in own if not supports(runtime, name)] == []


@pytest.mark.parametrize(
    ("runtime", "target", "called"),
    [
        ("compressed-tensors", "int4_g128", "int, num_bits 4, strategy group, group_size 128"),
        ("compressed-tensors", "fp8_e4m3_128x128", "float, num_bits 8, strategy block, block_structure [128, 128]"),
        ("compressed-tensors", "INT3-G64:mse", "int, num_bits 3, strategy group, group_size 64, observer mse"),
        ("torchao", "int8_channel", "Int8WeightOnlyConfig, PerRow"),
        ("torchao", "int8_channel_asym", "IntxWeightOnlyConfig, int8, PerAxis(0), ASYMMETRIC"),
        ("torchao", "int8_channel_torchao", "Int8WeightOnlyConfig, PerRow"),
        ("torchao", "int4_g32_torchao", "IntxWeightOnlyConfig, int4, PerGroup(32)"),
        ("torchao", "int8_g64_asym_torchao", "IntxWeightOnlyConfig, int8, PerGroup(64), ASYMMETRIC"),
        ("torchao", "int3_channel_noclip_torchao", "IntxWeightOnlyConfig, int3, PerAxis(0), SYMMETRIC_NO_CLIPPING_ERR"),
        ("llama.cpp", "nvfp4_ggml", "NVFP4"),
        ("torchao", "mxfp4", "MXDynamicActivationMXWeightConfig, FLOOR"),
        ("llama.cpp", "q4_k", "Q4_K"),
        ("llama.cpp", "bf16:none", "BF16"),
        ("bitsandbytes", "nf4", "nf4"),
        ("bitsandbytes", "nf4_g64_dq", "nf4, double quantization"),
    ],
)
def test_a_format_has_the_name_that_the_runtime_has_for_it(runtime: str, target: str, called: str) -> None:
    """Numbers of a family are filled in, and any spelling of a format is understood."""
    support = support_for(runtime, target)
    assert support is not None
    assert support.called == called


@pytest.mark.parametrize(
    ("runtime", "target"),
    [
        ("compressed-tensors", "q4_k"),
        ("compressed-tensors", "posit8:amax"),
        ("compressed-tensors", "fp8_e5m2_channel"),
        ("compressed-tensors", "nvfp4_plain"),
        ("torchao", "int4_tensor"),
        ("torchao", "nf4_g64"),
        ("llama.cpp", "int4_g32"),
        ("llama.cpp", "bfloat16:amax"),
        ("bitsandbytes", "nf4_g128"),
        ("bitsandbytes", "float8_e4m3fn:amax"),
    ],
)
def test_what_a_runtime_lacks_is_not_supported(runtime: str, target: str) -> None:
    """Neither other widths and sizes, nor other rules for scales."""
    assert parse_target(target)
    assert not supports(runtime, target)


def test_unknown_runtimes_and_formats_are_errors() -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match=r"^torcha: is no runtime; use one of .*; did you mean torchao\?$"):
        supported("torcha")
    with pytest.raises(FormatError):
        supports("torchao", "int4_g")
