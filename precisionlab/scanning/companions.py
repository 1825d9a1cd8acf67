"""Files beside a checkpoint, and other checkpoints: which of their tensors say something of which of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from precisionlab.analysis.beside import Role
from precisionlab.analysis.dequantizing import Scales, ScalingReader, header_of_numbers, scales_in
from precisionlab.analysis.report import Skipped
from precisionlab.analysis.tensors import Beside, Tensor
from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.errors import CheckpointError, UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.matching import counterparts
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
class Coded:
    """A counterpart that cannot be compared as it is stored, but with scales applied."""

    there: TensorInfo
    scales_here: Scales | None
    """None where the tensor holds numbers."""
    scales_there: Scales | None


@dataclass(frozen=True, slots=True)
class Companion:
    """One such file."""

    role: Role
    path: str
    tensors: Mapping[str, TensorInfo]
    files: tuple[str, ...] = ()
    """Those that it is made of."""
    counterparts: Mapping[str, str] | None = None
    """Of another checkpoint: what it calls a checkpoint's tensors, by their names there; None as long as names are all (see `matched`)."""
    unmatched: tuple[TensorInfo, ...] = ()
    """Of another checkpoint: what is no tensor's."""
    coded: Mapping[str, Coded] = field(default_factory=lambda: MappingProxyType({}))
    """Of another checkpoint: what is numbers where a checkpoint's tensor is codes, or codes where that is numbers, by its name there."""

    def match(self, name: str) -> TensorInfo | None:
        """What the file holds for a tensor: under its name, or (but for a checkpoint) of the layer whose weight it is."""
        if self.counterparts is not None:
            return self.tensors[self.counterparts[name]] if name in self.counterparts else None
        is_of_layer = name.endswith(WEIGHT) and self.role is not Role.REFERENCE
        return self.tensors.get(name) or (self.tensors.get(name.removesuffix(WEIGHT)) if is_of_layer else None)

    def matched(self, infos: Sequence[TensorInfo]) -> "Companion":
        """The same; another checkpoint knowing which of its tensors belong to which of these, which are all of a checkpoint.

        Numbers are read only where names are left on both sides: a few of each.
        """
        if self.role is not Role.REFERENCE:
            return self
        theirs = tuple(self.tensors.values())
        with FileReader() as reader:
            found = counterparts(infos, theirs, reader)
        coded = coded_in(found.coded, infos, theirs)
        known = {*found.names.values(), *(one.there.name for one in coded.values())}
        unmatched = tuple(info for info in theirs if info.name not in known)
        return replace(self, counterparts=found.names, unmatched=unmatched, coded=coded)

    def check(self, infos: Iterable[TensorInfo]) -> tuple[Skipped, ...]:
        """What the file holds for no tensor of a checkpoint; of another checkpoint that is not told.

        Raises:
            UsageError: that is all of it.
        """
        met = {match.name for info in infos if (match := self.match(info.name)) is not None}
        unknown = [name for name in self.tensors if name not in met]
        if not met and not self.coded:
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
    """One a role."""
    others: tuple[Companion, ...] = ()
    """Further checkpoints."""

    @property
    def files(self) -> Mapping[str, tuple[str, ...]]:
        """The files that they are made of, by role."""
        further = tuple(file for companion in self.others for file in companion.files)
        return {**{one.role.value: one.files for one in self.all}, **({"others": further} if further else {})}

    def matched(self, infos: Sequence[TensorInfo]) -> "Companions":
        """The same, knowing what checkpoints among them call these tensors, which are all of a checkpoint."""
        return Companions(*(tuple(one.matched(infos) for one in some) for some in (self.all, self.others)))

    def beside(self, info: TensorInfo, reader: FileReader, settings: Settings) -> Beside:
        """What they hold for a tensor, to be read when asked for."""
        matches = ((companion.role, companion.match(info.name)) for companion in self.all)
        return {role: tensor_of(match, reader, settings) for role, match in matches if match is not None}

    def others_of(self, info: TensorInfo, reader: FileReader, settings: Settings) -> tuple[Tensor, ...]:
        """What further checkpoints hold for a tensor, of those that hold something."""
        matches = (companion.match(info.name) for companion in self.others)
        return tuple(tensor_of(match, reader, settings) for match in matches if match is not None)

    def as_numbers(self, info: TensorInfo, reader: FileReader, settings: Settings) -> tuple[Tensor, Tensor] | None:
        """A tensor and its counterpart in another checkpoint with scales applied, where one of both holds codes."""
        coded = next((one.coded[info.name] for one in self.all if info.name in one.coded), None)
        if coded is None:
            return None
        return (
            numbers_of(info, coded.scales_here, reader, settings),
            numbers_of(coded.there, coded.scales_there, reader, settings),
        )

    def unmatched(self, reader: FileReader, settings: Settings) -> Mapping[Role, tuple[Tensor, ...]]:
        """What checkpoints among them have that is no tensor's."""
        return {one.role: tuple(tensor_of(info, reader, settings) for info in one.unmatched) for one in self.all}

    def check(self, infos: Iterable[TensorInfo]) -> tuple[Skipped, ...]:
        """What they hold for no tensor.

        Raises:
            UsageError: that is all of one file.
        """
        known = tuple(infos)
        return tuple(skipped for companion in (*self.all, *self.others) for skipped in companion.check(known))


NONE = Companions()


def coded_in(
    names: Mapping[str, str], infos: Sequence[TensorInfo], theirs: Sequence[TensorInfo]
) -> Mapping[str, Coded]:
    """The counterparts of these names there, by names here, that have scales on the side where they are codes."""
    by_name = {info.name: info for info in theirs}
    scales_here, scales_there = scales_in(infos), scales_in(theirs)
    found = {
        name: Coded(by_name[other], scales_here.get(name), scales_there.get(other)) for name, other in names.items()
    }
    return {name: one for name, one in found.items() if one.scales_here or one.scales_there}


def tensor_of(info: TensorInfo, reader: FileReader, settings: Settings) -> Tensor:
    """A tensor of such a file, which is read when asked for."""
    return Tensor(info, reader, device=settings.device, memory_bytes=settings.memory_bytes)


def numbers_of(info: TensorInfo, scales: Scales | None, reader: FileReader, settings: Settings) -> Tensor:
    """A tensor of such a file, its scales applied where it has some."""
    if scales is None:
        return tensor_of(info, reader, settings)
    scaling = ScalingReader(info, scales, reader)
    return Tensor(header_of_numbers(info), scaling, device=settings.device, memory_bytes=settings.memory_bytes)


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
        yield Companions(
            tuple(opened_companion(role, path, stack) for role, path in settings.beside.items()),
            tuple(opened_companion(Role.REFERENCE, path, stack) for path in settings.others),
        )


def opened_companion(role: Role, path: str, stack: ExitStack) -> Companion:
    """One file, open as long as the stack is.

    Raises:
        UsageError: it cannot be read as a checkpoint, or says that it is another one.
    """
    try:
        checkpoint = stack.enter_context(open_checkpoint(path))
    except CheckpointError as error:
        if role in KINDS:
            remedy = "make one with precisionlab.calibration"
            raise UsageError(f"--{role.value}", str(error), remedy) from None
        raise UsageError("", str(error)) from None
    check_kind(checkpoint.metadata.get(KIND), role, path)
    return Companion(role, path, {info.name: info for info in checkpoint.tensors}, checkpoint.files)
