"""The grammar of `precisionlab recipe`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, add_configuration, add_display, add_means

OBJECTIVES = ("total", "worst", "uniform")
RUNTIMES = ("compressed-tensors", "torchao", "llama.cpp", "bitsandbytes")
RECIPE_DESCRIPTION = """\
Choose a format for each tensor under a budget, and write the recipe for the
tools that quantize. With --sensitivity the sum of the weighted squared errors
is least; without one all tensors get one format, but where it fails, since
the weights alone do not tell which of them matter."""

RECIPE_EPILOG = """\
Kinds of files by suffix: .yaml for llm-compressor (compressed-tensors), .sh for
llama-quantize (llama.cpp), .json for torchao or bitsandbytes with --for, else
plain JSON:
  recipe model/ --bits 4.5 --for compressed-tensors -o recipe.yaml
  recipe model/ --size 3GiB --sensitivity fisher.safetensors -o recipe.json
  recipe model/ --min-sqnr 30 --apply model-quantized/

--keep none quantizes embeddings, head and all other matrices too."""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab recipe PATH`."""
    parser = add_parser(
        "recipe",
        help="choose a format for each tensor under a budget, and write it for the tools that quantize",
        description=RECIPE_DESCRIPTION,
        epilog=RECIPE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("path", metavar="PATH", help="a file or a folder")
    path.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    budget = parser.add_argument_group("the budget").add_mutually_exclusive_group()
    budget.add_argument(
        "--bits", metavar="N", help="bits a weight, scales counted, over the tensors that are quantized"
    )
    budget.add_argument("--size", metavar="SIZE", help="of all tensors together, e.g. 3GiB")
    budget.add_argument("--min-sqnr", metavar="DB", help="SQNR over the tensors that are quantized; of least size")
    choice = parser.add_argument_group("the choice")
    choice.add_argument("--sensitivity", metavar="FILE", help="how much errors cost (made by precisionlab.calibration)")
    choice.add_argument("--objective", choices=OBJECTIVES, help="default: total with --sensitivity, else uniform")
    choice.add_argument("--formats", metavar="NAMES", help="formats to choose from, separated by commas")
    choice.add_argument(
        "--for",
        metavar="RUNTIME",
        dest="runtime",
        help=f"only what it can be told of and runs ({', '.join(RUNTIMES)}); default: what the files of -o are for",
    )
    choice.add_argument(
        "--keep",
        metavar="GLOB",
        action="append",
        help="tensors that stay, or none; repeatable; default: embeddings, heads, norms, routers",
    )
    choice.add_argument(
        "--untied",
        action=argparse.BooleanOptionalAction,
        help="let q, k and v, gate and up, and experts have formats of their own",
    )
    add_configuration(choice)
    output = parser.add_argument_group("output")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="write the recipe, its kind by suffix; repeatable",
    )
    output.add_argument(
        "--apply",
        metavar="OUT",
        help="write the checkpoint with every number as its format keeps it: a .safetensors file, or a new folder where the model is one",
    )
    output.add_argument("-q", "--quiet", action=argparse.BooleanOptionalAction, help="no progress, and no text")
    add_display(output)
    add_means(parser.add_argument_group("means"))
