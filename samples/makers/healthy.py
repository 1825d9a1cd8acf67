"""A checkpoint that gives no rule anything to say: what trained weights look like when all is well.

An encoder in bfloat16 and a decoder in float16, two layers each, normal deviates of variance
1/fan-in about zero (so large that hardly a float16 is subnormal), norms about one, a convolution.
"""

from collections.abc import Callable
from math import prod

from makers.gaussian import gaussian
from makers.raw_safetensors import RawTensor
from makers.words import Values, Words, bfloat, half, stored

LAYER_SHAPES = {
    "attention.q_proj.weight": (64, 64),
    "attention.k_proj.weight": (64, 64),
    "attention.v_proj.weight": (64, 64),
    "attention.o_proj.weight": (64, 64),
    "attention.o_proj.bias": (64,),
    "mlp.up_proj.weight": (128, 64),
    "mlp.up_proj.bias": (128,),
    "mlp.down_proj.weight": (64, 128),
    "norm.weight": (64,),
}

CONVOLUTION_SHAPE = (32, 16, 3, 3)


def healthy_tensors() -> dict[str, RawTensor]:
    """Every tensor of `healthy.safetensors`, by name."""
    return {
        "stem.conv.weight": stored("F16", half(weights("stem.conv.weight", CONVOLUTION_SHAPE))),
        **layers("encoder", "BF16", bfloat),
        **layers("decoder", "F16", half),
    }


def layers(side: str, dtype: str, rounded: Callable[[Values], Words]) -> dict[str, RawTensor]:
    """The two layers of one side."""
    names = [(f"{side}.layers.{layer}.{suffix}", shape) for layer in range(2) for suffix, shape in LAYER_SHAPES.items()]
    return {name: stored(dtype, rounded(weights(name, shape))) for name, shape in names}


def weights(name: str, shape: tuple[int, ...]) -> Values:
    """Deviates of variance 1/fan-in about zero, or of deviation 1/4 about one for a norm."""
    if "norm" in name:
        return 1.0 + gaussian(name, shape, 0.25)
    fan_in = prod(shape[1:]) if len(shape) > 1 else shape[0]
    return gaussian(name, shape, fan_in**-0.5)
