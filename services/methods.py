"""A methods paragraph for a finished run: what was done, in words that may be copied into a paper."""

from typing import Any

from services.run_config import RunConfig, hidden_widths

LABELS = {
    "prefix": "the first {depth} characters of its name",
    "founder": "its founder cell",
    "ancestor": "its ancestor at generation {depth}",
    "full": "its name",
}
SPLITS = {
    "row": "rows at random",
    "cell": "cell, all rows of a cell name in one part",
    "embryo": "embryo, all embryos of a recording date in one part",
}
RESAMPLINGS = {
    "none": "Classes were not resampled.",
    "oversample": "The training part was randomly oversampled to equal classes.",
    "undersample": "The training part was randomly undersampled to equal classes.",
    "smote": "The training part was oversampled with SMOTE; classes of fewer than six rows were copied.",
    "balanced-sampler": "Training rows were drawn with weights 1/frequency of their class.",
    "sqrt-sampler": "Training rows were drawn with weights 1/√frequency of their class.",
    "class-weights": "The loss was weighted by the inverse frequency of the class.",
    "oversample-before-split": "All rows were randomly oversampled to equal classes before the split.",
}


def methods(config: RunConfig, report: dict[str, Any]) -> str:
    """The paragraph. `report` is a run's report (see trainer.py) without it."""
    facts, scores = report["facts"], report["scores"]
    parts = facts["parts"]
    count = len(config.embryos)
    stop = (
        f"up to and with the first frame of {config.stop_at_cells} cells"
        if config.stop_at_cells
        else "in full"
    )
    sizes = ", ".join(f"{name} {part['rows']:,}" for name, part in parts.items() if part["rows"])
    scaled = {
        "raw": "as recorded (pixels, planes, frames)",
        "standardised": "standardised by mean and standard deviation of the training part",
    }[config.features]
    widths = "–".join(map(str, hidden_widths(config.model)))
    schedule = {
        "validation-loss": f"multiplied by {config.factor:g} after more than {config.patience} epochs without a lower "
        "validation loss (ReduceLROnPlateau)",
        "none": "held constant",
        "constant-step": f"passed through ReduceLROnPlateau (factor {config.factor:g}, patience "
        f"{config.patience}) stepped with a constant",
    }[config.schedule]
    sentences = [
        f"{count} embryo{'s were' if count > 1 else ' was'} used {stop} ({facts['rows']:,} rows), and each "
        f"nucleus was labelled by {LABELS[config.scheme].format(depth=config.depth)} "
        f"({len(facts['classes'])} classes).",
    ]
    if facts["left_out"]:
        left = ", ".join(f"{rows:,} {reason}" for reason, rows in facts["left_out"].items())
        sentences.append(f"Rows left out: {left}.")
    sentences += [
        f"Rows were split by {SPLITS[config.split]} (rows: {sizes}).",
        RESAMPLINGS[config.resampling],
        f"A multilayer perceptron (hidden layers {widths}, ReLU, dropout 0.2) on x, y, z, time and nuclear "
        f"diameter, {scaled}, was trained with cross-entropy and Adam (learning rate "
        f"{config.learning_rate:g}, {schedule}; batch {config.batch_size:,}; {report['epochs']} epochs; seed "
        f"{config.seed}) in PyTorch {report['versions']['torch']}.",
        f"At the epoch of lowest validation loss ({report['best_epoch']}) the {report['part']} part gave "
        f"accuracy {scores['accuracy']:.3f}, balanced accuracy {scores['balanced_accuracy']:.3f} and "
        f"macro-F1 {scores['macro_f1']:.3f}; always answering the largest class of the training part gives "
        f"{scores['majority']:.3f}.",
    ]
    embryos = report["over_embryos"]
    if embryos["embryos"] > 1:
        interval = embryos["interval"]
        spread = (
            f", 95% interval {interval[0]:.3f} to {interval[1]:.3f} by resampling embryos" if interval else ""
        )
        sentences.append(
            f"Over {embryos['embryos']} embryos the mean accuracy was {embryos['mean']:.3f} (median "
            f"{embryos['median']:.3f}, worst {embryos['worst']:.3f}{spread})."
        )
    if missing := facts["without_training"]:
        sentences.append(
            f"{len(missing)} {'class' if len(missing) == 1 else 'classes'} had no row in the training part and "
            f"{'counts' if len(missing) == 1 else 'count'} as wrong."
        )
    if report["inflated"]:
        sentences.append(f"This protocol inflates the score: {report['inflated']}.")
    return " ".join(sentences)
