"""Few regular expressions that match the given dotted names and no other string."""

import re
from collections.abc import Collection, Iterable, Sequence

Product = tuple[frozenset[str], ...]
"""Alternatives for each part of a name: all names that take one of each."""


def cover(paths: Collection[tuple[str, ...]]) -> tuple[Product, ...]:
    """Disjoint products that together are exactly these paths; not always the fewest.

    Paths that differ in one part alone become one product, part by part, from the last to the first or
    from the first to the last, whichever ends with fewer.
    """
    found: list[Product] = []
    for length in sorted({len(path) for path in paths}):
        single = [tuple(frozenset((part,)) for part in path) for path in sorted(paths) if len(path) == length]
        backward, forward = merged(single, range(length - 1, -1, -1)), merged(single, range(length))
        found += forward if len(forward) < len(backward) else backward
    return tuple(found)


def merged(products: list[Product], positions: Iterable[int]) -> list[Product]:
    """The same set of paths in fewer products, those that differ at one of the positions alone merged."""
    for position in positions:
        alternatives: dict[Product, frozenset[str]] = {}
        for product in products:
            rest = (*product[:position], *product[position + 1 :])
            alternatives[rest] = alternatives.get(rest, frozenset()) | product[position]
        products = [(*rest[:position], parts, *rest[position:]) for rest, parts in alternatives.items()]
    return products


def only_name(product: Product) -> str | None:
    """The name that a product consists of; None where it has several."""
    return ".".join(part for parts in product for part in parts) if all(len(parts) == 1 for parts in product) else None


def expression(product: Product) -> str:
    """A regular expression, without anchors, that fully matches the names of a product alone."""
    return r"\.".join(map(either, product))


def either(parts: Collection[str]) -> str:
    """An expression for one of several parts of a name."""
    numbers = {part for part in parts if is_number(part)}
    words = [re.escape(part) for part in sorted(set(parts) - numbers)]
    options = [*(one_of(product) for product in cover({tuple(number) for number in numbers})), *words]
    return options[0] if len(options) == 1 else f"({'|'.join(options)})"


def is_number(part: str) -> bool:
    """Whether this is a whole number as one writes it."""
    return part.isascii() and part.isdigit() and (part == "0" or not part.startswith("0"))


def one_of(digits: Sequence[Collection[str]]) -> str:
    """An expression for numbers by the alternatives for each of their digits."""
    return "".join(next(iter(kinds)) if len(kinds) == 1 else f"[{ranges(sorted(kinds))}]" for kinds in digits)


def ranges(digits: Sequence[str]) -> str:
    """Sorted digits as in brackets of an expression: `0-35` for 0, 1, 2, 3 and 5."""
    runs: list[str] = []
    for digit in digits:
        if runs and int(digit) == int(runs[-1][-1]) + 1:
            runs[-1] += digit
        else:
            runs.append(digit)
    return "".join(run if len(run) < 3 else f"{run[0]}-{run[-1]}" for run in runs)
