"""Recipes for llama-quantize."""

import re
import shlex
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.formats import BlockFormat, formats
from precisionlab.recipes.exports.gguf_names import gguf_name
from precisionlab.recipes.exports.llama_cpp import notes, render
from precisionlab.recipes.recipe import Recipe
from precisionlab.recipes.runtimes import runtime_named
from tests.recipes.exports.decoders import assigned, decoder, recipe_of

GOLDEN = r"""#!/bin/sh
# sh THIS_FILE [OPTIONS] model-f16.gguf quantized.gguf
# precisionlab recipe for model.safetensors
# 4.5 bits a weight
# bits 1,000,000, loss 0.5, bound 0.25
exec llama-quantize \
  --tensor-type '^(output|token_embd)\.weight$=F32' \
  --tensor-type '^blk\.0\.(attn_k|attn_output|attn_q|attn_v|ffn_down|ffn_gate|ffn_up)\.weight$=Q8_0' \
  --tensor-type '^blk\.([1-9]|[12][0-9]|3[01])\.(attn_k|attn_output|attn_q|attn_v)\.weight$=Q4_K' \
  --tensor-type '^blk\.([1-9]|[12][0-9]|3[01])\.(ffn_down|ffn_gate|ffn_up)\.weight$=Q6_K' \
  "$@" Q4_K
"""


def types(text: str, names: list[str]) -> Mapping[str, str]:
    """What llama-quantize gives to tensors: the type of the first pattern, in lower case, found in the name."""
    words = shlex.split(text.partition("exec ")[2].replace("\\\n", " "))
    pairs = [word.split("=", 1) for option, word in pairwise(words) if option == "--tensor-type"]
    found = {name: [kind for pattern, kind in pairs if re.search(pattern.lower(), name)] for name in names}
    return {name: kinds[0] for name, kinds in found.items() if kinds}


def test_a_recipe_has_these_lines() -> None:
    """Kept matrices have types too; the type of most elements comes last."""
    assert render(decoder(32, "q4_k", "q6_k", "q8_0")) == GOLDEN


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["q4_k", "q6_k", "q8_0", "float16:none", None]), min_size=70, max_size=70))
def test_each_matrix_gets_its_type(chosen: list[str | None]) -> None:
    """By exactly one pattern, under the rule of llama-quantize; names beside them by none."""
    template = decoder(10, "q4_k", "q4_k").assignments
    matrices = [assignment.tensor for assignment in template if assignment.format is not None]
    assert len(matrices) == len(chosen)
    recipe = recipe_of(*map(assigned, matrices, chosen))
    called = {"float16:none": "F16", None: "F32"}
    expected = {
        gguf_name(tensor) or "": called.get(target) or str(target).upper()
        for tensor, target in zip(matrices, chosen, strict=True)
    }
    others = [f"{name}{end}" for name in expected for end in ("x", ".weight")]
    assert types(render(recipe), [*expected, *others]) == expected


def test_experts_are_one_tensor() -> None:
    """Of one type where they agree; else they are left out."""
    experts = "model.layers.{}.mlp.experts.{}.up_proj.weight"
    agreeing = [assigned(experts.format(0, i), "q4_k") for i in range(8)]
    mixed = [assigned(experts.format(1, i), "q4_k" if i else None) for i in range(8)]
    text = render(recipe_of(*agreeing, *mixed))
    assert types(text, ["blk.0.ffn_up_exps.weight", "blk.1.ffn_up_exps.weight"]) == {"blk.0.ffn_up_exps.weight": "Q4_K"}
    assert text.count("# left out: model.layers.1.mlp.experts.") == 8


def test_what_llama_cpp_cannot_be_told_is_said() -> None:
    """Unknown names, vectors, blocks that do not fill a row, routers, dtypes that GGUF lacks."""
    recipe = recipe_of(
        assigned("transformer.h.0.attn.weight", "q4_k"),
        assigned("transformer.h.0.kept.weight", None),
        assigned("model.norm.weight", "q8_0", (256,)),
        assigned("model.layers.0.mlp.up_proj.weight", "q4_k", (256, 224)),
        assigned("model.layers.0.mlp.down_proj.weight", "q8_0", (256, 40)),
        assigned("model.layers.0.mlp.gate.weight", "q8_0"),
        assigned("lm_head.weight", None, dtype="float8_e4m3fn"),
        assigned("model.layers.0.input_layernorm.weight", None, (256,)),
        assigned("model.layers.1.mlp.up_proj.weight", "q4_0", (256, 224)),
    )
    assert notes(recipe) == (
        "left out: transformer.h.0.attn.weight (q4_k): its name in GGUF is unknown",
        "left out: transformer.h.0.kept.weight (as stored): its name in GGUF is unknown",
        "left out: model.norm.weight (q8_0): only matrices are quantized",
        "left out: model.layers.0.mlp.up_proj.weight (q4_k): its rows of 224 are no multiple of 256",
        "left out: model.layers.0.mlp.down_proj.weight (q8_0): its rows of 40 are no multiple of 32",
        "left out: model.layers.0.mlp.gate.weight (q8_0): llama.cpp keeps the routers of experts",
        "left out: lm_head.weight (as stored): GGUF has no float8_e4m3fn",
        "what is left out becomes Q4_0, or what llama-quantize takes instead",
    )
    assert all(f"# {note}\n" in render(recipe) for note in notes(recipe))


def test_the_default_type_is_a_quantized_one() -> None:
    """llama-quantize heeds the types of single tensors under no other."""
    for target in (None, "bfloat16:none", "mxfp4"):
        assert render(recipe_of(assigned("lm_head.weight", target))).endswith('  "$@" Q8_0\n')


def test_the_file_runs(tmp_path: Path) -> None:
    """A shell passes on one argument a type, then the arguments of the file, then the default."""
    script, program = tmp_path / "recipe.sh", tmp_path / "llama-quantize"
    script.write_text(render(decoder(2, "q4_k", "q6_k")))
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(script), "--imatrix", "x y", "in.gguf", "out.gguf"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": str(tmp_path)},
        timeout=30,
    )
    *options, imatrix, x_y, source, target, default = done.stdout.splitlines()
    assert (imatrix, x_y, source, target, default) == ("--imatrix", "x y", "in.gguf", "out.gguf", "Q4_K")
    assert options[::2] == ["--tensor-type"] * 3
    assert options[3] == r"^blk\.[01]\.(attn_k|attn_output|attn_q|attn_v)\.weight$=Q4_K"


def test_types_are_those_of_gguf() -> None:
    """The name is a type of GGUF whose blocks take the bits of the catalogue's format."""
    gguf = pytest.importorskip("gguf")
    for support in runtime_named("llama.cpp").formats:
        size, n_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[support.called]]
        found = formats[support.pattern.partition(":")[0]]
        bits = found.stored_bits((1, size)) if isinstance(found, BlockFormat) else found.bits * size
        assert bits == 8 * n_bytes, support.called


def test_an_empty_recipe_is_a_call_without_types() -> None:
    """Nothing is made up."""
    assert "--tensor-type" not in render(Recipe("empty", ()))
