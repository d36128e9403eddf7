"""onnx.checker on every exported network. Run: node scripts/networks-table.mjs --onnx DIR && python golden/make/check_networks.py DIR"""

import json
import pathlib
import sys

import onnx

passed = []
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(onnx.load(file), full_check=True)
    passed.append(file.stem)
record = {"made_with": {"onnx": onnx.__version__}, "passed": passed}
out = pathlib.Path(__file__).resolve().parent.parent / "onnx" / "networks-checked.json"
out.write_text(json.dumps(record, indent=2) + "\n")
print(record)
