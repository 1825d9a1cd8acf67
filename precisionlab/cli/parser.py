"""The grammar of the command line; importing it imports nothing heavy."""

import argparse
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from precisionlab.cli.exit_codes import MEANINGS
from precisionlab.cli.output import put
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

SHELLS = ("bash", "zsh", "tcsh")
FORMATS = ("text", "json", "jsonl", "markdown", "html")
FAIL_ON = ("note", "warning", "error", "never")
ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "to-odd")
OVERFLOWS = ("ieee", "saturate")
BYS = ("absolute", "relative")
SUBJECTS = ("analyzers", "rules", "formats", "containers")

OBJECTIVES = ("total", "worst", "uniform")
RUNTIMES = ("compressed-tensors", "torchao", "llama.cpp", "bitsandbytes")

EPILOG = "exit codes:\n" + "\n".join(f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items())

INSPECT_DESCRIPTION = """\
Show what a number, or an element of a checkpoint, is in number formats:
bits, class, neighbours, rounding errors. All is computed exactly; the text
shortens long expansions, neighbours to 17 digits or more and errors to 6, and
--format json has every digit.
Or show which elements of a tensor lose most in a cast."""

INSPECT_EPILOG = """\
PATH is a file, a folder or a sharded model; INDEX counts from 0, or from the
end where it is negative:
  inspect 'model.safetensors::layer.0.weight[3,5]'
  inspect model.safetensors::layer.0.weight --worst 20 --to e4m3fn
  inspect 'model.safetensors::layer.0.spectrum[7].imag'

PATTERN is hexadecimal (0x7bff), binary (0b0111101111111111), binary as printed
here, every bit of it ('0 11110 1111111111'), or decimal (31743).

A VALUE may begin with a minus sign: inspect -1/3, inspect -inf."""

OPS = ("gemm", "dot", "sum", "layernorm", "rmsnorm", "softmax")
DRAWN = ("normal", "uniform")
REFERENCES = ("same", "wide")

TOLERANCE_DESCRIPTION = """\
Derive how far the results of a kernel may be from those of a float64 reference:
rtol and atol for a test, which no right kernel fails but with a stated
probability, and bounds that none fails on any inputs, as lines to paste."""

TOLERANCE_EPILOG = """\
examples:
  tolerance --op gemm --k 4096 --in bf16 --acc fp32 --order blocked:128
  tolerance --op gemm --k 4096 --acc h100_fp8_promoted128
  tolerance --op softmax --k 32768 --in fp16 --inputs uniform
  tolerance --op layernorm --k 4096 --out fp32 --reference wide"""

OPEN_DESCRIPTION = """\
Look at a checkpoint on the screen: tensors, findings, figures, bits. Without
PATH, choose one there; precisionlab alone does the same on a terminal."""

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

SUM_DESCRIPTION = """\
Add numbers up in several ways, and show how far from their exact sum each of
them comes, and which is the cheapest that is right."""

SUM_EPILOG = """\
  echo 1e-10 1e10 1e-10 -1e10 1e-10 | precisionlab sum -
  precisionlab sum values.npy --in bf16
  precisionlab sum model.safetensors::layer.0.weight --square --time

methods: recursive, pairwise, blocked:128, kahan, neumaier, klein,
double-double and exact by default; sum2 and sumk:K (3 for K) on request, with
--square also fma, dot2 and dotk:K.

A text holds decimal or hexadecimal numbers (0x1.8p3), inf and nan between
blanks, commas, brackets and line ends, as lists, columns and JSON have them;
each is rounded to float64."""

NEGATIVE_NUMBER = re.compile(r"-(?:[0-9.(]|inf|nan)", re.IGNORECASE)
"""How a number begins that is no flag; no flag of `inspect` begins so."""


