"""The PyTorch twin of recipes/esc-scenes/amfm-small.json.

    python train_esc_scenes.py DATASET [--epochs 80] [--seed 0] [--fold 1] [--threads 2] [--format channels_last]

DATASET is laid out as TAU Urban Acoustic Scenes 2020 Mobile, with `classes.csv` (scene_label, abstract_label).

amfm-small with the abstract branch; Adam 1e-3 with a cosine to 1e-6 that moves every step; batches of 24, the last partial
one dropped; pre-emphasis 0.97, ln(mel + 1e-7) of 128 HTK bands, normalised per clip and band; every map rolled in time by
its own amount, then mixup (alpha 0.2), then one frequency mask (< 24 bands) and one time mask (< 50 frames) for the whole
batch; loss 5 CE(scene) + 1 CE(abstract).
"""

import argparse
import csv
import json
import math
import pathlib
import resource
import time

import numpy as np
import soundfile
import torch
from torch.nn import functional as F

from amfm_small import build, count_parameters, loss_of
from front_end import TorchFrontEnd

FRONT_END = {
    "sampleRateHz": 44100,
    "preEmphasis": 0.97,
    "windowSamples": 1764,
    "hopSamples": 882,
    "fftLength": 2048,
    "window": "hamming",
    "center": "reflect",
    "spectrum": "power",
    "mel": "htk",
    "melNorm": "none",
    "bands": 128,
    "minHz": 0,
    "maxHz": 22050,
    "log": {"kind": "ln", "eps": 1e-7},
    "deltas": {"order": 0, "width": 9, "stack": "channel"},
    "normalise": {"kind": "clip-band", "floor": 0.001},
}
CLIP_SAMPLES = 5 * FRONT_END["sampleRateHz"]
BATCH = 24
LEARNING_RATE, MIN_LEARNING_RATE = 1e-3, 1e-6
MIXUP_ALPHA = 0.2
MAX_BANDS, MAX_FRAMES = 24, 50


def read_table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Scenes:
    """One split in memory: maps (N, 1, F, T), scene indices, abstract indices."""

    def __init__(self, root, split, fold, labels, front_end):
        rows = read_table(root / "evaluation_setup" / f"fold{fold}_{split}.csv")
        self.maps = torch.stack([front_end(read_clip(root / row["filename"])) for row in rows])
        self.scene = torch.tensor([labels.scenes.index(row["scene_label"]) for row in rows])
        self.abstract = labels.abstract_of[self.scene]


class Labels:
    def __init__(self, root):
        rows = read_table(root / "classes.csv")
        self.scenes = sorted(row["scene_label"] for row in rows)
        abstract = {row["scene_label"]: row["abstract_label"] for row in rows}
        self.abstracts = sorted(set(abstract.values()))
        self.abstract_of = torch.tensor([self.abstracts.index(abstract[scene]) for scene in self.scenes])


def read_clip(path):
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != FRONT_END["sampleRateHz"] or samples.shape != (CLIP_SAMPLES,):
        raise SystemExit(f"{path}: expected {CLIP_SAMPLES} samples at 44100 Hz, received {samples.shape} at {rate} Hz")
    return torch.from_numpy(samples)


def augment(x, scene, abstract, rng):
    """x (B, 1, F, T) and one-hot labels, all changed alike."""
    x = torch.stack([clip.roll(int(rng.integers(x.shape[3])), dims=2) for clip in x])
    weight = float(rng.beta(MIXUP_ALPHA, MIXUP_ALPHA))
    order = torch.from_numpy(rng.permutation(len(x)))
    x, scene, abstract = (weight * t + (1 - weight) * t[order] for t in (x, scene, abstract))
    for axis, limit in ((2, MAX_BANDS), (3, MAX_FRAMES)):
        width = int(rng.integers(limit))
        start = int(rng.integers(x.shape[axis] - width + 1))
        x.narrow(axis, start, width).zero_()
    return x, scene, abstract


def evaluate(model, scenes, labels):
    model.eval()
    with torch.inference_mode():
        outputs = [model(batch) for batch in scenes.maps.split(BATCH)]
    scene, abstract = (torch.cat(parts) for parts in zip(*outputs))
    chosen = scene.argmax(1)
    mean = lambda hits: hits.float().mean().item()  # noqa: E731
    return {
        "accuracy": mean(chosen == scenes.scene),
        "log_loss": F.cross_entropy(scene, scenes.scene).item(),
        "abstract_accuracy": mean(abstract.argmax(1) == scenes.abstract),
        "abstract_accuracy_of_scene": mean(labels.abstract_of[chosen] == scenes.abstract),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fold", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--format", choices=["contiguous", "channels_last"], default="channels_last")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error("--epochs must be at least 1")

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    labels = Labels(options.dataset)
    front_end = TorchFrontEnd(FRONT_END)
    started = time.perf_counter()
    train, test = (
        Scenes(options.dataset, split, options.fold, labels, front_end) for split in ("train", "evaluate")
    )
    model = build(len(labels.scenes), len(labels.abstracts))
    if options.format == "channels_last":
        model = model.to(memory_format=torch.channels_last)
    steps_per_epoch = len(train.maps) // BATCH
    total = steps_per_epoch * options.epochs
    print(
        f"torch {torch.__version__}, {options.threads} threads, {options.format}: {count_parameters(model)} parameters, "
        f"{len(train.maps)} + {len(test.maps)} clips read in {time.perf_counter() - started:.1f} s, "
        f"{steps_per_epoch} steps an epoch, seed {options.seed}",
        flush=True,
    )

    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    seconds = []
    for epoch in range(options.epochs):
        model.train()
        started = time.perf_counter()
        order = torch.from_numpy(rng.permutation(len(train.maps)))
        losses = []
        for step in range(steps_per_epoch):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            x, scene, abstract = augment(
                train.maps[chosen],
                F.one_hot(train.scene[chosen], len(labels.scenes)).float(),
                F.one_hot(train.abstract[chosen], len(labels.abstracts)).float(),
                rng,
            )
            if options.format == "channels_last":
                x = x.contiguous(memory_format=torch.channels_last)
            done = (epoch * steps_per_epoch + step) / total
            for group in optimiser.param_groups:
                group["lr"] = MIN_LEARNING_RATE + (LEARNING_RATE - MIN_LEARNING_RATE) * (1 + math.cos(math.pi * done)) / 2
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(model(x), scene, abstract)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        seconds.append(time.perf_counter() - started)
        scores = evaluate(model, test, labels)
        print(
            f"epoch {epoch + 1}/{options.epochs}  {seconds[-1]:.1f} s  loss {np.mean(losses):.4f}  "
            f"accuracy {scores['accuracy']:.4f}  log loss {scores['log_loss']:.4f}  "
            f"abstract {scores['abstract_accuracy']:.4f}",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"seed": options.seed, "epochs": options.epochs, **scores}
    print(json.dumps({**result, "seconds_per_epoch": float(np.median(seconds)), "peak_memory_mb": round(peak)}))


if __name__ == "__main__":
    main()
