"""What ONNX Runtime's Python says of windows of raw samples by shipped files, which must pass onnx.checker.

    python golden/make/posteriors_in_python.py SAMPLES.f32 FILE.onnx...

SAMPLES.f32 holds windows of the files' length in float32, one after the other. Prints one JSON object: for each file, by its name
without the ending, IR version, opset and the posteriors of every window. packages/cli/src/python.test.ts runs it.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort

windows = np.fromfile(sys.argv[1], dtype="float32")
said = {}
for file in map(pathlib.Path, sys.argv[2:]):
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    length = int(session.get_modelmeta().custom_metadata_map["asc.clipSamples"])
    posteriors = [
        session.run(["probabilities"], {source.name: window[None]})[0][0].tolist()
        for window in windows.reshape(-1, length)
    ]
    (opset,) = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    said[file.stem] = {"irVersion": model.ir_version, "opset": opset, "posteriors": posteriors}
print(json.dumps(said))
