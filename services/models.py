"""The networks: the perceptron published in 2020, and perceptrons of a size of your choice."""

from torch import nn

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
