"""The figures of the `summation` analyzer for one tensor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analyzers.summation.growth import Growth, growth_of
from analyzers.summation.options import Options, drawn_format, formats_for, judged_format, methods_of
from analyzers.summation.sums import Sums, nearest_sums, sums_in
from analyzers.summation.terms import Doubles, Quantity, Terms, terms_of
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import too_few
from precisionlab.formats import FloatFormat
from precisionlab.summation.methods import Method


@dataclass(frozen=True, slots=True)
class Summed:
    """One quantity of a tensor in every format."""

    quantity: Quantity
    n_terms: int
    """Of each sum."""
    n_left_out: int
    """Terms of each sum beyond `max_terms`."""
    n_sums: int
    n_non_finite: int
    """Elements in whose places zeros are."""
    conditions: Doubles
    """[sums] sum of magnitudes over magnitude of the sum, of the stored terms."""
    over_chance: float
    """Magnitude of the sum in the middle, over the root of the squares of its terms, which sums of random signs have."""
    sums: tuple[Sums, ...]
    """In each format."""
    growth: Growth | None
    """Of the first sum; None of products."""

    @property
    def condition_median(self) -> float:
        """Of the sum in the middle; that of more terms where there are two."""
        return float(np.quantile(self.conditions, 0.5, method="higher"))

    @property
    def condition_largest(self) -> float:
        """Of the sum that is hardest to compute."""
        return float(self.conditions.max())

    @property
    def is_judged(self) -> bool:
        """Whether digits of the sum mean anything: not if it is as small as elements of random signs make it."""
        return self.quantity is not Quantity.ELEMENTS or self.over_chance >= 1

    def in_format(self, format_: FloatFormat) -> Sums:
        """The sums in a format that was looked at."""
        return next(one for one in self.sums if one.format == format_)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    judged: FloatFormat
    methods: tuple[Method, ...]
    summed: tuple[Summed, ...]


def obstacle(tensor: Tensor, options: Options) -> str:
    """Why a tensor is not looked at; empty where it is."""
    info = tensor.info
    if of_type := LAYOUTS[info.dtype].obstacle:
        return of_type
    return too_few(info, "summation", options.min_elements)


def measure(tensor: Tensor, options: Options) -> Figures | None:
    """Everything there is to know of one tensor; None where none of the first elements is finite."""
    methods = methods_of(options.methods)
    summed = []
    for terms in terms_of(tensor, options):
        if terms.quantity is Quantity.ELEMENTS and terms.n_non_finite == terms.n_terms:
            return None
        summed.append(summed_up(terms, tensor, methods, options))
    return Figures(judged_format(tensor.info.dtype, options), methods, tuple(summed))


def summed_up(terms: Terms, tensor: Tensor, methods: tuple[Method, ...], options: Options) -> Summed:
    """One quantity in every format."""
    stored_type, threads = tensor.info.dtype, tensor.threads
    numbers = terms.stored()
    exact, sizes = nearest_sums(numbers, threads), nearest_sums(np.abs(numbers), threads)
    is_product = terms.quantity is Quantity.PRODUCTS
    return Summed(
        terms.quantity,
        terms.n_terms,
        terms.n_left_out,
        terms.n_sums,
        terms.n_non_finite,
        condition_numbers(exact, sizes),
        over_chance(numbers, exact),
        tuple(sums_in(format_, terms, exact, methods, threads) for format_ in formats_for(stored_type, options)),
        None if is_product else growth_of(drawn_format(stored_type, options), terms, methods, threads),
    )


def condition_numbers(exact: Doubles, sizes: Doubles) -> Doubles:
    """[sums] by how much relative errors of the terms may grow; infinite where a sum is 0 and its terms are not.

    NaN where products of float64 are beyond its range.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sizes == 0, 1.0, sizes / np.abs(exact))


def over_chance(numbers: Doubles, exact: Doubles) -> float:
    """Magnitudes of sums of terms [terms, sums] over the roots of their sums of squares, in the middle; 1 of zeros."""
    largest = np.abs(numbers).max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Scaled, for squares of float64 overflow.
        roots = np.sqrt(np.square(numbers / largest).sum(axis=0))
        return float(np.median(np.where(largest == 0, 1.0, np.abs(exact) / largest / roots)))


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers; what plain summation keeps where it is judged first, for tables show the first few."""
    every = [one for summed in figures.summed for one in of_quantity(summed)]
    plain = {"format": figures.judged.name, "method": "recursive"}
    return iter(sorted(every, key=lambda one: not plain.items() <= one.metric.labels.items()))


def of_quantity(summed: Summed) -> Iterator[Measurement]:
    """The figures of one quantity."""
    quantity = summed.quantity.value
    for sums in summed.sums:
        labels = {"format": sums.format.name, "quantity": quantity}
        yield from by_method(sums, labels)
        yield Measurement(metric("absorbed_share", "share", **labels), sums.absorbed)
        yield Measurement(metric("term_rounding_error", **labels), sums.rounding)
    yield Measurement(metric("condition_median", quantity=quantity), summed.condition_median)
    yield Measurement(metric("condition_largest", quantity=quantity), summed.condition_largest)
    yield Measurement(metric("sum_over_chance", quantity=quantity), summed.over_chance)
    yield Measurement(metric("terms", "terms", quantity=quantity), summed.n_terms)
    yield Measurement(metric("sums", "sums", quantity=quantity), summed.n_sums)
    yield Measurement(metric("non_finite", "elements", quantity=quantity), summed.n_non_finite)


def by_method(sums: Sums, labels: dict[str, str]) -> Iterator[Measurement]:
    """What each method makes of sums in a format; nothing is said of overflows where there are none."""
    for method in sums.digits:
        own = {"format": labels["format"], "method": method, "quantity": labels["quantity"]}
        yield Measurement(metric("digits", "digits", **own), sums.median(method))
        if method != "recursive":
            yield Measurement(metric("digits_gained", "digits", **own), sums.gained(method))
        if sums.overflows[method]:
            yield Measurement(metric("overflowed_share", "share", **own), sums.overflows[method])
