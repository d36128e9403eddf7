"""Feature maps with librosa or torch. Speaks JSON lines."""

import argparse
import platform
import time

import librosa
import numpy as np
import torch

from front_end import LibrosaFrontEnd, TorchFrontEnd
from lines import serve
from tensor_file import read_tensors


class Extractor:
    def __init__(self, variant, threads):
        torch.set_num_threads(threads)
        self.variant = variant

    def prepare(self, request):
        if request["config"]["deltas"]["stack"] != "channel":
            raise ValueError("deltas stacked in frequency are not written here")
        samples = read_tensors(request["batch"])["samples"]
        torched = self.variant == "torch"
        self.samples = torch.from_numpy(samples) if torched else samples
        self.front_end = (TorchFrontEnd if torched else LibrosaFrontEnd)(request["config"])
        versions = {"torch": torch.__version__, "librosa": librosa.__version__, "python": platform.python_version()}
        return {"parameters": 0, "versions": versions}

    def run(self, request):
        ms = []
        with torch.inference_mode():
            for _ in range(request["count"]):
                start = time.perf_counter()
                self.maps = self.front_end(self.samples)
                ms.append((time.perf_counter() - start) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The feature map (F, T, C), flat."""
        return {"values": np.moveaxis(np.asarray(self.maps), 0, 2).ravel().tolist()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["torch", "librosa"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    extractor = Extractor(arguments.variant, arguments.threads)
    serve({"prepare": extractor.prepare, "run": extractor.run, "values": extractor.values})
