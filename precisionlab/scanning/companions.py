"""Files beside a checkpoint that say how much its numbers matter: tensors matched with its own by name."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from precisionlab.analysis.beside import Role
from precisionlab.analysis.report import Skipped
from precisionlab.analysis.tensors import Beside, Tensor
from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.errors import CheckpointError, UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.settings import Settings

WEIGHT = ".weight"
"""What a layer's weight is called behind the layer's own name."""
NAMES_SHOWN = 3
KIND = "precisionlab"
"""The key of the metadata under which such a file says what it is."""
HINT = "its names are those of the tensors, or of the layers whose .weight they are"
"""What to do where no name is met."""
HINT_OF_REFERENCE = "compare checkpoints of one model, saved under the same names"
KINDS = {Role.SENSITIVITY: "sensitivity", Role.CALIBRATION: "activations"}


@dataclass(frozen=True, slots=True)
class Companion:
    """One such file."""

    role: Role
    path: str
    tensors: Mapping[str, TensorInfo]
    files: tuple[str, ...] = ()
    """Those that it is made of."""

    def match(self, name: str) -> TensorInfo | None:
        """What the file holds for a tensor: under its name, or (but for a checkpoint) of the layer whose weight it is."""
        is_of_layer = name.endswith(WEIGHT) and self.role is not Role.REFERENCE
        return self.tensors.get(name) or (self.tensors.get(name.removesuffix(WEIGHT)) if is_of_layer else None)

    def check(self, infos: Iterable[TensorInfo]) -> tuple[Skipped, ...]:
        """What the file holds for no tensor of a checkpoint; of another checkpoint that is not told.

        Raises:
            UsageError: that is all of it.
        """
        met = {match.name for info in infos if (match := self.match(info.name)) is not None}
        unknown = [name for name in self.tensors if name not in met]
        if not met:
            shown = ", ".join(printable(name, 60) or '""' for name in unknown[:NAMES_SHOWN])
            holds = f"holds nothing for any tensor of the checkpoint (it has {shown})" if unknown else "holds no tensor"
            raise UsageError(self.path, holds, HINT_OF_REFERENCE if self.role is Role.REFERENCE else HINT)
        if self.role is Role.REFERENCE:
            return ()
        return tuple(
            Skipped(name, f"in {printable(self.path)}, but of no tensor of the checkpoint") for name in unknown
        )


@dataclass(frozen=True, slots=True)
class Companions:
    """All such files of a scan."""

    all: tuple[Companion, ...] = ()

    @property
    def files(self) -> Mapping[str, tuple[str, ...]]:
        """The files that they are made of, by role."""
        return {companion.role.value: companion.files for companion in self.all}

    def beside(self, info: TensorInfo, reader: FileReader, settings: Settings) -> Beside:
        """What they hold for a tensor, to be read when asked for."""
        matches = ((companion.role, companion.match(info.name)) for companion in self.all)
        return {
            role: Tensor(match, reader, device=settings.device, memory_bytes=settings.memory_bytes)
            for role, match in matches
            if match is not None
        }

    def check(self, infos: Iterable[TensorInfo]) -> tuple[Skipped, ...]:
        """What they hold for no tensor.

        Raises:
            UsageError: that is all of one file.
        """
        known = tuple(infos)
        return tuple(skipped for companion in self.all for skipped in companion.check(known))


NONE = Companions()


def check_kind(kind: str | None, role: Role, path: str) -> None:
    """See that a file that says what it is, is that.

    Raises:
        UsageError: it is another one.
    """
    wanted = KINDS.get(role, "weights")
    if kind is not None and kind != wanted:
        flags = ", ".join(f"--{other.value}" for other, known in KINDS.items() if known == kind)
        remedy = f"give it with {flags}" if flags else f"give one of {wanted}"
        raise UsageError(path, f"is a file of {printable(kind, 40)}, not of {wanted}", remedy)


@contextmanager
def opened(settings: Settings) -> Iterator[Companions]:
    """The files that the settings name, open.

    Raises:
        UsageError: one cannot be read as a checkpoint.
    """
    with ExitStack() as stack:
        companions = []
        for role, path in settings.beside.items():
            try:
                checkpoint = stack.enter_context(open_checkpoint(path))
            except CheckpointError as error:
                remedy = "make one with precisionlab.calibration" if role in KINDS else ""
                raise UsageError(f"--{role.value}", str(error), remedy) from None
            check_kind(checkpoint.metadata.get(KIND), role, path)
            tensors = {info.name: info for info in checkpoint.tensors}
            companions.append(Companion(role, path, tensors, checkpoint.files))
        yield Companions(tuple(companions))
