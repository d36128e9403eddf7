"""Golden files for @asc/quantize: onnxruntime's own static quantizer and numpy's float16 conversion.

    python golden/make/quantize.py                       writes golden/quantize/
    python golden/make/quantize.py optimised FILE.onnx…  prints the operators ONNX Runtime really runs for each file
"""

import collections
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorsData, create_calibrator
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.registry import QDQRegistry

OUT = pathlib.Path(__file__).parent.parent / "quantize"
SHAPE = (2, 3, 16, 12)


def network():
    """Conv–Relu–MaxPool, depthwise Conv–Clip(0, 6), squeeze-and-excite gate, residual Add, mean pool, Gemm."""
    rng = np.random.default_rng(11)
    initializers = []

    def constant(name, array):
        initializers.append(numpy_helper.from_array(array, name))
        return name

    def weight(name, shape, spread=1.0):
        fan_in = int(np.prod(shape[1:]))
        per_channel = rng.uniform(0.2, 2, (shape[0],) + (1,) * (len(shape) - 1))
        values = rng.standard_normal(shape) * per_channel * spread / np.sqrt(fan_in)
        return constant(name, values.astype(np.float32))

    def bias(name, size):
        return constant(name, rng.uniform(-0.3, 0.3, size).astype(np.float32))

    w2 = weight("w2", (8, 1, 3, 3))
    silent = numpy_helper.to_array(initializers[0]).copy()
    silent[5] = 0  # a dead channel: scale 1
    silent[6] = 1e-12  # nearly dead, with a large bias: its scale is raised
    initializers[0] = numpy_helper.from_array(silent, "w2")
    node = helper.make_node
    nodes = [
        node("Conv", ["x", weight("w1", (8, 3, 3, 3)), bias("b1", 8)], ["c1"], name="conv1", pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"], name="relu1"),
        node("MaxPool", ["r1"], ["p1"], name="pool1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", w2, bias("b2", 8)], ["c2"], name="conv2", pads=[1, 1, 1, 1], group=8),
        node("Clip", ["c2", constant("zero", np.float32(0)), constant("six", np.float32(6))], ["r2"], name="clip2"),
        node("GlobalAveragePool", ["r2"], ["g"], name="squeeze"),
        node("Conv", ["g", weight("w3", (8, 8, 1, 1), 3.0), bias("b3", 8)], ["c3"], name="excite"),
        node("Sigmoid", ["c3"], ["s"], name="gate"),
        node("Mul", ["r2", "s"], ["m"], name="scale"),
        node("Add", ["m", "p1"], ["a"], name="residual"),
        node("Conv", ["a", weight("w4", (6, 8, 1, 1))], ["c4"], name="conv4"),
        node("GlobalAveragePool", ["c4"], ["h"], name="mean"),
        node("Flatten", ["h"], ["f"], name="flat"),
        node("Gemm", ["f", weight("w5", (5, 6)), bias("b5", 5)], ["logits"], name="dense", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "golden",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", *SHAPE[1:]])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 5])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="golden")
    onnx.checker.check_model(model, full_check=True)
    return model


class Feeds(CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def optimised_operators(path):
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.optimized_model_filepath = f"{folder}/optimised.onnx"
        # The layout level would add blocked copies of the float operators to the count.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.log_severity_level = 4
        ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return dict(collections.Counter(n.op_type for n in onnx.load(options.optimized_model_filepath).graph.node))


def float16_table():
    rng = np.random.default_rng(5)
    edges = [0.0, -0.0, 1.0, 65504.0, 65519.996, 65520.0, 1e9, -1e9, np.inf, -np.inf, 2**-14, 2**-24, 2**-25, 2**-25 * 1.0001]
    edges += [2**-26, 1 + 2**-11, 1 + 3 * 2**-11, 2**-14 - 2**-25, 2**-14 - 2**-26, 1.5 * 2**-24, 2.5 * 2**-24, 1e-40]
    values = np.concatenate([edges, rng.standard_normal(400) * 10.0 ** rng.uniform(-9, 5, 400)]).astype(np.float32)
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    return {"float32": values.view(np.uint32).tolist(), "float16": halves.view(np.uint16).tolist()}


def calibrated(path, feeds, method, options):
    """Ranges after the feeds one by one, as in a stream."""
    calibrator = create_calibrator(
        path,
        calibrate_method=method,
        augmented_model_path=str(pathlib.Path(tempfile.mkdtemp()) / "augmented.onnx"),
        extra_options=options,
    )
    for feed in feeds:
        calibrator.collect_data(Feeds([feed]))
    # The moving average comes as arrays of one element.
    scalars = {k: tuple(np.float32(np.ravel(end)[0]) for end in (v.lowest, v.highest)) for k, v in calibrator.compute_data().items()}
    return TensorsData(CalibrationMethod.MinMax, scalars)


def activation_parameters(path, ranges):
    """Scale and zero point of each int8 activation that onnxruntime's quantizer derives from ranges."""
    quantizer = QDQQuantizer(
        onnx.load(path),
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QInt8,
        tensors_range=ranges,
        nodes_to_quantize=[],
        nodes_to_exclude=[],
        op_types_to_quantize=list(QDQRegistry),
        extra_options={"WeightSymmetric": True},
    )
    quantizer.quantize_model()
    model = quantizer.model.model
    constants = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    nodes = [n for n in model.graph.node if n.op_type == "QuantizeLinear"]
    return {
        n.input[0].removesuffix("_QuantizeLinear_Input"): [float(constants[n.input[1]]), int(constants[n.input[2]])] for n in nodes
    }


def least_error(path, feeds):
    """Per value: its range and the mean squared error of 256 levels over each share 1, 0.99 … 0.2 of it, on the values themselves."""
    model = onnx.load(path)
    names = [o for n in model.graph.node for o in n.output]
    model.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names if n != "logits")
    session = ort.InferenceSession(model.SerializeToString())
    found = {}
    for name in names:
        x = np.concatenate([session.run([name], f)[0].ravel() for f in feeds]).astype(np.float64)
        low, high = min(x.min(), 0), max(x.max(), 0)
        errors = []
        for share in 1 - np.arange(81) / 100:
            scale = share * (high - low) / 255
            zero = np.round(-share * low / scale)
            levels = np.clip(np.round(x / scale) + zero, 0, 255)
            errors.append(float(np.mean(((levels - zero) * scale - x) ** 2)))
        found[name] = {"range": [float(x.min()), float(x.max())], "errors": errors}
    return found


def main():
    if sys.argv[1:2] == ["optimised"]:
        for path in sys.argv[2:]:
            print(path, optimised_operators(path))
        return
    OUT.mkdir(exist_ok=True)
    model = network()
    float_path, int8_path = OUT / "float.onnx", OUT / "python-int8.onnx"
    onnx.save(model, float_path)
    rng = np.random.default_rng(3)
    # Later feeds are wider, so that histograms have to grow.
    feeds = [(rng.standard_normal(SHAPE) * (1 + i / 2)).astype(np.float32) for i in range(4)]
    np.stack(feeds).tofile(OUT / "feeds.bin")
    named = [{"x": feed} for feed in feeds]

    quantize_static(
        float_path,
        int8_path,
        Feeds(named),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"WeightSymmetric": True},
    )
    for name, activation, weight in (("u8s8", QuantType.QUInt8, QuantType.QInt8), ("u8u8", QuantType.QUInt8, QuantType.QUInt8)):
        quantize_static(
            float_path,
            OUT / f"python-{name}.onnx",
            Feeds(named),
            quant_format=QuantFormat.QDQ,
            per_channel=weight == QuantType.QInt8,
            activation_type=activation,
            weight_type=weight,
            calibrate_method=CalibrationMethod.MinMax,
        )
    percentile = 99.0
    methods = {
        "moving-average": (CalibrationMethod.MinMax, {"moving_average": True}),
        "percentile": (CalibrationMethod.Percentile, {"percentile": percentile, "symmetric": False}),
        "entropy": (CalibrationMethod.Entropy, {"symmetric": False}),
    }
    data = {name: calibrated(float_path, named, *method) for name, method in methods.items()}
    ranges = {name: {k: [float(v.lowest), float(v.highest)] for k, v in found.items()} for name, found in data.items()}
    parameters = {name: activation_parameters(float_path, found) for name, found in data.items()}

    session = {"float": ort.InferenceSession(float_path), "int8": ort.InferenceSession(int8_path)}
    golden = {
        "versions": {"onnx": onnx.__version__, "onnxruntime": ort.__version__, "numpy": np.__version__},
        "shape": SHAPE,
        "feeds": len(feeds),
        "percentile": percentile,
        "ranges": ranges,
        "parameters": parameters,
        "leastError": least_error(float_path, named),
        "logits": {k: np.concatenate([s.run(None, f)[0] for f in named]).tolist() for k, s in session.items()},
        "optimised": optimised_operators(int8_path),
        "float16": float16_table(),
    }
    (OUT / "golden.json").write_text(json.dumps(golden))
    print(golden["versions"], golden["optimised"])


main()
