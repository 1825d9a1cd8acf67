"""Numbers in a text: words between blanks, commas, brackets and quotes, so that lists, columns and JSON are alike."""

import math
import re
from itertools import islice
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.escaping import printable

WORD: Final = re.compile(r"""[^\s,;\[\](){}"']+""")
LONGEST_SHOWN: Final = 40
"""Characters of a word that is refused."""


def numbers_in(text: str, subject: str) -> list[float]:
    """The numbers of a text in their order, each rounded to float64: decimal, hexadecimal (`0x1.8p-3`), inf, nan.

    Raises:
        UsageError: a word is no number, or one beyond float64; tells where in the subject it stands.
    """
    numbers: list[float] = []
    try:
        numbers.extend(map(number_of, WORD.findall(text)))
    except ValueError as error:
        raise refused(text, len(numbers), str(error), subject) from None
    return numbers


def number_of(word: str) -> float:
    """The float64 that a word is.

    Raises:
        ValueError: it is none, and why.
    """
    if "_" in word or not word.isascii():  # which Python takes, and no other reader of numbers
        raise ValueError("is no number")
    try:
        number = float.fromhex(word) if "x" in word.lower() else float(word)
    except OverflowError:
        number = math.inf
    except ValueError:
        raise ValueError("is no number") from None
    if math.isinf(number) and "inf" not in word.lower():
        raise ValueError("is beyond float64")
    return number


def refused(text: str, index: int, problem: str, subject: str) -> UsageError:
    """The error that names a word, counted from 0, and its place."""
    match = next(islice(WORD.finditer(text), index, None))
    line = text.count("\n", 0, match.start()) + 1
    shown = printable(match[0], LONGEST_SHOWN)
    remedy = "takes numbers such as 0.1, -1e-10, 0x1.8p3, inf, nan, between blanks, commas or brackets"
    return UsageError(subject, f"{shown} {problem} (word {index + 1:,}, line {line:,})", remedy)
