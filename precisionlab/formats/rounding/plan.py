"""What rounding to a format comes down to in the bits of a working float: the constants that every kernel takes.

Kernels work on the bit patterns of binary32 or binary64 (the *working* type), whichever holds
both the source numbers and the format's grid. All that differs between formats, overflow
policies and modes is in the records here, made once a call with exact rationals; a kernel is
then one branch-free pass of integer operations.
"""

from dataclasses import dataclass

from precisionlab.errors import FormatError
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import ElementFormat, FloatFormat, Format, IntegerFormat
from precisionlab.formats.rounding.grid import Grid, grid_of
from precisionlab.formats.rounding.policy import Draw, Draws, Policy
from precisionlab.formats.rounding.working import Working, is_beyond, is_within, working_of


@dataclass(frozen=True, slots=True)
class Job:
    """One call's work, the same for every block of its array."""

    format_: Format
    source: Working
    working: Working
    grid: Grid
    rounding: Rounding | Draw
    overflow: Overflow
    draws: Draws | None
    """For stochastic rounding."""

    @property
    def is_lossless(self) -> bool:
        """Whether the source type holds every result; if not, each must be looked at."""
        if is_within(self.format_, self.source):
            return True
        infinity_stays = self.grid.infinity_positive == self.grid.infinity_negative == self.grid.infinity
        return infinity_stays and isinstance(self.format_, FloatFormat) and is_beyond(self.format_, self.source)

    @property
    def has_nan(self) -> bool:
        """Whether the format has a NaN; if not, no value may be one."""
        return isinstance(self.format_, FloatFormat) and self.format_.has_nan

    @property
    def has_stand_in(self) -> bool:
        """Whether infinity stands for an end of the format that the working type cannot hold."""
        ends = {self.grid.beyond_positive, self.grid.beyond_negative}
        ends |= {self.grid.infinity_positive, self.grid.infinity_negative}
        has_infinities = isinstance(self.format_, FloatFormat) and self.format_.has_infinities
        is_saturating = self.overflow is Overflow.SATURATE
        return self.grid.infinity in ends and (is_saturating or not has_infinities)


def job_for(format_: ElementFormat, source: Working, policy: Policy, draws: Draws | None) -> Job:
    """The work of rounding numbers of a type to a format.

    Raises:
        FormatError: arrays are not rounded to such a format.
    """
    target = checked(format_)
    working = working_of(source, target)
    return Job(
        target, source, working, grid_of(target, working, source, policy), policy.rounding, policy.overflow, draws
    )


def checked(format_: ElementFormat) -> Format:
    """The format, if arrays can be rounded to it.

    Raises:
        FormatError: it is of another kind, or signed without zero.
    """
    if isinstance(format_, IntegerFormat):
        return format_
    if not isinstance(format_, FloatFormat):
        raise FormatError(format_.name, "arrays are rounded to float and integer formats only")
    if format_.signed and not format_.has_zero:
        raise FormatError(format_.name, "arrays are not rounded to signed formats without zero")
    return format_


def unheld_error(job: Job) -> FormatError:
    """The error for a result that the source type cannot hold."""
    problem = f"a value rounds to a number that {job.source.name} does not hold"
    return FormatError(job.format_.name, problem, "give wider values, or encode them")


def nan_error(job: Job) -> FormatError:
    """The error for NaN that goes to a format without."""
    return FormatError(job.format_.name, "the format has no NaN, but the values have", "replace NaN first")
