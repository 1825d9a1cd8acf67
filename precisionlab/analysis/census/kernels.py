"""Compiled loops of the census for CPUs; `accelerator` holds their torch twins.

All take one block of flat codes (unsigned integers of the element's width) and release the
interpreter lock. Numba promotes mixed integers to float64 and 32-bit arithmetic to 64 bits,
hence the explicit widths.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHUNK: Final = 1 << 15
"""Elements whose squared 23-bit mantissas surely sum up in 64 bits; a chunk of them stays in the nearer caches."""

ONE32: Final = np.uint32(1)
LOW16: Final = np.uint64(0xFFFF)
LOW8: Final = np.uint64(0xFF)
EVERY_EIGHTH: Final = np.uint64(0x0101010101010101)
"""The lowest bit of each byte."""
LANES: Final = 16
"""Words that are summed side by side, in SIMD registers; the quickest of 4 to 64 on AVX2."""
BYTE_LIMIT: Final = 252
"""Words after which a byte that counts them is emptied: a multiple of 3, at most 255."""


@njit(nogil=True, cache=True)
def count_patterns16(words: NDArray[np.uint64], even: NDArray[np.uint32], odd: NDArray[np.uint32]) -> None:
    """Count 16-bit codes, four a word. Two tables, so that equal neighbours do not wait for each other's store."""
    for i in range(words.size):
        word = words[i]
        even[word & LOW16] += ONE32
        odd[(word >> np.uint64(16)) & LOW16] += ONE32
        even[(word >> np.uint64(32)) & LOW16] += ONE32
        odd[word >> np.uint64(48)] += ONE32


@njit(nogil=True, cache=True)
def count_patterns8(words: NDArray[np.uint64], even: NDArray[np.uint32], odd: NDArray[np.uint32]) -> None:
    """Count 8-bit codes, eight a word, in two tables."""
    for i in range(words.size):
        word = words[i]
        for shift in range(0, 64, 16):
            even[(word >> np.uint64(shift)) & LOW8] += ONE32
            odd[(word >> np.uint64(shift + 8)) & LOW8] += ONE32


@njit(nogil=True, cache=True)
def count_leading32(codes: NDArray[np.uint32], leading: NDArray[np.uint32]) -> None:
    """Count binary32 magnitudes by exponent, 11 leading mantissa bits and whether a lower bit is set."""
    for i in range(codes.size):
        code = codes[i]
        sticky = np.uint32((code & np.uint32(0xFFF)) != 0)
        leading[((code >> np.uint32(11)) & np.uint32(0xFFFFE)) | sticky] += ONE32


@njit(nogil=True, cache=True)
def count_leading64(codes: NDArray[np.uint64], leading: NDArray[np.uint32]) -> None:
    """Count binary64 magnitudes in the bins of `count_leading32`, rounded to odd into its range.

    Rounding to odd keeps on which side of every coarser grid point a number lies (Boldo and
    Melquiond 2008), so that a later rounding to at most 11 bits is that of the number itself.
    """
    for i in range(codes.size):
        magnitude = codes[i] & np.uint64(0x7FFFFFFFFFFFFFFF)
        exponent = np.int64(magnitude >> np.uint64(52)) - 1023
        mantissa = magnitude & np.uint64(0xFFFFFFFFFFFFF)
        if exponent == 1024:
            top = np.uint64(0x7F800) | (mantissa >> np.uint64(41))
            rest = mantissa & np.uint64(0x1FFFFFFFFFF)
        elif exponent > 127:
            top = np.uint64(0x7F7FF)
            rest = np.uint64(1)
        elif exponent >= -126:
            top = (np.uint64(exponent + 127) << np.uint64(11)) | (mantissa >> np.uint64(41))
            rest = mantissa & np.uint64(0x1FFFFFFFFFF)
        elif exponent >= -138:
            significand = mantissa | np.uint64(0x10000000000000)
            shift = np.uint64(41 - 126 - exponent)
            top = significand >> shift
            rest = significand & ((np.uint64(1) << shift) - np.uint64(1))
        else:
            top = np.uint64(0)
            rest = magnitude
        leading[(top << np.uint64(1)) | np.uint64(rest != 0)] += ONE32


