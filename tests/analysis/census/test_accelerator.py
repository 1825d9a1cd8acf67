"""The torch twin counts as the compiled loops do: exactly, and power sums within 1e-12."""

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from precisionlab.analysis.census.accelerator import TorchBackend, leading_bins64, union
from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.channels import ChannelPlan
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.census.kernels import count_leading64
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey
from precisionlab.formats import STORED_FLOATS

if TYPE_CHECKING:
    from tests.analysis.census.conftest import Specimen

    SurveyWith = Callable[[Specimen, Backend], Survey]


def test_every_census_is_the_compiled_one(
    specimen: "Specimen",
    census: Census,
    torch_backend: Backend,
    survey_with: "SurveyWith",
    same_census: Callable[[Census, Census, float], None],
) -> None:
    """Every count and every bin is equal; moments from power sums agree within 1e-12."""
    same_census(survey_with(specimen, torch_backend).census, census, 1e-12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the twin ran on the CPU only")
def test_runs_on_cuda() -> None:
    """Where there is a CUDA device, the tests of this folder run on it too."""
    placed = TorchBackend("cuda").place(np.arange(4, dtype=np.uint8))
    assert placed.device.type == "cuda"


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8"])
def test_placed_codes_are_copies(kind: str, torch_backend: Backend) -> None:
    """The reader's buffer may be overwritten at once, and may be read-only."""
    codes = np.array([1, 2, 2, np.iinfo(kind).max], kind)
    placed = torch_backend.place(codes)
    codes[:] = 7
    codes.flags.writeable = False
    patterns, counts = torch_backend.distinct(placed)
    assert patterns.tolist() == [1, 2, np.iinfo(kind).max]
    assert counts.tolist() == [1, 2, 1]
    assert torch_backend.distinct(torch_backend.place(codes))[0].tolist() == [7]


def test_bins_of_every_exponent_are_the_compiled_ones() -> None:
    """Rounding to odd into binary32's range: all binary64 exponents with edge mantissas fall into the same bins."""
    fractions = [0, 1, 1 << 40, 1 << 41, (1 << 41) + 1, 1 << 51, (1 << 52) - 1, *(1 << bit for bit in range(38, 52))]
    codes = ((np.arange(2048, dtype=np.uint64) << np.uint64(52))[:, None] | np.array(fractions, np.uint64)).ravel()
    expected = np.zeros(1 << 20, np.uint32)
    count_leading64(codes, expected)
    found = torch.bincount(leading_bins64(torch.from_numpy(codes.view(np.int64))), minlength=1 << 20)
    np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("n_codes", [1, 2, 3, 7, 64, 1001])
def test_union_has_every_bit(n_codes: int) -> None:
    """Halving keeps the bits of every code, whatever their number."""
    codes = np.random.default_rng(n_codes).integers(0, 1 << 62, n_codes) & np.random.default_rng(0).integers(0, 1 << 62)
    assert int(union(torch.from_numpy(codes))) == int(np.bitwise_or.reduce(codes))


@pytest.mark.parametrize("name", ["float8_e5m2", "bfloat16", "float32", "float64"])
def test_extremes_are_the_same_codes(name: str, torch_backend: Backend) -> None:
    """Tables of columns hold the compiled loops' codes, ordered without sign, so that tables of both could be merged."""
    plan = ChannelPlan(STORED_FLOATS[name], 40, 13, 1)
    kind = np.dtype(f"u{plan.format.bits // 8}")
    codes = np.random.default_rng(0).integers(0, 1 << 63, 200, dtype=np.uint64) >> np.uint64(64 - plan.format.bits)
    codes[::2] |= np.uint64(1 << (plan.format.bits - 1))
    tables = [one.column_tables(plan, kind) for one in (torch_backend, CpuBackend())]
    blocks = [(5, codes[:100].astype(kind)), (1, codes[100:].astype(kind))]
    for column, block in blocks:
        rows = tables[0].add(column, torch_backend.place(block))
        assert rows.dtype == kind
        np.testing.assert_array_equal(rows, tables[1].add(column, block))
    np.testing.assert_array_equal(tables[0].columns(), tables[1].columns())


def test_backends_are_chosen_by_device() -> None:
    """The CPU and MPS, which has no float64, count in compiled loops; other devices in torch."""
    assert isinstance(backend_of("cpu"), CpuBackend)
    assert isinstance(backend_of("mps"), CpuBackend)
    backend = backend_of("cuda:1")
    assert isinstance(backend, TorchBackend)
    assert backend.name == "cuda:1"


def test_the_cpu_never_imports_torch() -> None:
    """A scan on the CPU does not pay for importing torch, nor do the records for numba."""
    program = (
        "import sys\n"
        "import precisionlab.analysis.tensors\n"
        "assert 'numba' not in sys.modules\n"
        "from precisionlab.analysis.census.devices import backend_of\n"
        "backend_of('cpu')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
