"""A band of a tensor as a block format keeps it: what its elements stand for, of the band's own place in the tensor."""

import torch
from torch import Tensor

from precisionlab.formats.blocks.measuring import Band, Manner
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.blocks.work import Work, steps_of


def rewritten(band: Band, format_: BlockFormat, manner: Manner) -> Tensor:
    """What the elements of a band stand for, [rows, columns] in binary32; 0 where they are excluded."""
    work = Work(band.values, format_, manner.surroundings)
    out = work.empty(torch.float32)
    for region in work.regions():
        steps = steps_of(manner.find(work, region), format_)
        for piece in work.pieces(region):
            work.quantize(piece, region, steps, piece.of(out))
    return work.unpadded(out)
