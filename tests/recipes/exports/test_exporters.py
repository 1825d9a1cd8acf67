"""The table of files that recipes are written as."""

import pytest

from precisionlab.errors import UsageError
from precisionlab.recipes.exports.exporters import EXPORTERS, Exporter, exporter_for
from precisionlab.recipes.runtimes import runtime_named
from tests.recipes.exports.decoders import assigned, decoder, recipe_of

FORMATS = {
    "compressed-tensors": "int4_g128",
    "torchao": "mxfp4",
    "llama.cpp": "q4_k",
    "bitsandbytes": "nf4_g64",
    "json": "int5_g48",
}
NOTES = {"torchao": ["mxfp4 differs in torchao"]}
HOSTILE = 'model.layers.0.it\'s "x": #{}\\\n\x1b[31m\u202e\U0001f600.$(reboot)`.weight'


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_each_exporter_writes_a_recipe(exporter: Exporter) -> None:
    """Its module has both functions, its runtime is known, and the file ends with a newline."""
    recipe = decoder(2, FORMATS[exporter.name], FORMATS[exporter.name])
    text = exporter.load().render(recipe)
    assert text.endswith("\n")
    assert exporter.load().render(recipe) == text
    assert [note.partition(":")[0] for note in exporter.load().notes(recipe)] == NOTES.get(exporter.name, [])
    assert exporter.runtime is None or runtime_named(exporter.runtime).name == exporter.name


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_names_from_files_are_data(exporter: Exporter) -> None:
    """No control character reaches a file or a note, whatever a tensor, a dtype or a path is called."""
    target = FORMATS[exporter.name]
    names = (HOSTILE, "b\n.weight", "c\r\x00", "model.layers.0.mlp.up_proj.weight")
    shapes = ((256, 256), (256,), (256, 10))
    recipe = recipe_of(
        *(assigned(f"{i}{name}", target, shape) for name in names for i, shape in enumerate(shapes)),
        *(assigned(f"{i}{name}", None, shape, "odd\ndtype") for name in names for i, shape in enumerate(shapes, 5)),
        assigned("model.layers.1.mlp.up_proj.weight", target),
    )
    shown = exporter.load().render(recipe).replace("\n", "") + "".join(exporter.load().notes(recipe))
    assert shown.isprintable()
    assert "\u202e" not in shown


@pytest.mark.parametrize("exporter", EXPORTERS[:-1], ids=lambda exporter: exporter.name)
def test_what_a_runtime_lacks_is_an_error(exporter: Exporter) -> None:
    """One line that names the format and says what to do."""
    recipe = recipe_of(assigned("a.weight", "float4_e2m1fn:power"), assigned("b.weight", FORMATS[exporter.name]))
    expected = (
        f"{exporter.name}: has no weights in float4_e2m1fn:power; "
        f"make the recipe with --for {exporter.name}, or write it as json"
    )
    for function in (exporter.load().render, exporter.load().notes):
        with pytest.raises(UsageError) as caught:
            function(recipe)
        assert str(caught.value) == expected


def test_an_unknown_name_is_an_error_with_the_nearest() -> None:
    """Names are those of the table."""
    assert exporter_for("llama.cpp").suffix == ".sh"
    with pytest.raises(UsageError, match=r"^llamacpp: is nothing that .* json; did you mean llama\.cpp\?$"):
        exporter_for("llamacpp")
