"""Whole epochs of recipes/esc-scenes/amfm-small.json in PyTorch: recordings through a DataLoader, features, augmentation, steps.

Without impulse responses, the first epoch keeps the feature maps in memory and later ones take them from there; with them, every epoch
reads, convolves and computes features anew in the loader's processes. Speaks JSON lines.
"""

import argparse
import math
import pathlib
import platform
import time

import numpy as np
import scipy.signal
import soundfile
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Sampler

from amfm_small import build, count_parameters, loss_of
from front_end import TorchFrontEnd
from lines import serve
from train_esc_scenes import BATCH, FRONT_END, LEARNING_RATE, MIN_LEARNING_RATE, Labels, augment, read_clip, read_table

PLANNED_EPOCHS = 1000


def one_thread(_worker):
    torch.set_num_threads(1)


class Recordings(Dataset):
    """Index to (index, feature map (1, F, T))."""

    def __init__(self, root, names, responses, probability):
        self.paths = [root / name for name in names]
        self.front_end = TorchFrontEnd(FRONT_END)
        self.responses = [read_response(path) for path in responses]
        self.probability = probability

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        samples = read_clip(self.paths[index])
        if self.responses and torch.rand(()) < self.probability:
            samples = heard_through(samples, self.responses[torch.randint(len(self.responses), ()).item()])
        return index, self.front_end(samples)


def read_response(path):
    samples, rate = soundfile.read(path, dtype="float32")
    samples = samples if samples.ndim == 1 else samples.mean(1)
    wanted = FRONT_END["sampleRateHz"]
    if rate == wanted:
        return samples
    common = math.gcd(rate, wanted)
    return scipy.signal.resample_poly(samples, wanted // common, rate // common).astype(np.float32)


def heard_through(samples, response):
    """The convolution, cut, as loud as before."""
    x = samples.numpy()
    y = scipy.signal.oaconvolve(x, response)[: len(x)]
    return torch.from_numpy((y * np.sqrt(np.dot(x, x) / max(np.dot(y, y), 1e-20))).astype(np.float32))


class Batches(Sampler):
    """Batches of indices in a new order each epoch, the last partial one dropped."""

    def __init__(self, size, rng):
        self.size = size
        self.rng = rng

    def __len__(self):
        return self.size // BATCH

    def __iter__(self):
        order = self.rng.permutation(self.size)
        return iter(order[: len(self) * BATCH].reshape(-1, BATCH).tolist())


class Trainer:
    def __init__(self, variant, threads):
        self.variant = variant
        self.threads = threads
        torch.set_num_threads(threads)

    def prepare(self, request):
        self.request = request
        self.ready = False
        self.losses = []
        parameters = count_parameters(build(15, 3))
        return {"parameters": parameters, "versions": {"torch": torch.__version__, "python": platform.python_version()}}

    def open(self):
        root = pathlib.Path(self.request["dataset"])
        responses = sorted(pathlib.Path(self.request["responses"]).glob("*.wav")) if self.request["responses"] else []
        torch.manual_seed(0)
        self.rng = np.random.default_rng(0)
        self.labels = Labels(root)
        rows = read_table(root / "evaluation_setup" / f"fold{self.request['fold']}_train.csv")
        self.scene = torch.tensor([self.labels.scenes.index(row["scene_label"]) for row in rows])
        recordings = Recordings(root, [row["filename"] for row in rows], responses, self.request["probability"])
        self.kept = None if responses else [None] * len(rows)
        self.batches = Batches(len(rows), self.rng)
        self.loader = DataLoader(
            recordings,
            batch_sampler=self.batches,
            num_workers=self.threads,
            persistent_workers=True,
            worker_init_fn=one_thread,
        )
        model = build(len(self.labels.scenes), len(self.labels.abstracts)).train()
        if self.variant == "channels_last":
            model = model.to(memory_format=torch.channels_last)
        self.model = model
        self.optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
        self.steps = 0
        self.ready = True

    def maps(self):
        """(indices, maps) of every batch: of the first epoch from the recordings, later ones from memory where they are kept."""
        if self.kept is None or self.steps == 0:
            for indices, maps in self.loader:
                yield indices, maps
                if self.kept is not None:
                    for index, one in zip(indices.tolist(), maps):
                        self.kept[index] = one
            return
        for batch in self.batches:
            for index in batch:
                if self.kept[index] is None:  # dropped with the partial batch of the first epoch
                    self.kept[index] = self.loader.dataset[index][1]
            yield torch.tensor(batch), torch.stack([self.kept[index] for index in batch])

    def epoch(self):
        total = PLANNED_EPOCHS * len(self.batches)
        losses = []
        for indices, maps in self.maps():
            scene = self.scene[indices]
            x, scene, abstract = augment(
                maps,
                F.one_hot(scene, len(self.labels.scenes)).float(),
                F.one_hot(self.labels.abstract_of[scene], len(self.labels.abstracts)).float(),
                self.rng,
            )
            if self.variant == "channels_last":
                x = x.contiguous(memory_format=torch.channels_last)
            for group in self.optimiser.param_groups:
                share = (1 + math.cos(math.pi * self.steps / total)) / 2
                group["lr"] = MIN_LEARNING_RATE + (LEARNING_RATE - MIN_LEARNING_RATE) * share
            self.optimiser.zero_grad(set_to_none=True)
            loss = loss_of(self.model(x), scene, abstract)
            loss.backward()
            self.optimiser.step()
            self.steps += 1
            losses.append(loss.item())
        self.losses.append(float(np.mean(losses)))

    def run(self, request):
        ms = []
        for _ in range(request["count"]):
            start = time.perf_counter()
            if not self.ready:
                self.open()
            self.epoch()
            ms.append((time.perf_counter() - start) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The mean loss of every epoch so far."""
        return {"values": self.losses}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["contiguous", "channels_last"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    trainer = Trainer(arguments.variant, arguments.threads)
    serve({"prepare": trainer.prepare, "run": trainer.run, "values": trainer.values})
