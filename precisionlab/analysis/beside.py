"""Which files beside a checkpoint say something of its tensors."""

from enum import Enum


class Role(Enum):
    """What another file says of a checkpoint's tensors; the value is the flag that names the file."""

    SENSITIVITY = "sensitivity"
    """How much the square of an error costs: one weight an element, or one for the tensor."""
    CALIBRATION = "calibration"
    """Second moments of what the layer is fed: one an input channel."""
    REFERENCE = "against"
    """The tensor of the same name in another checkpoint."""
