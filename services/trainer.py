"""One training run, from its config to its report: `python -m services.trainer RUN_ID`.

A supervisor starts it in a fresh interpreter and process group, and names itself in BLASTOSCOPE_WORKER; it
holds the run's lease. The trainer ends when its supervisor ends, and may be ended at any moment: a checkpoint is
written after every epoch, whole or not at all, so what is lost is the epoch in work.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from services import dataset as data
from services import logs
from services import scores as score
from services.lab import Lab, open_lab
from services.lease import Claim, Epoch, Held
from services.models import Adam, perceptron
from services.run_config import RunConfig, outputs_of
from services.run_data import Hopeless, Parts, prepare, told
from services.run_report import predictions, report_of
from services.runs import LostLease, Run
from services.schedule import best_epoch, ends_early, next_rate
from services.settings import read_settings

SCORED_AT_ONCE = 65_536  # rows of one forward pass without gradients
TELL_EVERY = 2.0  # seconds between words about an epoch in work
MOST_THREADS = (
    4  # by default: the networks are small, and threads that wait for a busy core are slower than one
)
LOST = 75  # exit status: another worker has the run

log = logging.getLogger("trainer")


def train(lab: Lab, run: Run, held: Held, after_batch: Callable[[int, float], None]) -> None:
    """The whole run; its rows, files and state are written through `held`.

    `after_batch` is called with the epoch and the share of it that is done; what it raises ends the training.
    Raises `LostLease`, or `Hopeless` with the reason.
    """
    config = RunConfig.model_validate(run.config)
    folder = lab.runs.folder / run.id

    # data
    held.tell("reading embryos")
    parts = prepare(lab.embryos, config)
    write(folder / "facts.json", json.dumps(parts.facts, indent=1, allow_nan=False).encode())
    held.log(told(parts))

    # model
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    threads = lab.settings.threads or min(MOST_THREADS, max(1, usable_cores() // lab.settings.slots - 1))
    torch.set_num_threads(threads)
    torch.manual_seed(config.seed)
    classes = len(parts.classes)
    model = perceptron(config.model, len(data.FEATURES), classes).to(device)
    adam = Adam(list(model.parameters()))
    weights = None
    if config.resampling == "class-weights":
        weights = torch.zeros(outputs_of(config.model, classes))
        weights[:classes] = torch.from_numpy(data.class_weights(parts.labels, classes))
    loss_of = nn.CrossEntropyLoss(weight=None if weights is None else weights.to(device))
    x = torch.from_numpy(parts.features).to(device)
    y = torch.from_numpy(parts.labels).to(device)
    chances = data.draw_weights(parts.labels, config.resampling)
    chances = None if chances is None else torch.from_numpy(chances)
    draws = torch.Generator().manual_seed(config.seed)

    # where an earlier attempt came to
    state = State()
    checkpoint = load_newest(folder, held.claim.generation)
    if checkpoint is not None:
        model.load_state_dict(checkpoint["model"])
        adam.load(checkpoint["adam"])
        draws.set_state(checkpoint["draws"])
        torch.set_rng_state(checkpoint["rng"])
        if device.type == "cuda" and checkpoint["cuda_rng"] is not None:
            torch.cuda.set_rng_state(checkpoint["cuda_rng"])
        state = State.from_plain(checkpoint["state"])
        state.best_model = checkpoint["best_model"]
    held.resume(state.history, state.best)
    name = (
        f"{torch.cuda.get_device_name(device)} (GPU)"
        if device.type == "cuda"
        else f"CPU, {threads} thread{'s' if threads > 1 else ''}"
    )
    held.tell("training", device=name)
    held.log(f"{'training' if not state.history else f'resumed after epoch {len(state.history)}'} on {name}")

    # loop
    while len(state.history) < config.epochs and not ends_early(state.losses, config.early_stop):
        epoch, began = len(state.history) + 1, time.monotonic()
        rate = state.rate(config)
        order = (
            torch.randperm(len(y), generator=draws)
            if chances is None
            else torch.multinomial(chances, len(y), replacement=True, generator=draws)
        ).to(device)
        shuffled_x, shuffled_y = x[order], y[order]
        total = torch.zeros((), dtype=torch.float64, device=device)
        model.train()
        for first in range(0, len(y), config.batch_size):
            rows = slice(first, first + config.batch_size)
            loss = loss_of(model(shuffled_x[rows]), shuffled_y[rows])
            adam.step(torch.autograd.grad(loss, adam.weights), rate)
            total += loss.detach() * len(shuffled_y[rows])
            after_batch(epoch, first / len(y))
        validation_loss, answers, _ = answer(
            model, parts.validation.features, parts.validation.labels, device
        )
        found = score.scores(matrix_of(parts.validation.labels, answers))
        values = {
            "loss/train": float(total) / len(y),
            "loss/validation": validation_loss,
            "accuracy/validation": found.accuracy,
            "balanced_accuracy/validation": found.balanced_accuracy,
            "macro_f1/validation": found.macro_f1,
            "learning_rate": rate,
        }
        if not np.isfinite([values["loss/train"], validation_loss]).all():
            raise Hopeless(f"the loss is no longer a number in epoch {epoch}: choose a lower learning rate")
        row = Epoch(epoch, time.time(), values)
        state.history.append(row)
        state.seconds.append(time.monotonic() - began)
        if state.best_epoch == epoch:
            state.best_model = {key: value.detach().clone() for key, value in model.state_dict().items()}
        save(
            folder / f"checkpoint-{held.claim.generation}.pt",
            {
                "model": model.state_dict(),
                "best_model": state.best_model,
                "adam": adam.state(),
                "draws": draws.get_state(),
                "rng": torch.get_rng_state(),
                "cuda_rng": torch.cuda.get_rng_state() if device.type == "cuda" else None,
                "state": state.plain(),
            },
        )
        held.epoch(row, state.best, phase="training")
        if state.rate(config) < rate:
            held.log(f"epoch {epoch}: learning rate {rate:.3g} → {state.rate(config):.3g}")

    # the end: once, at the epoch of lowest validation loss
    held.tell("scoring")
    model.load_state_dict(state.best_model)
    part = "test" if len(parts.test) else "validation"
    scored = parts.test if len(parts.test) else parts.validation
    _, answers, confidence = answer(model, scored.features, scored.labels, device)
    final = asdict(score.scores(matrix_of(scored.labels, answers)))
    final["majority"] = score.majority(parts.natural_labels, scored.labels)
    report = report_of(run, config, parts, state.told(part, final, name), scored, answers)
    files = {
        **predictions(parts, scored, answers, confidence),
        "model.safetensors": weights_file(state.best_model, config, parts),
        "report.json": json.dumps(report, allow_nan=False).encode(),
    }
    held.tell("writing its files")  # so that one that lost its lease writes none
    for file, content in files.items():
        write(folder / file, content)
    tested = {f"{tag}/test": value for tag, value in final.items()} if part == "test" else {}
    held.finish(
        Epoch(state.best_epoch, time.time(), tested),
        state.best | tested,
        f"done after {len(state.history)} epochs; lowest validation loss in epoch {state.best_epoch}",
    )
    for checkpoint_file in folder.glob("checkpoint-*"):
        checkpoint_file.unlink(missing_ok=True)


# ---- loop


def telling(held: Held) -> Callable[[int, float], None]:
    """An `after_batch` that says every few seconds how far a long epoch is."""
    last = time.monotonic()

    def tell(epoch: int, share: float) -> None:
        nonlocal last
        if time.monotonic() - last > TELL_EVERY:
            held.tell(f"training, {share:.0%} of epoch {epoch}")
            last = time.monotonic()

    return tell


def answer(
    model: nn.Module, features: np.ndarray, labels: np.ndarray, device: torch.device
) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean cross-entropy (never weighted), the answers, and each answer's confidence (softmax)."""
    model.eval()
    loss, answers, confidences = 0.0, [], []
    with torch.inference_mode():
        for first in range(0, len(labels), SCORED_AT_ONCE):
            rows = slice(first, first + SCORED_AT_ONCE)
            logits = model(torch.from_numpy(features[rows]).to(device))
            truth = torch.from_numpy(labels[rows]).to(device)
            loss += float(nn.functional.cross_entropy(logits, truth, reduction="sum"))
            confidence, predicted = logits.softmax(1).max(1)
            answers.append(predicted.cpu().numpy())
            confidences.append(confidence.cpu().numpy())
    return loss / len(labels), np.concatenate(answers), np.concatenate(confidences)


