"""Inference of a network as it is shipped in PyTorch: contiguous, channels_last or compiled. Speaks JSON lines."""

import argparse
import platform
import time

import torch
from torch import nn

from amfm_small import build, count_parameters, load, maps_of
from lines import serve
from networks import NETWORKS
from tensor_file import read_tensors


class Deployed(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model.deployed(x)


class First(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)[0]


class Classifier:
    def __init__(self, variant, threads):
        torch.set_num_threads(threads)
        self.variant = variant

    def prepare(self, request):
        self.x = maps_of(read_tensors(request["batch"])["x"])
        if "weights" in request:
            network = build(request["classes"], request["abstract_classes"])
            load(network, read_tensors(request["weights"]))
            parameters = count_parameters(network) - count_parameters(network.abstract)
            model = Deployed(network).eval()
        else:
            network = NETWORKS[request["network"]](request["classes"], 0)
            parameters = count_parameters(network)
            model = First(network).eval()
        if parameters != request["parameters"]:
            raise AssertionError(f"{parameters} parameters here, {request['parameters']} there")
        if self.variant == "channels_last":
            model = model.to(memory_format=torch.channels_last)
            self.x = self.x.to(memory_format=torch.channels_last)
        self.model = torch.compile(model) if self.variant == "compiled" else model
        return {
            "parameters": parameters,
            "versions": {"torch": torch.__version__, "python": platform.python_version()},
        }

    def run(self, request):
        ms = []
        with torch.inference_mode():
            for _ in range(request["count"]):
                start = time.perf_counter()
                self.logits = self.model(self.x)
                ms.append((time.perf_counter() - start) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The logits (Y)."""
        return {"values": self.logits.flatten().tolist()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["contiguous", "channels_last", "compiled"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    classifier = Classifier(arguments.variant, arguments.threads)
    serve({"prepare": classifier.prepare, "run": classifier.run, "values": classifier.values})
