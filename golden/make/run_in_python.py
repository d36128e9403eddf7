"""A shipped file in onnx.checker and in ONNX Runtime's Python, beside what `asc predict` says of the same recordings.

    asc predict FILE.onnx RECORDING... --top 99 --json > said.json
    python golden/make/run_in_python.py FILE.onnx said.json

The model takes raw samples, and the recordings have its rate and fit its window. Nothing of this project is used: the labels come
from the file's metadata, the sound from soundfile.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime as ort
import soundfile

file, said = sys.argv[1], json.load(open(sys.argv[2]))
model = onnx.load(file)
onnx.checker.check_model(model, full_check=True)
opsets = {each.domain or "ai.onnx": each.version for each in model.opset_import}
newest = max(
    (onnx.defs.get_schema(node.op_type, opsets[node.domain or "ai.onnx"], node.domain).since_version, node.op_type)
    for node in model.graph.node
    if (node.domain or "ai.onnx") == "ai.onnx"
)
print(f"checker passes; IR version {model.ir_version}, opsets {opsets}, newest operator {newest[1]} of {newest[0]}")

session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
card = session.get_modelmeta().custom_metadata_map
scenes = json.loads(card["asc.labels"])["scenes"]
rate, window = int(card["asc.sampleRateHz"]), int(card["asc.clipSamples"])
source = session.get_inputs()[0]
worst, same = 0.0, 0
for told in said["files"]:
    samples, found = soundfile.read(told["file"], dtype="float32", always_2d=True)
    if found != rate or len(samples) != window:
        sys.exit(f"{told['file']}: {len(samples)} samples at {found} Hz, not {window} at {rate}")
    (posterior,) = session.run(["probabilities"], {source.name: samples.mean(axis=1)[None]})[0]
    expected = {guess["scene"]: guess["probability"] for guess in told["top"]}
    worst = max(worst, max(abs(p - expected[scene]) for scene, p in zip(scenes, posterior)))
    same += scenes[int(np.argmax(posterior))] == told["top"][0]["scene"]
print(f"{len(said['files'])} recordings: largest difference of a probability {worst:.1e}, same first scene {same}")
print(f"onnx {onnx.__version__}, onnxruntime {ort.__version__}, numpy {np.__version__}")
