"""Which tensors a runtime can be told of, and in which formats."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from precisionlab.analysis.quantization.targets import Target
from precisionlab.checkpoints import TensorInfo
from precisionlab.recipes.assembling import Division
from precisionlab.recipes.exports import bitsandbytes, compressed_tensors, llama_cpp, torchao
from precisionlab.recipes.exports.gguf_names import gguf_name
from precisionlab.recipes.losses import Offer
from precisionlab.recipes.recipe import Assignment

Obstacle = Callable[[Assignment, Target], str]
"""Why a runtime cannot store a tensor so; empty where it can."""


def obstacle_of_llama_cpp(assignment: Assignment, target: Target) -> str:
    """The same for llama.cpp, which goes by the names of GGUF."""
    del target  # the assignment names it
    return llama_cpp.obstacle(assignment, gguf_name(assignment.tensor))


OBSTACLES: Final[Mapping[str, Obstacle]] = {
    compressed_tensors.RUNTIME: compressed_tensors.obstacle,
    torchao.RUNTIME: torchao.obstacle,
    llama_cpp.RUNTIME: obstacle_of_llama_cpp,
    bitsandbytes.RUNTIME: bitsandbytes.obstacle,
}


def reachable(
    division: Division, targets: Sequence[Target], runtimes: Collection[str]
) -> tuple[Division, tuple[Offer, ...]]:
    """What each tensor is offered by all of some runtimes; those that are offered nothing stay, the first reason told."""
    offers, kept = [], dict(division.kept)
    for info in division.quantized:
        obstacles = {target: first_obstacle(info, target, runtimes) for target in targets}
        possible = tuple(target for target, obstacle in obstacles.items() if not obstacle)
        if possible:
            offers.append(Offer(info, possible))
        else:
            kept[info.name] = next(iter(obstacles.values()))
    return Division(tuple(offer.info for offer in offers), kept), tuple(offers)


def first_obstacle(info: TensorInfo, target: Target, runtimes: Collection[str]) -> str:
    """Why not all of some runtimes can store a tensor so; empty where they can."""
    assignment = Assignment(info.name, info.shape, info.dtype, target.name, 0, "")
    obstacles = ((runtime, OBSTACLES[runtime](assignment, target)) for runtime in runtimes)
    return next((f"{runtime}: {obstacle}" for runtime, obstacle in obstacles if obstacle), "")
