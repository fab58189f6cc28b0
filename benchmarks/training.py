"""How fast a run trains and starts: `python -m benchmarks.training`.

The published recipe on the reference embryo, twice in one session: as published (a DataLoader with eight
workers, accuracy counted row by row in Python on both parts) and by the product, through its real runner.
Both have the same rows, split, network, batch size, threads and number of epochs. Then the same network and
features split by cell, with only the training part oversampled: what is left of the score.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT, Measure, at_least, at_most, cd_files, main
from services.lab import Lab, open_lab
from services.settings import read_settings

REFERENCE = "CD20081016_alr-1_10A2_3_L1.csv"
EPOCHS = 20
COMPARED = 3  # epochs of each loop in each of `ROUNDS`, in turn
ROUNDS = 2
THREADS = 1
CHILD = "--published"  # this file called as the published loop


def start_lab(folder: Path, embryo: Path) -> tuple[Lab, str]:
    """A lab with the reference embryo, and the embryo's id."""
    lab = open_lab(read_settings({"BLASTOSCOPE_DATA": str(folder), "BLASTOSCOPE_SIMULATED": "0"}))
    return lab, lab.embryos.add(embryo.read_bytes(), embryo.name).embryo.id


def published(folder: Path, embryo: str, epochs: int) -> dict[str, float]:
    """The published loop, written out: seconds an epoch and accuracy on its held-out tenth after the last."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from services.models import perceptron
    from services.run_config import complete
    from services.run_data import prepare

    lab = open_lab(read_settings({"BLASTOSCOPE_DATA": str(folder), "BLASTOSCOPE_SIMULATED": "0"}))
    config = complete({"embryos": [embryo], "preset": "published-2020"}, [lab.embryos.get(embryo)])
    parts = prepare(lab.embryos, config)
    lab.engine.dispose()
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    train = TensorDataset(torch.from_numpy(parts.features), torch.from_numpy(parts.labels))
    held = TensorDataset(
        torch.from_numpy(parts.validation.features), torch.from_numpy(parts.validation.labels)
    )
    train_loader = DataLoader(train, batch_size=150, shuffle=True, num_workers=8)
    held_loader = DataLoader(held, batch_size=150, shuffle=True, num_workers=8)
    model = perceptron("published", 5, len(parts.classes))
    loss_of = nn.CrossEntropyLoss()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, mode="min", factor=0.7, patience=6, threshold=1e-4
    )

    def accuracy(loader: Any) -> float:
        right = rows = 0
        model.eval()
        with torch.no_grad():
            for features, labels in loader:
                for answer, label in zip(model(features).argmax(1), labels, strict=True):
                    right += int(answer == label)
                    rows += 1
        return right / rows

    seconds, correct = [], 0.0
    for _ in range(epochs):
        began = time.perf_counter()
        model.train()
        for features, labels in train_loader:
            optimiser.zero_grad()
            loss = loss_of(model(features), labels)
            loss.backward()
            optimiser.step()
        accuracy(train_loader)
        correct = accuracy(held_loader)
        scheduler.step(1.0)
        seconds.append(time.perf_counter() - began)
    return {"seconds": statistics.median(seconds), "accuracy": correct}


def published_in_its_own_process(folder: Path, embryo: str, epochs: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", CHILD, str(folder), embryo, str(epochs)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, accuracy = map(float, done.stdout.split()[-2:])
    return {"seconds": seconds, "accuracy": accuracy}


def ours(lab: Lab, config: dict[str, Any]) -> dict[str, Any]:
    """One run through the runner, which is there already: its start, seconds an epoch, and best metrics."""
    began = time.time()
    id = lab.runs.create(config, lab.embryos)
    while not lab.runs.get(id).over:
        time.sleep(0.1)
    run = lab.runs.get(id)
    if run.state != "done":
        sys.exit(f"the run ended as {run.state}: {run.error}")
    rows = lab.runs.metrics_after(id)["rows"]
    first = min(row["wall"] for row in rows)
    report = lab.runs.report(id) or {}
    last = {row["tag"]: row["value"] for row in rows if row["epoch"] == run.epoch}
    return {"start": first - began, "seconds": report["seconds_an_epoch"], "best": run.best, "last": last}


def measure(asked: argparse.Namespace) -> list[Measure]:
    """All figures; the two loops in turn, so that a busy machine is busy for both."""
    embryo = next((file for file in cd_files(asked.embryos) if file.name == REFERENCE), None)
    if embryo is None:
        sys.exit(f"{REFERENCE} is not in {asked.embryos}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab, id = start_lab(folder, embryo)
        environ = {
            **os.environ,
            "BLASTOSCOPE_DATA": name,
            "BLASTOSCOPE_SIMULATED": "0",
            "BLASTOSCOPE_DATABASE": "",
            "BLASTOSCOPE_THREADS": str(THREADS),
        }
        runner = subprocess.Popen(
            [sys.executable, "-m", "services.runner"], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL
        )
        try:
            while not lab.runs.runner_fresh(5):
                time.sleep(0.1)
            recipe = {"embryos": [id], "preset": "published-2020", "epochs": EPOCHS}
            theirs, mine, starts = [], [], []
            for _ in range(ROUNDS):
                theirs.append(published_in_its_own_process(folder, id, COMPARED)["seconds"])
                short = ours(lab, {**recipe, "epochs": COMPARED})
                mine.append(short["seconds"])
                starts.append(short["start"])
            whole = published_in_its_own_process(folder, id, EPOCHS)
            run = ours(lab, recipe)
            honest = ours(lab, {**recipe, "split": "cell", "resampling": "oversample", "epochs": 4})
        finally:
            runner.terminate()
            runner.wait()
            lab.engine.dispose()
    theirs.append(whole["seconds"])
    mine.append(run["seconds"])
    starts.append(run["start"])
    ratio = statistics.median(theirs) / statistics.median(mine)
    accuracy = run["last"]["accuracy/validation"]
    return [
        Measure("published loop, one epoch", statistics.median(theirs), "s"),
        Measure("product, one epoch", statistics.median(mine), "s"),
        at_least("epochs per second, product by published loop", ratio, "times", 1.5),
        Measure(f"published loop, accuracy after {EPOCHS} epochs", whole["accuracy"], ""),
        Measure(f"product, accuracy after {EPOCHS} epochs", accuracy, ""),
        at_most("accuracy, difference", abs(accuracy - whole["accuracy"]), "", 0.01),
        at_most("from start to the end of the first epoch", statistics.median(starts), "s", 8.0),
        Measure("split by cell instead, accuracy", honest["best"]["accuracy/validation"], ""),
        Measure("split by cell instead, balanced", honest["best"]["balanced_accuracy/validation"], ""),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        found = published(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        print(found["seconds"], found["accuracy"])
    else:
        main("training", measure)
