"""Fake quantization of torch, forward and gradient, and QuantizeLinear with DequantizeLinear of ONNX Runtime on the same numbers.

Writes golden/train/fake-quantize.json.
Run: python golden/make/fake_quantize.py   (needs torch, numpy, onnx, onnxruntime)
"""
import json
import os

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
print("torch", torch.__version__, "onnxruntime", ort.__version__, "numpy", np.__version__)
torch.manual_seed(0)
LIMITS = {"uint8": (0, 255), "int8": (-128, 127)}
TYPES = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8}


def numbers(scale, zero, low, high):
    """Random numbers, some far outside; and, whole multiples of half a step, everything that is rounded to even."""
    spread = scale * (high - low)
    inside = (torch.rand(40) - 0.2) * spread * 1.4
    ties = torch.tensor([-3.5, -2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5, 3.5]) * scale
    edges = torch.tensor([low - zero - 0.5, low - zero - 0.49, high - zero + 0.49, high - zero + 0.5, 1e4, -1e4]) * scale
    return torch.cat([inside, ties, edges])


def onnx_round_trip(x, scale, zero, kind):
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "round trip",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(x.shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(x.shape))],
        [helper.make_tensor("s", TensorProto.FLOAT, [], [scale]), helper.make_tensor("z", TYPES[kind], [], [zero])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return ort.InferenceSession(model.SerializeToString()).run(None, {"x": x.numpy()})[0]


def tensor_case(kind, scale, zero):
    low, high = LIMITS[kind]
    x = numbers(scale, zero, low, high).requires_grad_()
    dy = torch.randn(x.shape)
    y = torch.fake_quantize_per_tensor_affine(x, scale, zero, low, high)
    y.backward(dy)
    same = onnx_round_trip(x.detach(), scale, zero, kind)
    assert np.array_equal(same, y.detach().numpy()), "torch and ONNX Runtime disagree"
    return {
        "name": f"{kind}, scale {scale:.6g}, zero point {zero}",
        "scale": scale,
        "low": low - zero,
        "high": high - zero,
        "x": x.detach().tolist(),
        "dy": dy.tolist(),
        "y": y.detach().tolist(),
        "dx": x.grad.tolist(),
    }


def channel_case(axis, shape):
    """Weights in [-127, 127], a scale for every channel from its largest magnitude; one channel is 0 all over."""
    w = torch.randn(shape) * torch.logspace(-3, 1, shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    w.select(axis, 1).zero_()
    others = [i for i in range(len(shape)) if i != axis]
    scale = w.abs().amax(others) / 127
    scale[scale == 0] = 1
    w.requires_grad_()
    dy = torch.randn(shape)
    y = torch.fake_quantize_per_channel_affine(w, scale, torch.zeros(shape[axis], dtype=torch.int32), axis, -127, 127)
    y.backward(dy)
    return {
        "axis": axis,
        "shape": list(shape),
        "w": w.detach().flatten().tolist(),
        "dy": dy.flatten().tolist(),
        "y": y.detach().flatten().tolist(),
        "dw": w.grad.flatten().tolist(),
    }


# Powers of two, so that halves are exact, and others.
golden = {
    "tensors": [
        tensor_case("uint8", 0.25, 128),
        tensor_case("uint8", 0.125, 0),
        tensor_case("int8", 0.5, 10),
        tensor_case("uint8", float(np.float32(0.0371)), 77),
        tensor_case("int8", float(np.float32(0.00313)), -128),
    ],
    "channels": [channel_case(0, (5, 3, 3, 2)), channel_case(1, (6, 4))],
}
with open(os.path.join(OUT, "fake-quantize.json"), "w") as file:
    json.dump(golden, file)
print({name: len(cases) for name, cases in golden.items()})
