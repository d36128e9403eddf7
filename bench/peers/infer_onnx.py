"""Inference of an ONNX file with ONNX Runtime's Python package. Speaks JSON lines."""

import argparse
import platform
import time

import onnxruntime

from lines import serve
from tensor_file import read_tensors


class Runner:
    def __init__(self, threads):
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads

    def prepare(self, request):
        self.session = onnxruntime.InferenceSession(request["file"], self.options, providers=["CPUExecutionProvider"])
        self.feeds = {self.session.get_inputs()[0].name: read_tensors(request["batch"])["x"]}
        return {
            "parameters": request["parameters"],
            "versions": {"onnxruntime": onnxruntime.__version__, "python": platform.python_version()},
        }

    def run(self, request):
        ms = []
        for _ in range(request["count"]):
            start = time.perf_counter()
            self.logits = self.session.run(None, self.feeds)[0]
            ms.append((time.perf_counter() - start) * 1e3)
        return {"ms": ms}

    def values(self, _request):
        """The logits (B, Y), flat."""
        return {"values": self.logits.flatten().tolist()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["float32", "8 bits"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    runner = Runner(parser.parse_args().threads)
    serve({"prepare": runner.prepare, "run": runner.run, "values": runner.values})
