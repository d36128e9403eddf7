"""Training steps of amfm-small in PyTorch: contiguous, channels_last or compiled. Speaks JSON lines."""

import argparse
import platform
import time

import torch

from amfm_small import build, count_parameters, load, loss_of, maps_of
from lines import serve
from tensor_file import read_tensors


class Trainer:
    def __init__(self, variant, threads):
        torch.set_num_threads(threads)
        self.variant = variant

    def prepare(self, request):
        tensors = read_tensors(request["batch"])
        self.x = maps_of(tensors["x"])
        self.scene = torch.from_numpy(tensors["scene"])
        self.abstract = torch.from_numpy(tensors["abstract"])
        model = build(self.scene.shape[1], self.abstract.shape[1])
        load(model, read_tensors(request["weights"]))
        model.train()
        if self.variant == "channels_last":
            model = model.to(memory_format=torch.channels_last)
            self.x = self.x.to(memory_format=torch.channels_last)
        self.losses = []
        self.optimiser = torch.optim.Adam(model.parameters(), lr=request["learning_rate"], fused=True)
        self.model = torch.compile(model) if self.variant == "compiled" else model
        return {
            "parameters": count_parameters(model),
            "versions": {"torch": torch.__version__, "python": platform.python_version()},
        }

    def run(self, request):
        ms = []
        for _ in range(request["count"]):
            start = time.perf_counter()
            self.optimiser.zero_grad(set_to_none=True)
            loss = loss_of(self.model(self.x), self.scene, self.abstract)
            loss.backward()
            self.optimiser.step()
            self.losses.append(loss.item())
            ms.append((time.perf_counter() - start) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The loss of every step so far."""
        return {"values": self.losses}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["contiguous", "channels_last", "compiled"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    trainer = Trainer(arguments.variant, arguments.threads)
    serve({"prepare": trainer.prepare, "run": trainer.run, "values": trainer.values})
