"""Recipes for bitsandbytes."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.recipes.exports.bitsandbytes import notes, render, skipped
from tests.recipes.exports.decoders import assigned, decoder, network, quantized, recipe_of

GOLDEN = """{
 "quant_method": "bitsandbytes",
 "load_in_4bit": true,
 "bnb_4bit_quant_type": "nf4",
 "bnb_4bit_use_double_quant": true,
 "bnb_4bit_compute_dtype": "bfloat16",
 "llm_int8_skip_modules": [
  "model.embed_tokens",
  "model.layers.0.mlp.gate_proj",
  "model.layers.0.mlp.up_proj",
  "model.layers.0.mlp.down_proj",
  "lm_head"
 ],
 "_notes": [
  "precisionlab recipe for model.safetensors",
  "4.5 bits a weight",
  "bits 1,000,000, loss 0.5, bound 0.25"
 ]
}
"""
NAMES = st.lists(
    st.sampled_from(["a", "b", "a_b", "1", "11", "lm_head", "x*", "[", "a|b", "\n"]), min_size=1, max_size=3
)


def stays(name: str, entries: list[str]) -> bool:
    """Whether transformers keeps a module (quantizers_utils.should_convert_module of 5.24, in its own words)."""
    boundary = r"(?:(?<=\.)|(?=\.|$))"
    return any(re.match(f"(?:{entry}){boundary}", name) is not None or name.endswith(entry) for entry in entries)


def stays_before(name: str, entries: list[str]) -> bool:
    """The same in 5.17, where a name need not end where the expression does."""
    return any(re.match(entry, name) is not None or name.endswith(entry) for entry in entries)


def test_a_recipe_has_these_lines() -> None:
    """Every matrix that stays is listed."""
    assert render(decoder(1, "nf4_g64_dq", None, dtype="bfloat16")) == GOLDEN


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nf4", {"bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": False}),
        ("bnb_fp4_g64", {"bnb_4bit_quant_type": "fp4", "bnb_4bit_use_double_quant": False}),
        ("bnb_fp4_g64_dq", {"bnb_4bit_quant_type": "fp4", "bnb_4bit_use_double_quant": True}),
        ("int8_channel", {"load_in_8bit": True}),
    ],
)
def test_formats_are_loaded_so(target: str, expected: dict[str, object]) -> None:
    """The options of the one format; only int8 is noted to differ."""
    recipe = decoder(2, target, target)
    assert expected.items() <= json.loads(render(recipe)).items()
    assert bool(notes(recipe)) == (target == "int8_channel")


def test_several_formats_or_none_are_errors() -> None:
    """One line, with what to do."""
    mixed = recipe_of(assigned("a.weight", "nf4_g64"), assigned("b.weight", "nf4_g64_dq"))
    with pytest.raises(
        UsageError, match=r"^bitsandbytes: has one format .* mixes nf4_g64, nf4_g64_dq; make a recipe of"
    ):
        render(mixed)
    with pytest.raises(UsageError, match="quantizes none"):
        render(recipe_of(assigned("a.weight", None)))


def test_what_is_no_linear_layer_is_said() -> None:
    """Embeddings, filters, names of no module."""
    recipe = recipe_of(
        assigned("model.embed_tokens.weight", "nf4_g64"),
        assigned("transformer.wte.weight", "nf4_g64"),
        assigned("conv.weight", "nf4_g64", (8, 8, 3, 3)),
        assigned("a.weight", "nf4_g64"),
    )
    assert notes(recipe) == (
        "left out: model.embed_tokens.weight (nf4_g64): only linear layers are quantized, and its name is that of an embedding",
        "left out: transformer.wte.weight (nf4_g64): only linear layers are quantized, and its name is that of an embedding",
        "left out: conv.weight (nf4_g64): it has 4 axes, and only matrices are quantized",
    )
    assert json.loads(render(recipe))["llm_int8_skip_modules"] == ["model.embed_tokens", "transformer.wte"]


@settings(max_examples=300)
@given(st.sets(NAMES.map(".".join), max_size=8), st.sets(NAMES.map(".".join), max_size=8))
def test_entries_keep_what_is_kept_and_nothing_quantized(kept: set[str], others: set[str]) -> None:
    """Under the rules of transformers, by which `lm_head` alone would keep `draft.lm_head` and `lm_head_2` as well."""
    chosen = others - kept
    entries = skipped(sorted(kept), chosen)
    assert all(stays(name, entries) and stays_before(name, entries) for name in kept)
    assert not any(stays(name, entries) or stays_before(name, entries) for name in chosen)


@pytest.mark.filterwarnings("ignore")
def test_transformers_follows_one_of_these_rules() -> None:
    """The rules in this file are the library's."""
    utils = pytest.importorskip("transformers.quantizers.quantizers_utils")
    names = ["lm_head", "x.lm_head", "lm_head.x", "x_lm_head", "lm_headx", "a.1", "a.11", "a.1.b"]
    lists: tuple[list[str], ...] = (["lm_head"], ["a.1"], [r"a\.1$"], ["a"], ["x", "a.*"], [])
    asked = [(name, entries) for entries in lists for name in names]
    theirs = [not utils.should_convert_module(name, entries) for name, entries in asked]
    assert theirs in [[rule(name, entries) for name, entries in asked] for rule in (stays, stays_before)]


@pytest.mark.filterwarnings("ignore")
def test_transformers_replaces_the_modules_of_the_recipe() -> None:
    """Those and no others become layers of bitsandbytes, with these options."""
    transformers = pytest.importorskip("transformers")
    bnb = pytest.importorskip("bitsandbytes")
    integration = pytest.importorskip("transformers.integrations.bitsandbytes")
    for target in ("nf4_g64", "bnb_fp4_g64_dq", "int8_channel"):
        recipe = decoder(12, target, target)
        kept = ("model.layers.1.", "model.layers.10.mlp.down_proj.")
        rows = (replace(a, format=None) if a.tensor.startswith(kept) else a for a in recipe.assignments)
        recipe = replace(recipe, assignments=tuple(rows))
        config = transformers.BitsAndBytesConfig(**json.loads(render(recipe)))
        built = network(recipe)
        integration.replace_with_bnb_linear(built, config.llm_int8_skip_modules, config)
        kinds = (bnb.nn.Linear4bit, bnb.nn.Linear8bitLt)
        found = {name for name, module in built.named_modules() if isinstance(module, kinds)}
        assert found == set(quantized(recipe)), target