@njit(nogil=True, cache=True)
def sum_bins32(codes: NDArray[np.uint32], counts: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
    """Count binary32 codes by sign and exponent and sum their mantissas m and m*m, exactly.

    `counts` is [512]; `sums` is [512, 3]: sum of m, and the sum of m*m in low and high 32-bit parts.
    """
    packed = np.zeros(512, np.uint64)
    squares = np.zeros(512, np.uint64)
    for start in range(0, codes.size, CHUNK):
        for code in codes[start : start + CHUNK]:
            key = code >> np.uint32(23)
            mantissa = np.uint64(code & np.uint32(0x7FFFFF))
            packed[key] += mantissa | np.uint64(1 << 40)
            squares[key] += mantissa * mantissa
        for key in range(512):
            counts[key] += np.int64(packed[key] >> np.uint64(40))
            sums[key, 0] += np.int64(packed[key] & np.uint64((1 << 40) - 1))
            sums[key, 1] += np.int64(squares[key] & np.uint64(0xFFFFFFFF))
            sums[key, 2] += np.int64(squares[key] >> np.uint64(32))
        packed[:] = 0
        squares[:] = 0


@njit(nogil=True, cache=True)
def sum_bins64(codes: NDArray[np.uint64], counts: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
    """Count binary64 codes by sign and exponent and sum their mantissas m exactly, (m / 2^52)^2 cut to 62 bits.

    `counts` is [4096]; `sums` is [4096, 4]: sum of the low 26 and of the high 26 bits of m, and of the low 31
    and of the high 31 bits of the square.
    """
    for i in range(codes.size):
        code = codes[i]
        key = code >> np.uint64(52)
        mantissa = np.int64(code & np.uint64(0xFFFFFFFFFFFFF))
        fraction = np.float64(mantissa) * 2.0**-52
        square = np.int64(fraction * fraction * 2.0**62)
        counts[key] += 1
        sums[key, 0] += mantissa & np.int64(0x3FFFFFF)
        sums[key, 1] += mantissa >> np.int64(26)
        sums[key, 2] += square & np.int64(0x7FFFFFFF)
        sums[key, 3] += square >> np.int64(31)


@njit(nogil=True, cache=True)
def extent32(codes: NDArray[np.uint32]) -> tuple[int, int, int, int, int]:
    """Smallest non-zero and largest finite magnitude code, union of the finite mantissas, negative zeros, non-finite.

    Without a finite non-zero element the smallest is 2^31 - 1 and the largest 0.
    """
    smallest, largest = np.uint32(0x7FFFFFFF), np.uint32(0)
    union, negative_zeros, non_finite = np.uint32(0), np.uint32(0), np.uint32(0)
    for i in range(codes.size):
        code = codes[i]
        magnitude = np.uint32(code & np.uint32(0x7FFFFFFF))
        finite = magnitude if magnitude < np.uint32(0x7F800000) else np.uint32(0)
        smallest = min(smallest, finite if finite != np.uint32(0) else np.uint32(0x7FFFFFFF))
        largest = max(largest, finite)
        union = np.uint32(union | finite)
        negative_zeros = np.uint32(negative_zeros + np.uint32(code == np.uint32(0x80000000)))
        non_finite = np.uint32(non_finite + np.uint32(magnitude >= np.uint32(0x7F800000)))
    return int(smallest), int(largest), int(union & np.uint32(0x7FFFFF)), int(negative_zeros), int(non_finite)


@njit(nogil=True, cache=True)
def extent64(codes: NDArray[np.uint64]) -> tuple[int, int, int, int, int]:
    """`extent32` for binary64."""
    smallest, largest = np.uint64(0x7FFFFFFFFFFFFFFF), np.uint64(0)
    union, negative_zeros, non_finite = np.uint64(0), np.uint64(0), np.uint64(0)
    for i in range(codes.size):
        code = codes[i]
        magnitude = code & np.uint64(0x7FFFFFFFFFFFFFFF)
        finite = magnitude if magnitude < np.uint64(0x7FF0000000000000) else np.uint64(0)
        smallest = min(smallest, finite if finite != np.uint64(0) else np.uint64(0x7FFFFFFFFFFFFFFF))
        largest = max(largest, finite)
        union = union | finite
        negative_zeros += np.uint64(code == np.uint64(0x8000000000000000))
        non_finite += np.uint64(magnitude >= np.uint64(0x7FF0000000000000))
    return int(smallest), int(largest), int(union & np.uint64(0xFFFFFFFFFFFFF)), int(negative_zeros), int(non_finite)


@njit(nogil=True, cache=True)
def count_non_finite(
    codes: NDArray[np.unsignedinteger], infinity: int, sign_bit: int, quiet_bit: int, upper_half: int
) -> tuple[int, int, int, int, int, int]:
    """Positive and negative infinities; quiet, signalling, boxed and payload NaNs (see `Specials`)."""
    positive = negative = quiet = signalling = boxed = payload = 0
    for i in range(codes.size):
        code = np.uint64(codes[i])
        magnitude = code & ~np.uint64(sign_bit)
        if magnitude == np.uint64(infinity):
            positive += int(code == magnitude)
            negative += int(code != magnitude)
        elif magnitude > np.uint64(infinity):
            is_quiet = (magnitude & np.uint64(quiet_bit)) != np.uint64(0)
            is_default = magnitude == np.uint64(infinity | quiet_bit)
            is_canonical = is_default or magnitude == np.uint64(sign_bit) - np.uint64(1)
            is_boxed = (code & np.uint64(upper_half)) == np.uint64(upper_half) and not is_canonical
            quiet += int(is_quiet)
            signalling += int(not is_quiet)
            boxed += int(is_boxed)
            payload += int(not is_canonical and not is_boxed)
    return positive, negative, quiet, signalling, boxed, payload


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "contract"})
def power_sums(
    values: NDArray[np.floating], codes: NDArray[np.unsignedinteger], exponent_mask: int, shift: float
) -> tuple[int, float, float, float, float]:
    """How many values are finite, and the sums of d, d^2, d^3, d^4 over them with d = value - shift, in float64."""
    count = np.int64(0)
    first = second = third = fourth = 0.0
    mask = codes.dtype.type(exponent_mask)
    for i in range(values.size):
        finite = (codes[i] & mask) != mask
        d = np.float64(values[i]) - shift if finite else 0.0
        square = d * d
        first += d
        second += square
        third += square * d
        fourth += square * square
        count += finite
    return int(count), first, second, third, fourth


