"""The grammar of `precisionlab tolerance`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import add_configuration, add_display

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


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
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
    add_configuration(test)
    add_display(parser.add_argument_group("output"))
