"""Recordings to feature maps with soundfile and librosa, in a pool of processes of one thread each. Speaks JSON lines."""

import argparse
import multiprocessing
import os
import platform
import time

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")})

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import soundfile  # noqa: E402
import torch  # noqa: E402

from front_end import LibrosaFrontEnd  # noqa: E402
from lines import serve  # noqa: E402

front_end = None


def start(config):
    global front_end
    front_end = LibrosaFrontEnd(config)


def extract(path):
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != front_end.config["sampleRateHz"]:
        samples = librosa.resample(samples, orig_sr=rate, target_sr=front_end.config["sampleRateHz"])
    return front_end(samples)


class Extractor:
    def __init__(self, threads):
        self.threads = threads

    def prepare(self, request):
        self.paths = request["paths"]
        self.pool = multiprocessing.Pool(self.threads, start, [request["config"]])
        versions = {"torch": torch.__version__, "librosa": librosa.__version__, "python": platform.python_version()}
        return {"parameters": 0, "versions": versions}

    def run(self, request):
        ms = []
        for _ in range(request["count"]):
            start_time = time.perf_counter()
            for at, feature_map in enumerate(self.pool.imap(extract, self.paths)):
                if at == 0:
                    self.first = feature_map
            ms.append((time.perf_counter() - start_time) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The first feature map (F, T, C), flat."""
        return {"values": np.moveaxis(self.first, 0, 2).ravel().tolist()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["librosa"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    extractor = Extractor(parser.parse_args().threads)
    serve({"prepare": extractor.prepare, "run": extractor.run, "values": extractor.values})
