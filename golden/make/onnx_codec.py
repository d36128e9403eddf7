"""Golden ONNX files written by the Python onnx package, and a check of files written by @asc/onnx.

    python golden/make/onnx_codec.py                     writes golden/onnx/
    python golden/make/onnx_codec.py check FILE.onnx …   runs onnx.checker (full) and strict shape inference on each file

To check what @asc/onnx writes: export or quantise a model with it (writeOnnxFile, `asc export`, `asc quantize`) and pass the path.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "onnx"


def typed(name, data_type, shape, values):
    """A tensor whose values lie in the typed fields (float_data, int32_data …), not in raw_data."""
    return helper.make_tensor(name, data_type, shape, values, raw=False)


def build():
    rng = np.random.default_rng(7)
    initializers = [
        numpy_helper.from_array(rng.standard_normal((4, 3, 3, 3)).astype(np.float32), "w"),
        typed("b", TensorProto.FLOAT, [4], [0.5, -1.25, 3e-5, 0.0]),
        typed("float64", TensorProto.DOUBLE, [2], [0.1, -2e300]),
        typed("int64", TensorProto.INT64, [3], [-1, 9223372036854775807, 0]),
        typed("int32", TensorProto.INT32, [2], [-2147483648, 7]),
        typed("int8", TensorProto.INT8, [3], [-128, 127, 0]),
        typed("uint8", TensorProto.UINT8, [2], [255, 0]),
        typed("bool", TensorProto.BOOL, [2], [True, False]),
        typed("float16", TensorProto.FLOAT16, [3], np.array([1.5, -0.25, 6e-8], np.float16)),
        numpy_helper.from_array(np.array([1.5, 65504], np.float16), "float16_raw"),
        numpy_helper.from_array(np.float32(2.5), "scalar"),
        numpy_helper.from_array(np.zeros((0, 3), np.float32), "empty"),
    ]
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 1], group=1),
        helper.make_node("LeakyRelu", ["c"], ["r"], name="relu", alpha=0.1, doc_string="left out when read"),
        helper.make_node("Resize", ["r", "", "scales"], ["y"], name="resize", mode="nearest"),
        helper.make_node("Constant", [], ["scales"], value=numpy_helper.from_array(np.ones(4, np.float32), "v")),
        helper.make_node("Own", ["y"], ["z"], name="own", domain="org.example", factors=[1.0, -0.5], names=["a", "ü"]),
    ]
    nodes[2], nodes[3] = nodes[3], nodes[2]
    graph = helper.make_graph(
        nodes,
        "golden",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 3, 8, 6])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["B", None, 4, 6])],
        initializers,
        doc_string="left out when read",
        value_info=[helper.make_tensor_value_info("c", TensorProto.FLOAT, ["B", 4, 4, 6])],
    )
    model = helper.make_model(
        graph,
        producer_name="golden",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("org.example", 1)],
        ir_version=9,
    )
    model.metadata_props.add(key="labels", value='["a", "ü"]')
    return model


def number(value):
    value = value.item()
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def describe(model):
    graph = model.graph
    values = {}
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        bits = array.view(np.uint16) if array.dtype == np.float16 else array
        values[tensor.name] = {"shape": list(array.shape), "data": [number(v) for v in bits.ravel()]}
    return {
        "versions": {"onnx": onnx.__version__, "numpy": np.__version__},
        "initializers": values,
        "nodes": [{"op": n.op_type, "inputs": list(n.input), "outputs": list(n.output)} for n in graph.node],
    }


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    known = {info.name for info in inferred.graph.value_info} | {info.name for info in inferred.graph.output}
    named = {name for node in model.graph.node for name in node.output if name}
    print(f"{path}: valid, {len(model.graph.node)} nodes, shapes of {len(named & known)} of {len(named)} values inferred")


def main():
    if sys.argv[1:2] == ["check"]:
        for path in sys.argv[2:]:
            check(path)
        return
    OUT.mkdir(exist_ok=True)
    model = build()
    onnx.save(model, OUT / "typed-fields.onnx")
    (OUT / "typed-fields.json").write_text(json.dumps(describe(model), indent=1))

    external = helper.make_model(
        helper.make_graph(
            [helper.make_node("Add", ["x", "w"], ["y"])],
            "external",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
            [numpy_helper.from_array(np.ones(4, np.float32), "w")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    tensor = external.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    (OUT / "external-data.onnx").write_bytes(external.SerializeToString())
    print(f"onnx {onnx.__version__}, numpy {np.__version__}: wrote {OUT}")


main()
