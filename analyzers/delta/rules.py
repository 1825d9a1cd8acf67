"""The rules of the `delta` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

UPDATE_LOST = Rule(
    "PL411",
    "update-lost",
    Severity.WARNING,
    "most of the update over the other checkpoint was lost in the type that it is stored in",
    "train and merge in float32, and store the sum, or the update apart from its base, with more significant bits",
    """Fires where a tensor is stored with fewer than 24 significant bits, at most half of its numbers changed, and more than
`delta.max_lost_share` of those by no more than one step of the type. Updates that are smaller than half a step leave most
numbers as they were and move a few by a whole step. Fewer than 16 changed elements are no update.

A step of bfloat16 is 0.4 to 0.8 % of a number, and fine-tuning moves weights by some 0.1 %: where weights are kept in
bfloat16 while they are trained or merged, most of what was learnt is dropped at each step. What a narrower type would lose
of an update that is still whole, PL414 tells.""",
)

WOULD_BE_LOST = Rule(
    "PL414",
    "update-would-be-lost",
    Severity.NOTE,
    "a narrower format would lose most of the update over the other checkpoint",
    "before a cast, keep the update apart from its base, or store the sum in a format with more significant bits",
    """Fires where storing base and sum in the format `delta.target` loses the update of more than the share
`delta.max_lost_share` of the changed elements (both become the same number), or leaves an update that is off by more than
`delta.max_update_error`, relative to the update. Nothing is lost as long as nobody casts. Fewer than 16 changed elements are no
update.

Fine-tuning moves weights by some 0.1 % of their size, and a step of bfloat16 is 0.4 to 0.8 %. Rounding to nearest is not
biased as long as the base was not of the format before: what is left is the update under noise that is larger than it
(`update_gain` is about 1). Where the base lies on the format's grid, updates below half a step go without a trace
(`update_gain` is about 0): that is what adding an adapter to a base in a narrow format does.""",
)

ADAPTER_SIZED = Rule(
    "PL412",
    "update-of-low-rank",
    Severity.NOTE,
    "the update over the other checkpoint has few directions: all others are no more than rounding",
    "store the base once, and the update as two factors",
    """Fires where at least one and at most `delta.lora_rank` singular values of the update are larger than what rounding
to the stored type makes of nothing, two factors of that rank take fewer numbers than there are changed elements, and what
they leave out is together no more than rounding (its expected energy, a tenth added).

It is what merging an adapter (LoRA, Hu et al. 2021) leaves: an update of rank r, and rounding errors of every element under
it. Factors of rank r take r (m + n) numbers; several fine-tuned models of one base then share the base. What is dropped is
rounding noise of the merge, so that factors are nearer to the adapter than the merged weight is.

The level of rounding is an estimate: errors are taken for independent and uniform within half a unit in the last place.
Where noise is larger than that, as of updates that went through FP8, of numbers that were cut off, or of small updates of
all directions, of which rounding keeps a few whole steps, the rule keeps silent.""",
)

NOISE_EXCEEDS = Rule(
    "PL413",
    "quantization-drowns-update",
    Severity.NOTE,
    "quantizing adds more noise than the update over the other checkpoint is large",
    "quantize to a finer format, or quantize the base and keep the update apart as an adapter",
    """Fires where |Q(B) - B|, the error of quantizing the tensor to the format `delta.noise_target`, is more than
`delta.max_noise_ratio` times the norm of the update |B - A|, of which at least 16 elements are not 0.

Element by element nothing is then left of the update: it is one part in noise that is larger. What survives is what the
noise does not hide, and that depends on how the update is spread. Noise of independent elements hides directions with
singular values below rms(Q(B) - B) (mn)^(1/4); `hidden_energy` is the share of the update's energy in those. An update
of a few strong directions stands out of noise that is several times as large as it is, one that is spread over all
directions does not. Behaviour that rests on the small ones is what is at risk; whether any does, only an evaluation of the
quantized model tells.

Where the base is quantized and the update kept apart (Q(A) + D, as in QLoRA, Dettmers et al. 2023) it survives whole.""",
)

RULES = (UPDATE_LOST, ADAPTER_SIZED, NOISE_EXCEEDS, WOULD_BE_LOST)