def matrix_of(truth: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """The confusion matrix. The published network may answer one of its outputs that stands for no class."""
    return score.confusion(truth, answers, int(max(truth.max(), answers.max())) + 1)


class State:
    """How far a run is: its epochs, the seconds each took, and the weights of the best one."""

    def __init__(self, history: Sequence[Epoch] = (), seconds: Sequence[float] = ()) -> None:
        self.history = list(history)
        self.seconds = list(seconds)
        self.best_model: dict[str, torch.Tensor] = {}

    @property
    def losses(self) -> list[float]:
        return [epoch.values["loss/validation"] for epoch in self.history]

    @property
    def best_epoch(self) -> int:
        return best_epoch(self.losses)

    @property
    def best(self) -> dict[str, float]:
        """The metrics of the best epoch, by tag."""
        return dict(self.history[self.best_epoch - 1].values) if self.history else {}

    def rate(self, config: RunConfig) -> float:
        """The learning rate of the next epoch."""
        return next_rate(config.learning_rate, self.losses, config.schedule, config.factor, config.patience)

    def plain(self) -> dict[str, Any]:
        """As plain values, without the weights."""
        return {
            "history": [[epoch.number, epoch.wall, dict(epoch.values)] for epoch in self.history],
            "seconds": self.seconds,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "State":
        return cls([Epoch(*epoch) for epoch in plain["history"]], plain["seconds"])

    def told(self, part: str, final: dict[str, float], device: str) -> dict[str, Any]:
        """What the report tells of the training and its final scores on `part`."""
        return {
            "part": part,
            "scores": final,
            "best_epoch": self.best_epoch,
            "epochs": len(self.history),
            "seconds": sum(self.seconds),
            "seconds_an_epoch": sum(self.seconds) / len(self.seconds),
            "device": device,
        }


# ---- checkpoints


def save(path: Path, checkpoint: dict[str, Any]) -> None:
    """Write beside, then replace: a checkpoint is whole or not there."""
    beside = path.with_suffix(".writing")
    with beside.open("wb") as file:
        torch.save(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load_newest(folder: Path, generation: int) -> dict[str, Any] | None:
    """The checkpoint of the latest earlier attempt that left a sound one.

    Every attempt writes to a file of its own generation, so a trainer that lost its run and lives on a while
    spoils nothing. It becomes this attempt's own first, so that later attempts look no further back.
    """
    found = sorted((int(path.stem.rpartition("-")[2]), path) for path in folder.glob("checkpoint-*.pt"))
    for earlier, path in reversed(found):
        if earlier >= generation:
            continue
        try:
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torn by a power cut: the one before it may be sound
            logs.event(log, "a checkpoint can't be read", logging.WARNING, file=path.name, error=error)
            continue
        save(folder / f"checkpoint-{generation}.pt", checkpoint)
        return checkpoint
    return None


def write(path: Path, content: bytes) -> None:
    """Write beside, then replace."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.writing")
    beside.write_bytes(content)
    beside.replace(path)


# ---- weights


def weights_file(model: dict[str, torch.Tensor], config: RunConfig, parts: Parts) -> bytes:
    """The best epoch's weights as safetensors, with what is needed to use them in the metadata."""
    from safetensors.torch import save as as_safetensors

    tensors = {key: value.cpu().contiguous() for key, value in model.items()}
    return as_safetensors(
        tensors,
        metadata={
            "features": json.dumps(data.FEATURES),
            "mean": json.dumps(parts.scaling.mean.tolist()),
            "deviation": json.dumps(parts.scaling.deviation.tolist()),
            "classes": json.dumps(parts.classes),
            "model": config.model,
        },
    )


# ---- the process


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with(parent: int) -> None:
    """End this process when the process that started it has ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(id: str) -> int:
    end_with(int(os.environ["BLASTOSCOPE_SUPERVISOR"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the supervisor's business
    settings = read_settings()
    worker = os.environ["BLASTOSCOPE_WORKER"]
    logs.set_up(settings.log, traces_as_events=False)  # the end of a trace is what the run's page shows
    logs.always(run=id, worker=worker)
    lab = open_lab(settings)
    run = lab.runs.get(id, deleted=True)
    held = Held(lab.engine, Claim(id, worker, run.generation, run.epoch))
    try:
        train(lab, run, held, telling(held))
    except LostLease:
        logs.event(log, "another worker has the run")
        return LOST
    except Hopeless as reason:
        held.fail(str(reason))
        logs.event(log, "the run can't be done", logging.WARNING, reason=reason)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or "BLASTOSCOPE_WORKER" not in os.environ:
        sys.exit("The runner starts this: python -m services.runner")
    sys.exit(main(sys.argv[1]))
