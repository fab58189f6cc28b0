"""The networks: the perceptron published in 2020, and perceptrons of a size of your choice; their optimiser."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from services.run_config import hidden_widths, outputs_of

DROPOUT = 0.2


def perceptron(model: str, inputs: int, classes: int) -> nn.Sequential:
    """Linear layers with ReLU between them, and logits at the end.

    The published one has dropout after its second, third and fourth hidden layer; others have it after every
    hidden layer but the first.
    """
    widths = hidden_widths(model)
    last_dropout = 4 if model == "published" else len(widths)
    layers: list[nn.Module] = []
    before = inputs
    for number, width in enumerate(widths, start=1):
        layers += [nn.Linear(before, width), nn.ReLU()]
        if 2 <= number <= last_dropout:
            layers.append(nn.Dropout(DROPOUT))
        before = width
    return nn.Sequential(*layers, nn.Linear(before, outputs_of(model, classes)))


class Adam:
    """Adam as torch.optim.Adam(weights, rate, fused=True) does it; a test holds the two to the same weights.

    That class imports torch's compiler, a second or more at the start of every run, only to tell it to stay
    away. This one is torch's own step without it. `mean` and `square` are the running averages of the
    gradients and their squares, one for each weight, and `steps` counts.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = list(weights)
        self.mean = [torch.zeros_like(weight) for weight in self.weights]
        self.square = [torch.zeros_like(weight) for weight in self.weights]
        self.steps = [torch.zeros((), device=weight.device) for weight in self.weights]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], rate: float) -> None:
        adam(
            self.weights,
            list(gradients),
            self.mean,
            self.square,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def state(self) -> dict[str, list[Tensor]]:
        return {"mean": self.mean, "square": self.square, "steps": self.steps}

    def load(self, state: dict[str, list[Tensor]]) -> None:
        """Go on from `state`, on whatever device it was."""
        for own, loaded in ((self.mean, "mean"), (self.square, "square"), (self.steps, "steps")):
            for tensor, value in zip(own, state[loaded], strict=True):
                tensor.copy_(value)
