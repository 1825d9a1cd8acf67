"""Which rules fire for one tensor, and what they say."""

from collections.abc import Iterator, Sequence

from analyzers.rounding import rules
from analyzers.rounding.accumulators import deployed_for, promoted, sums_in_few_bits
from analyzers.rounding.measuring import Figures, Outcome, safest
from analyzers.rounding.options import Options
from analyzers.rounding.sampling import JUDGED, Kind
from precisionlab.accumulation.records import Promoted
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import listed, percentage

HALF_OF_BFLOAT16 = 4.0


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    return (
        *judge_deployed(name, figures, options),
        *judge_overflow(name, figures),
        *judge_promotion(name, figures, options),
        *judge_bfloat16(name, figures),
    )


def judge_deployed(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The deployed accumulator that keeps fewest bits, if too few."""
    deployed = [one for one in deployed_for(figures.stored, options) if figures.of(one)]
    unsafe = [one for one in deployed if not figures.bits(one) >= options.min_bits]
    if not unsafe:
        return
    worst = min(unsafe, key=figures.bits)
    safe = safest(figures, options)
    hint = f"{safe} is the cheapest that keeps enough" if safe else "none of those looked at keeps enough"
    overflow = max(one.errors.overflows for one in figures.of(worst) if one.kind in JUDGED)
    lost = (
        f"{percentage(overflow)} of the outputs overflow" if overflow else f"{figures.bits(worst):.1f} bits are right"
    )
    message = f"{lost} with {worst} over {figures.n_terms:,} terms; {hint}"
    yield finding(rules.UNSAFE, name, message, accumulator=worst, bits=figures.bits(worst), terms=figures.n_terms)


def judge_overflow(name: str, figures: Figures) -> Iterator[Finding]:
    """The accumulators with float16 sums that overflow."""
    overflowing = [one for one in figures.outcomes if overflows_half(one)]
    if overflowing:
        worst = max(overflowing, key=lambda one: one.errors.overflows)
        accumulator, share = worst.accumulator.name, worst.errors.overflows
        message = f"{percentage(share)} of the outputs of {worst.kind.value} inputs overflow in {accumulator}"
        others = [one for one in dict.fromkeys(one.accumulator.name for one in overflowing) if one != accumulator]
        also = f"; some do in {listed(others)}" if others else ""
        yield finding(rules.OVERFLOWS, name, message + also, accumulator=accumulator, share=share)


def overflows_half(one: Outcome) -> bool:
    """Whether sums in float16 are infinite on inputs that are judged."""
    inner = one.accumulator.inner if isinstance(one.accumulator, Promoted) else one.accumulator
    is_half = "float16" in {one.accumulator.format.name, inner.format.name}
    return is_half and one.kind in JUDGED and one.errors.overflows > 0


def judge_promotion(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The tensor core of few bits that keeps fewest, if that is too few and promotion keeps more."""
    units = dict.fromkeys(one.accumulator for one in figures.outcomes if sums_in_few_bits(one.accumulator))
    if not units:
        return
    unit = min(units, key=lambda one: figures.bits(one.name))
    bits, kept = figures.bits(unit.name), figures.bits(promoted(unit)[0].name)
    if bits < options.min_bits and kept >= bits + 1:
        message = f"{unit.name} keeps {bits:.1f} bits over {figures.n_terms:,} terms, {kept:.1f} promoted every 128"
        yield finding(
            rules.NEEDS_PROMOTION, name, message, accumulator=unit.name, bits=bits, promoted=kept, terms=figures.n_terms
        )


def judge_bfloat16(name: str, figures: Figures) -> Iterator[Finding]:
    """Plain sums in bfloat16 on inputs of both signs."""
    bits = fewest(figures.of("bf16"))
    if bits is None or not bits < HALF_OF_BFLOAT16:
        return
    others = {one: fewest(figures.of(one)) for one in ("bf16_pairwise", "bf16_kahan", "fp32")}
    better = {one: value for one, value in others.items() if value is not None}
    of_bfloat16 = [value for one, value in better.items() if one.startswith("bf16")]
    if better and max(of_bfloat16 or better.values()) < bits + 1:
        return  # it is no matter of the sum: products underflow, for example
    kept = [f"{one} {value:.1f}" for one, value in better.items()]
    message = f"bf16 keeps {bits:.1f} of 8 bits over {figures.n_terms:,} terms of both signs"
    yield finding(
        rules.HALF_THE_DIGITS,
        name,
        f"{message}; {', '.join(kept)}" if kept else message,
        bits=bits,
        terms=figures.n_terms,
    )


def fewest(outcomes: Sequence[Outcome]) -> float | None:
    """The fewest right bits on inputs of both signs; None where nothing was measured."""
    bits = [one.errors.bits for one in outcomes if one.kind in {Kind.NORMAL, Kind.CALIBRATION}]
    return min(bits) if bits else None
