"""Times the ways to run a max feature map in an 8-bit graph (docs/decisions/0030).

    python golden/make/quantize_max.py
"""

import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

CHANNELS, HEIGHT, WIDTH, LAYERS, RUNS = 32, 64, 125, 3, 25
SHAPES = {"pool": [0, 1, 2, -1], "interleaved": [0, CHANNELS, 2, -1]}


def network(kind, activation):
    """QuantizeLinear, then convolutions of 32 to 64 channels with a max feature map behind each."""
    rng = np.random.default_rng(0)
    integer, zero = {"uint8": (np.uint8, 128), "int8": (np.int8, 0)}[activation]
    initializers, nodes = [], []

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.asarray(array), name))

    def add(op, inputs, outputs, **attributes):
        nodes.append(helper.make_node(op, inputs, outputs, **attributes))

    def quantize(x, y):
        add("QuantizeLinear", [x, "scale", "zero"], [y])

    def dequantize(x, y):
        add("DequantizeLinear", [x, "scale", "zero"], [y])

    constant("scale", np.float32(0.02))
    constant("zero", integer(zero))
    constant("out", np.array([0, CHANNELS, HEIGHT, -1], np.int64))
    if kind in SHAPES:
        constant("in", np.array(SHAPES[kind], np.int64))
    quantize("x", "q")
    value = "q"
    for i in range(LAYERS):
        scales = np.full(2 * CHANNELS, 0.001, np.float32)
        constant(f"w{i}", rng.integers(-127, 127, (2 * CHANNELS, CHANNELS, 3, 3)).astype(np.int8))
        constant(f"ws{i}", scales)
        constant(f"wz{i}", np.zeros(2 * CHANNELS, np.int8))
        constant(f"b{i}", np.zeros(2 * CHANNELS, np.int32))
        constant(f"bs{i}", scales * np.float32(0.02))
        constant(f"bz{i}", np.zeros(2 * CHANNELS, np.int32))
        dequantize(value, f"x{i}")
        add("DequantizeLinear", [f"w{i}", f"ws{i}", f"wz{i}"], [f"wd{i}"], axis=0)
        add("DequantizeLinear", [f"b{i}", f"bs{i}", f"bz{i}"], [f"bd{i}"], axis=0)
        add("Conv", [f"x{i}", f"wd{i}", f"bd{i}"], [f"c{i}"], pads=[1] * 4)
        quantize(f"c{i}", f"cq{i}")
        value = f"m{i}"
        if kind == "integers":
            add("Split", [f"cq{i}"], [f"l{i}", f"r{i}"], axis=1)
            add("Max", [f"l{i}", f"r{i}"], [value])
            continue
        dequantize(f"cq{i}", f"cd{i}")
        if kind == "floats":
            add("Split", [f"cd{i}"], [f"l{i}", f"r{i}"], axis=1)
            add("Max", [f"l{i}", f"r{i}"], [f"mf{i}"])
        else:
            add("Reshape", [f"cd{i}", "in"], [f"r{i}"])
            quantize(f"r{i}", f"rq{i}")
            dequantize(f"rq{i}", f"rd{i}")
            add("MaxPool", [f"rd{i}"], [f"p{i}"], kernel_shape=[2, 1], strides=[2, 1])
            quantize(f"p{i}", f"pq{i}")
            dequantize(f"pq{i}", f"pd{i}")
            add("Reshape", [f"pd{i}", "out"], [f"mf{i}"])
        quantize(f"mf{i}", value)
    dequantize(value, "y")
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, CHANNELS, HEIGHT, WIDTH])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "max", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main():
    x = np.random.default_rng(1).standard_normal((1, CHANNELS, HEIGHT, WIDTH)).astype(np.float32)
    for activation in ("uint8", "int8"):
        for kind in ("integers", "floats", *SHAPES):
            options = ort.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 4
            session = ort.InferenceSession(network(kind, activation).SerializeToString(), options)
            times = []
            for _ in range(RUNS):
                begin = time.process_time()
                session.run(None, {"x": x})
                times.append(time.process_time() - begin)
            print(f"{activation} {kind}: {min(times) * 1e3:.2f} ms")


main()
