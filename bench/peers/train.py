"""Training steps of a network in PyTorch: contiguous, channels_last or compiled. Speaks JSON lines."""

import argparse
import platform
import time

import torch

from torch.nn import functional as F

from amfm_small import count_parameters, load, maps_of
from lines import serve
from networks import NETWORKS
from tensor_file import read_tensors


class Trainer:
    def __init__(self, variant, threads):
        torch.set_num_threads(threads)
        self.variant = variant

    def prepare(self, request):
        tensors = read_tensors(request["batch"])
        self.x = maps_of(tensors["x"])
        self.further = [maps_of(tensors[name]) for name in ("embeddings",) if name in tensors]
        self.scene = torch.from_numpy(tensors["scene"])
        self.abstract = torch.from_numpy(tensors["abstract"]) if "abstract" in tensors else None
        model = NETWORKS[request["network"]](self.scene.shape[1], 0 if self.abstract is None else self.abstract.shape[1])
        if count_parameters(model) != request["parameters"]:
            raise AssertionError(f"{count_parameters(model)} parameters here, {request['parameters']} there")
        if "weights" in request:
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
            outputs = self.model(self.x, *self.further)
            loss = F.cross_entropy(outputs[0], self.scene)
            if self.abstract is not None:
                loss = 5 * loss + F.cross_entropy(outputs[1], self.abstract)
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