class Parser(argparse.ArgumentParser):
    """Help on standard output, and mistakes as errors of one line."""

    def take_numbers(self, beginning: re.Pattern[str]) -> None:
        """Let arguments that begin so be values, not flags."""
        self._negative_number_matcher = beginning

    def print_help(self, file: Any = None) -> None:  # noqa: ANN401 - argparse's signature
        """Print the help where results go."""
        if file is None:
            put(self.format_help())
        else:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        raise UsageError("", printable(message, 400), f"see {self.prog} --help")

    def parse_known_args(  # type: ignore[override] # argparse overloads it
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401 - argparse's signature
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse what is not known, with the nearest that is.

        Raises:
            UsageError: an unknown flag, one argument too many, or a wrong value.
        """
        parsed, unknown = super().parse_known_args(args, namespace)
        for word in unknown:
            flag = word.partition("=")[0]
            if not flag.startswith("-"):
                self.error(f"there is one argument too many: {flag}")
            match = get_close_matches(flag, self._option_string_actions, 1)
            hint = f"did you mean {match[0]}?" if match else f"see {self.prog} --help"
            raise UsageError("", f"there is no flag {printable(flag, 60)}", hint)
        return parsed, unknown


class VersionAction(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        del namespace, values, option_string
        from importlib.metadata import version  # noqa: PLC0415 - slow, and rarely wanted

        put(f"precisionlab {version('precisionlab')}")
        parser.exit()


class CompletionAction(argparse.Action):
    """Prints a completion script for a shell."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        del namespace, option_string
        import shtab  # noqa: PLC0415 - slow, and rarely wanted

        put(shtab.complete(build_parser(), shell=str(values)))
        parser.exit()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says; after `--help` and the like the process ends.

    Raises:
        UsageError: it says what is not understood.
    """
    return build_parser().parse_args(arguments)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(
        prog="precisionlab",
        description="The microscope and the linter for the numbers inside model weights.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=VersionAction, nargs=0, help="print the version and exit")
    parser.add_argument(
        "--print-completion", action=CompletionAction, choices=SHELLS, help="print a completion script for a shell"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    add_open(commands.add_parser)
    add_scan(commands.add_parser)
    add_recipe(commands.add_parser)
    add_list(commands.add_parser)
    add_explain(commands.add_parser)
    add_formats(commands.add_parser)
    add_inspect(commands.add_parser)
    add_sum(commands.add_parser)
    add_tolerance(commands.add_parser)
    return parser


def add_open(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab open [PATH]`."""
    parser = add_parser(
        "open",
        help="look at a checkpoint on the screen",
        description=OPEN_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("path", metavar="PATH", nargs="?", help="a file or a folder")
    path.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]
    parser.add_argument("--against", metavar="PATH", help="another checkpoint, beside which it is shown")
    parser.add_argument("--theme", metavar="NAME", help="colours for this time, e.g. textual-light")
    web = parser.add_argument_group("in a browser")
    web.add_argument("--web", action="store_true", help="serve the app to browsers on this machine")
    web.add_argument("--port", metavar="N", help="default: 8000")
    add_means(parser.add_argument_group("means"))


def add_scan(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab scan PATH...`."""
    summary = "scan checkpoints: findings, figures, reports"
    parser = add_parser(
        "scan",
        help=summary,
        description="Scan checkpoints and print what was found.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, a folder, or a glob in quotes")
    path.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]
    what = parser.add_argument_group("what to scan")
    what.add_argument(
        "-a", "--analyzers", metavar="NAMES", help="analyzers, separated by commas (see 'list analyzers')"
    )
    what.add_argument("--include", metavar="GLOB", action="append", help="only tensors with such names; repeatable")
    what.add_argument("--exclude", metavar="GLOB", action="append", help="no tensors with such names; repeatable")
    what.add_argument(
        "--set", metavar="ANALYZER.OPTION=VALUE", action="append", default=[], help="an analyzer's option; repeatable"
    )
    what.add_argument(
        "--formats", metavar="NAMES", help="the option 'formats' of those analyzers that have it, e.g. fp8_e4m3,nvfp4"
    )
    what.add_argument(
        "--sensitivity", metavar="FILE", help="how much errors cost, by tensor (made by precisionlab.calibration)"
    )
    what.add_argument("--calibration", metavar="FILE", help="second moments of what layers are fed, by layer")
    what.add_argument(
        "--against", metavar="PATH", help="another checkpoint, to tell what differs in tensors of the same names"
    )
    what.add_argument(
        "--config", metavar="FILE", help="configuration; default: precisionlab.toml or pyproject.toml upwards"
    )
    judging = parser.add_argument_group("what counts")
    judging.add_argument(
        "--select", metavar="CODES", help="only rules with these codes or prefixes, separated by commas"
    )
    judging.add_argument("--ignore", metavar="CODES", help="no rules with these codes or prefixes, separated by commas")
    judging.add_argument(
        "--fail-on", choices=FAIL_ON, help="severity from which findings give exit code 1; default: error"
    )
    judging.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 whatever is found; failures still give 2"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=FORMATS, help="what to print on standard output; default: text")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="also write a report, its format by suffix; repeatable",
    )
    output.add_argument(
        "-q", "--quiet", action="store_true", help="no progress, no notes, and no text beside --format or --output"
    )
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add_means(parser.add_argument_group("means"))


def add_means(group: Any) -> None:  # noqa: ANN401 - argparse's groups have no public type
    """With what a checkpoint is read and measured."""
    group.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps; default: auto")
    group.add_argument(
        "--memory", metavar="SIZE", help="most bytes of a tensor held at once, e.g. 2GiB; default: 512MiB"
    )
    group.add_argument("--threads", metavar="N", help="threads that read and count; default: one a processor")


def add_recipe(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
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
    path.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]
    budget = parser.add_argument_group("the budget").add_mutually_exclusive_group(required=True)
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
        "--untied", action="store_true", help="let q, k and v, gate and up, and experts have formats of their own"
    )
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
    output.add_argument("-q", "--quiet", action="store_true", help="no progress, and no text")
    add_display(output)
    add_means(parser.add_argument_group("means"))


def add_list(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab list`."""
    parser = add_parser(
        "list",
        help="list analyzers, rules, formats and containers",
        description="List what there is.",
        allow_abbrev=False,
    )
    parser.add_argument("subjects", metavar="WHAT", nargs="*", help=f"some of {', '.join(SUBJECTS)}; default: all")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def add_explain(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab explain CODE`."""
    parser = add_parser(
        "explain",
        help="explain a rule or an analyzer",
        description="Print the documentation of a rule, or of an analyzer and its options.",
        allow_abbrev=False,
    )
    parser.add_argument("subject", metavar="RULE|ANALYZER", help="e.g. PL020 or range")


def add_formats(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab formats [NAME...]`."""
    parser = add_parser(
        "formats",
        help="print the catalogue of number formats, or all about one",
        description="Print the catalogue of number formats, or all about those named.",
        allow_abbrev=False,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="e.g. bf16, e4m3fn, e5m7, int4, posit16, nf4")
    add_display(parser)


def add_inspect(add_parser: Callable[..., Parser]) -> None:
    """`precisionlab inspect VALUE`, `precisionlab inspect PATH::TENSOR[INDEX]`."""
    parser = add_parser(
        "inspect",
        help="show a number, or an element of a checkpoint, in number formats, bit by bit",
        description=INSPECT_DESCRIPTION,
        epilog=INSPECT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.take_numbers(NEGATIVE_NUMBER)
    parser.add_argument(
        "value",
        metavar="VALUE",
        nargs="?",
        help="0.1, 1/3, 2**-149, 0x1.8p3, 0b101, -1/3, -0.0, nan, -inf, an integer; or PATH::TENSOR[INDEX]",
    )
    parser.add_argument(
        "--formats", metavar="NAMES", help="formats, separated by commas (see 'formats'), or all; default: common ones"
    )
    parser.add_argument("--from", metavar="FORMAT", dest="source", help="decode --bits in this format")
    parser.add_argument("--bits", metavar="PATTERN", help="0x7bff, '0 11110 1111111111', …; with --from")
    parser.add_argument("--rounding", choices=ROUNDINGS, help="default: nearest-even")
    parser.add_argument("--overflow", choices=OVERFLOWS, help="infinity or NaN, or the largest number; default: ieee")
    worst = parser.add_argument_group("the elements of PATH::TENSOR that lose most")
    worst.add_argument("--worst", metavar="N", help="show so many, at most 10,000; with --to")
    worst.add_argument("--to", metavar="FORMAT", help="the format that the tensor is cast to, unscaled")
    worst.add_argument("--by", choices=BYS, help="the error that is compared; default: absolute")
    add_display(parser)


def add_sum(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab sum SOURCE`."""
    parser = add_parser(
        "sum",
        help="add numbers up in several ways, and show how far from their exact sum each comes",
        description=SUM_DESCRIPTION,
        epilog=SUM_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = parser.add_argument(
        "source", metavar="SOURCE", help="- for standard input, a text of numbers, a .npy file, or PATH::TENSOR"
    )
    source.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]
    parser.add_argument(
        "--in", metavar="FORMAT", dest="working", help="round terms and every sum to it; default: the numbers' own"
    )
    parser.add_argument("--methods", metavar="NAMES", help="ways of summing, separated by commas; default: see below")
    parser.add_argument("--square", action="store_true", help="add up squares: the norm's square")
    parser.add_argument("--time", action="store_true", help="tell how long each takes on this machine")
    parser.add_argument(
        "--format", metavar="text|json|FORMAT", help="text or json, default: text; or a number format, as with --in"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")


def add_tolerance(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab tolerance --op OP --k K`."""
    parser = add_parser(
        "tolerance",
        help="derive the tolerances of a kernel's test, and the lines to paste",
        description=TOLERANCE_DESCRIPTION,
        epilog=TOLERANCE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    kernel = parser.add_argument_group("the kernel")
    kernel.add_argument("--op", choices=OPS, required=True, help="what it computes")
    kernel.add_argument("--k", metavar="K", required=True, help="terms of a sum: inner dimension, or length of a row")
    kernel.add_argument(
        "--in", metavar="FORMAT", dest="source", help="of its inputs; default: what a tensor core takes, else bf16"
    )
    kernel.add_argument(
        "--acc", metavar="ACCUMULATOR", default="fp32", help="fp32, bf16_fma, h100_bf16, …; default: fp32"
    )
    kernel.add_argument("--order", metavar="ORDER", help="of a sum: recursive, pairwise, blocked:N or kahan")
    kernel.add_argument(
        "--out", metavar="FORMAT", help="of its outputs; default: that of its inputs, bf16 for narrow ones"
    )
    test = parser.add_argument_group("the test")
    test.add_argument(
        "--failure", metavar="P", default="1e-6", help="how probably a right kernel may fail; default: 1e-6"
    )
    test.add_argument("--outputs", metavar="N", default="1048576", help="numbers that are compared; default: 1048576")
    test.add_argument(
        "--inputs", choices=DRAWN, default="normal", help="drawn from N(0, 1) or U[0, 1]; default: normal"
    )
    test.add_argument(
        "--reference",
        choices=REFERENCES,
        default="same",
        help="float64 on the inputs that the kernel gets, or before they are rounded; default: same",
    )
    add_display(parser.add_argument_group("output"))


def add_display(parser: Any) -> None:  # noqa: ANN401 - a parser, or a group of one
    """How a small command prints."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