@njit(nogil=True, cache=True)
def count_as_binary32(values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    """Cast float64 to float32 and count overflows, underflows, subnormals and exact results into `counts` [4]."""
    for i in range(values.size):
        value = values[i]
        if value == 0.0 or not np.isfinite(value):
            continue
        cast = np.float32(value)
        magnitude = abs(np.float64(cast))
        if magnitude == np.inf:
            counts[0] += 1
        elif magnitude == 0.0:
            counts[1] += 1
        else:
            counts[2] += int(magnitude < 2.0**-126)
            counts[3] += int(np.float64(cast) == value)


@njit(nogil=True, cache=True)
def tally(
    codes: NDArray[np.unsignedinteger], keys: NDArray[np.uint64], counts: NDArray[np.int64], used: int, limit: int
) -> int:
    """Count distinct codes in an open-addressing table; the number of distinct ones, or -1 once there are over `limit`.

    `keys` and `counts` have a power of two of at least twice `limit` slots; a count of 0 marks a free slot.
    """
    mask = np.uint64(keys.size - 1)
    for i in range(codes.size):
        code = np.uint64(codes[i])
        slot = ((code * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
        while counts[slot] != 0 and keys[slot] != code:
            slot = (slot + np.uint64(1)) & mask
        if counts[slot] == 0:
            if used == limit:
                return -1
            keys[slot] = code
            used += 1
        counts[slot] += 1
    return used


@njit(nogil=True, cache=True)
def count_set_bits(words: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
    """Add to `counts` [64] in how many words each bit is set.

    Three words are added bit by bit into two, sum and carry; every eighth bit of these goes to one of eight
    words of bytes, in `LANES` columns. That takes 20 operations a word, one bit after the other would take 192.
    """
    sums = np.zeros((8, LANES), np.uint64)
    n_rows = words.size // (3 * LANES)
    pending = 0
    for row in range(n_rows):
        group = words[3 * LANES * row : 3 * LANES * (row + 1)]
        for lane in range(LANES):
            one, two, three = group[lane], group[LANES + lane], group[2 * LANES + lane]
            differing = one ^ two
            low = differing ^ three
            high = (one & two) | (differing & three)
            for shift in range(8):
                sums[shift, lane] += (low >> np.uint64(shift)) & EVERY_EIGHTH
                sums[shift, lane] += ((high >> np.uint64(shift)) & EVERY_EIGHTH) << np.uint64(1)
        pending += 3
        if pending == BYTE_LIMIT:
            empty_bytes(sums, counts)
            pending = 0
    empty_bytes(sums, counts)
    for word in words[3 * LANES * n_rows :]:
        for bit in range(64):
            counts[bit] += np.int64((word >> np.uint64(bit)) & np.uint64(1))


@njit(nogil=True, cache=True)
def empty_bytes(sums: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
    """Move the bytes of [8, lanes] words to `counts` [64]: byte b of row r counts bit 8 b + r."""
    for shift in range(8):
        for lane in range(sums.shape[1]):
            for byte in range(8):
                counts[8 * byte + shift] += np.int64((sums[shift, lane] >> np.uint64(8 * byte)) & LOW8)
            sums[shift, lane] = np.uint64(0)


@njit(nogil=True, cache=True)
def integer_extent(values: NDArray[np.integer]) -> tuple[int, int, int]:
    """Smallest, largest and number of zeros of a non-empty block of integers."""
    smallest = largest = values[0]
    zeros = 0
    for i in range(values.size):
        value = values[i]
        smallest = min(smallest, value)
        largest = max(largest, value)
        zeros += int(value == 0)
    return smallest, largest, zeros


def compile_channel_extremes(kind: type[np.unsignedinteger]) -> Callable[..., None]:
    """The loop over rows and columns for codes of one width: only arithmetic of that width fills SIMD registers."""

    @njit(nogil=True, cache=True)
    def channel_extremes(codes, column, magnitude_mask, largest_finite, rows, columns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917 - compiled
        width = columns.shape[1]
        mask, top = kind(magnitude_mask), kind(largest_finite)
        position, row = 0, 0
        while position < codes.size:
            stop = min(codes.size, position + width - column)
            segment = codes[position:stop]
            column_amax = columns[0, column : column + segment.size]
            column_low = columns[1, column : column + segment.size]
            column_high = columns[2, column : column + segment.size]
            amax, low, high = rows[0, row], rows[1, row], rows[2, row]
            for j in range(segment.size):
                code = segment[j]
                magnitude = kind(code & mask)
                finite = magnitude if magnitude <= top else kind(0)
                amax = max(amax, finite)
                low = min(low, code)
                high = max(high, code)
                column_amax[j] = max(column_amax[j], finite)
                column_low[j] = min(column_low[j], code)
                column_high[j] = max(column_high[j], code)
            rows[0, row], rows[1, row], rows[2, row] = amax, low, high
            position, row, column = stop, row + 1, 0

    return channel_extremes


CHANNEL_EXTREMES: Final = {
    np.dtype(kind): compile_channel_extremes(kind) for kind in (np.uint8, np.uint16, np.uint32, np.uint64)
}


def channel_extremes(  # noqa: PLR0913, PLR0917 - as the compiled loops
    codes: NDArray[np.unsignedinteger],
    column: int,
    magnitude_mask: int,
    largest_finite: int,
    rows: NDArray[np.unsignedinteger],
    columns: NDArray[np.unsignedinteger],
) -> None:
    """Largest finite magnitude code, smallest and largest code of each row and each column that a block touches.

    The block starts at `column` of a row. `rows` is [3, rows touched] and `columns` [3, width]; both hold
    the extremes so far and are updated.
    """
    CHANNEL_EXTREMES[codes.dtype](codes, column, magnitude_mask, largest_finite, rows, columns)
