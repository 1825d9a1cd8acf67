"""A small causal transformer over bytes, and the moment that it is trained for.

Everything is computed in float64. Processors differ in how they order a sum, which moves a
float64 by about 1e-16; after the whole training that is still far less than half a unit in the
last place of the float16 and bfloat16 that are saved, so these come out the same everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name that torch's own documentation gives it
from torch import Tensor, nn

from makers.gaussian import gaussian, random_words


@dataclass(frozen=True, slots=True)
class Config:
    """The sizes of the model, under the names that Hugging Face configurations use."""

    vocab_size: int = 256
    hidden_size: int = 64
    intermediate_size: int = 192
    num_hidden_layers: int = 3
    num_attention_heads: int = 4
    max_position_embeddings: int = 128
    conv_kernel: int = 5
    rms_norm_eps: float = 1e-6


@dataclass(frozen=True, slots=True)
class Training:
    """How long, on how much at a time, and how fast."""

    steps: int = 200
    sequences: int = 6
    learning_rate: float = 3e-3
    weight_decay: float = 0.01


class Stem(nn.Module):
    """A causal convolution that lets each byte see the few before it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.conv = nn.Conv1d(config.hidden_size, config.hidden_size, config.conv_kernel)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, time, hidden) to the same; the padding keeps each byte from seeing a later one."""
        padded = F.pad(hidden.transpose(1, 2), (self.conv.kernel_size[0] - 1, 0))
        return hidden + F.silu(self.conv(padded)).transpose(1, 2)


class Attention(nn.Module):
    """Causal multi-head self-attention."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.q_proj = nn.Linear(size, size, bias=False)
        self.k_proj = nn.Linear(size, size, bias=False)
        self.v_proj = nn.Linear(size, size, bias=False)
        self.o_proj = nn.Linear(size, size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, time, hidden) to the same."""
        q, k, v = (self.split(projection(hidden)) for projection in (self.q_proj, self.k_proj, self.v_proj))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        joined: Tensor = self.o_proj(mixed.transpose(1, 2).flatten(2))
        return joined

    def split(self, projected: Tensor) -> Tensor:
        """(batch, time, hidden) as (batch, head, time, hidden of the head)."""
        return projected.view(*projected.shape[:2], self.heads, -1).transpose(1, 2)


class SwiGlu(nn.Module):
    """The gated feed-forward block of Shazeer 2020 (arXiv 2002.05202)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, time, hidden) to the same, each position alone."""
        answer: Tensor = self.down_proj(F.silu(self.gate_proj(hidden)) * self.up_proj(hidden))
        return answer


class Layer(nn.Module):
    """Attention and feed-forward, each normalised before and added to its input."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.mlp = SwiGlu(config)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, time, hidden) to the same."""
        attended: Tensor = hidden + self.self_attn(self.input_layernorm(hidden))
        answer: Tensor = attended + self.mlp(self.post_attention_layernorm(attended))
        return answer


class Body(nn.Module):
    """Everything but the head: bytes to hidden states."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.embed_positions = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.stem = Stem(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, time) of bytes to (batch, time, hidden)."""
        hidden = self.stem(self.embed_tokens(tokens) + self.embed_positions.weight[: tokens.shape[1]])
        for layer in self.layers:
            hidden = layer(hidden)
        normalised: Tensor = self.norm(hidden)
        return normalised


class TinyTransformer(nn.Module):
    """Logits of the next byte; the head is the token embedding itself."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.model = Body(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, time) of bytes to (batch, time, vocabulary)."""
        logits: Tensor = self.lm_head(self.model(tokens))
        return logits


def untrained(config: Config) -> TinyTransformer:
    """A float64 model: matrices of variance 1/fan-in, norms of one, biases of zero."""
    model = TinyTransformer(config).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                deviation = parameter[0].numel() ** -0.5
                parameter.copy_(torch.from_numpy(gaussian(name, tuple(parameter.shape), deviation)))
            else:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    return model


def batches(text: bytes, config: Config, training: Training) -> Iterator[Tensor]:
    """Random passages of the text, one byte longer than the context, as (sequence, time)."""
    tokens = torch.tensor(list(text))
    length = config.max_position_embeddings + 1
    draws = random_words("passages", training.steps * training.sequences) % np.uint64(len(text) - length + 1)
    for starts in draws.reshape(training.steps, training.sequences).tolist():
        yield torch.stack([tokens[start : start + length] for start in starts])


def train(
    model: TinyTransformer, passages: Iterator[Tensor], training: Training
) -> tuple[torch.optim.AdamW, list[float]]:
    """Fit the model to predict each next byte; the optimizer, and the loss in nats a byte of every step."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, foreach=False
    )
    losses = []
    for passage in passages:
        logits: Tensor = model(passage[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), passage[:, 1:].flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    return optimizer, losses
