"""Reference values of the zhang2019 family and of VGGish, from PyTorch. Run: python golden/make/models_zhang2019.py

Written from the description of the papers, in ordinary PyTorch; nothing reads our code. Weights and inputs follow
network_formula.py; a second input has index -2. Dropout is off. All networks are narrow: their width (channels of
the first block, 64 in the papers, from which all other sizes follow) stands in each file. VGGish also comes as
checkpoints, as users hold them: the PyTorch port's names as .safetensors and .onnx, TensorFlow's as .npz.
"""

import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from network_formula import OUT, Names, gradients_of, make_input, numbers, set_weights, sizes_of, write



def put_conv(out, name, m):
    """A one-dimensional kernel is ours with one band."""
    if isinstance(m, nn.Conv2d):
        return out.conv(name, m)
    out[f"{name}/kernel"] = (m.weight, lambda p: p.permute(2, 1, 0)[None], lambda p: p[0].permute(2, 1, 0))
    out.plain(f"{name}/bias", m.bias)


class Encoder(nn.Module):
    def __init__(self, bands, channels, two):
        super().__init__()
        self.two = two
        conv, norm = (nn.Conv2d, nn.BatchNorm2d) if two else (nn.Conv1d, nn.BatchNorm1d)
        sizes = [1 if two else bands, *channels]
        self.convs = nn.ModuleList(conv(i, o, 3, padding=1) for i, o in zip(sizes, channels))
        self.norms = nn.ModuleList(norm(c) for c in channels)
        for _ in channels:
            bands = -(-bands // 2)
        self.size = channels[-1] * bands if two else channels[-1]

    def forward(self, x):
        """(B, 1, F, T) -> (B, T', D)."""
        pool = F.max_pool2d if self.two else F.max_pool1d
        x = x if self.two else x[:, 0]
        for conv, norm in zip(self.convs, self.norms):
            x = pool(torch.relu(norm(conv(x))), 2, 2, ceil_mode=True)
        return (x.flatten(1, 2) if self.two else x).transpose(1, 2)

    def names(self, out, name):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms), 1):
            put_conv(out, f"{name}_{i}_conv", conv)
            out.norm(f"{name}_{i}_norm", norm)


class Pool(nn.Module):
    def __init__(self, size, units):
        super().__init__()
        self.hidden, self.score = nn.Linear(size, units, bias=False), nn.Linear(units, 4, bias=False)

    def forward(self, x):
        weights = torch.softmax(self.score(torch.relu(self.hidden(x))), 1)
        return torch.einsum("bth,btc->bhc", weights, x).flatten(1)

    def names(self, out, name):
        out.dense(name, self.hidden, "hidden_")
        out.dense(name, self.score, "score_")


class Attend(nn.Module):
    def __init__(self, size, memory, inner):
        super().__init__()
        self.q, self.k = nn.Linear(size, inner, bias=False), nn.Linear(memory, inner, bias=False)
        self.v, self.o = nn.Linear(memory, inner, bias=False), nn.Linear(inner, size, bias=False)
        self.norm = nn.LayerNorm(size)

    def forward(self, x, memory):
        split = lambda t: t.unflatten(-1, (8, -1)).transpose(1, 2)  # noqa: E731
        y = F.scaled_dot_product_attention(split(self.q(x)), split(self.k(memory)), split(self.v(memory)))
        return self.norm(self.o(y.transpose(1, 2).flatten(2)) + x)

    def names(self, out, name):
        for kind, m in (("query", self.q), ("key", self.k), ("value", self.v), ("output", self.o)):
            out.dense(name, m, f"{kind}_")
        out.norm(f"{name}_norm", self.norm)


class Base(nn.Module):
    def __init__(self, width, bands, two):
        super().__init__()
        self.encoder = Encoder(bands, [width * m for m in (1, 2, 4, 8)], two)
        self.pool = Pool(self.encoder.size, 16 * width)
        self.scene = nn.Linear(4 * self.encoder.size, 10)

    def forward(self, x):
        return self.scene(self.pool(self.encoder(x)))

    def names(self):
        out = Names()
        self.encoder.names(out, "encoder")
        self.pool.names(out, "pool")
        out.dense("scene", self.scene)
        return out


class Jrm(nn.Module):
    def __init__(self, width, bands, size, two):
        super().__init__()
        channels = [width * m for m in (1, 2, 4, 8, 16, 16, 32)]
        self.a, self.b = Encoder(bands, channels, two), Encoder(size, channels, two)
        self.pa, self.pb = Pool(self.a.size, 16 * width), Pool(self.b.size, 16 * width)
        self.scene = nn.Linear(4 * (self.a.size + self.b.size), 10)

    def forward(self, x, e):
        return self.scene(torch.cat([self.pa(self.a(x)), self.pb(self.b(e))], 1))

    def names(self):
        out = Names()
        self.a.names(out, "encoder")
        self.b.names(out, "vggish_encoder")
        self.pa.names(out, "pool")
        self.pb.names(out, "vggish_pool")
        out.dense("scene", self.scene)
        return out


class Cmam(nn.Module):
    def __init__(self, width, bands, size, two):
        super().__init__()
        self.encoder = Encoder(bands, [width * m for m in (1, 2, 4, 8)], two)
        self.own = nn.ModuleList(Attend(size, size, 32 * width) for _ in range(12))
        self.cross = nn.ModuleList(Attend(size, self.encoder.size, 32 * width) for _ in range(12))
        self.pool = Pool(size, 16 * width)
        self.scene = nn.Linear(4 * size, 10)

    def forward(self, x, e):
        memory, y = self.encoder(x), e[:, 0].transpose(1, 2)
        _, t, c = y.shape
        angle = torch.arange(t)[:, None] / 10000 ** (torch.arange(0, c, 2) / c)
        y = y + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        for own, cross in zip(self.own, self.cross):
            y = own(y, y)
            y = cross(y, memory)
        return self.scene(self.pool(y))

    def names(self):
        out = Names()
        self.encoder.names(out, "encoder")
        for i, (own, cross) in enumerate(zip(self.own, self.cross), 1):
            own.names(out, f"layer{i}_self")
            cross.names(out, f"layer{i}_cross")
        self.pool.names(out, "pool")
        out.dense("scene", self.scene)
        return out


VGGISH_LAYERS = ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "fc1_1", "fc1_2", "fc2"]


class Vggish(nn.Module):
    """Modules named as in the PyTorch port; input (B, 1, F, T), which the port reads as (B, 1, T, F)."""

    def __init__(self, width, bands, frames, size):
        super().__init__()
        layers, i = [], 1
        for m in (1, "M", 2, "M", 4, 4, "M", 8, 8, "M"):
            if m == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(i, m * width, 3, padding=1), nn.ReLU()]
                i = m * width
        self.features = nn.Sequential(*layers)
        flat, fc = 8 * width * (bands // 16) * (frames // 16), 64 * width
        self.embeddings = nn.Sequential(
            nn.Linear(flat, fc), nn.ReLU(), nn.Linear(fc, fc), nn.ReLU(), nn.Linear(fc, size)
        )

    def forward(self, x):
        x = self.features(x.transpose(2, 3))
        return self.embeddings(x.permute(0, 2, 3, 1).flatten(1))

    def modules_by_name(self):
        weighted = [m for m in (*self.features, *self.embeddings) if hasattr(m, "weight")]
        return zip(VGGISH_LAYERS, weighted)

    def names(self):
        out = Names()
        for name, m in self.modules_by_name():
            # The port's kernels reach over (T, F), ours over (F, T).
            out.conv(name, m, (1, 0) if isinstance(m, nn.Linear) else (3, 2, 1, 0))
        return out


class VggishAed(nn.Module):
    def __init__(self, width, bands, frames, size, events):
        super().__init__()
        self.vggish, self.events = Vggish(width, bands, frames, size), nn.Linear(size, events)

    def forward(self, x):
        return self.events(torch.relu(self.vggish(x)))

    def names(self):
        out = self.vggish.names()
        out.dense("events", self.events)
        return out


def record(name, net, shapes, training, config, classes=10):
    """Deployed output, then loss and gradients, in training mode or (where there is dropout) in inference."""
    named = net.names()
    set_weights(named)
    inputs = [make_input(-1 - i, *shape).requires_grad_(True) for i, shape in enumerate(shapes)]
    net.eval()
    with torch.no_grad():
        deployed = net(*inputs)
    net.train(training)
    loss = F.cross_entropy(net(*inputs), torch.arange(shapes[0][0]) * 3 % classes)
    loss.backward()
    document = {
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
        "config": config,
        "shapes": [[*s, 1] for s in shapes],
        "training": training,
        "parameters": sum(p.numel() for p in net.parameters()),
        "sizes": sizes_of(named),
        "deployed": numbers(deployed),
        "loss": loss.item(),
        "dx": [numbers(x.grad) for x in inputs],
        "gradients": gradients_of(named),
    }
    write(name, document)


for suffix, two in (("", False), ("-2d", True)):
    shape, vggish_shape = (2, 10, 20), (2, 16, 6)
    record(f"zhang2019{suffix}", Base(4, 10, two), [(2, 10, 40)], True, {"width": 4})
    record(f"zhang2019-vfm{suffix}", Base(4, 16, two), [(2, 16, 36)], True, {"width": 4})
    both = {"width": 2, "embeddingSize": 16, "embeddings": 6}
    # Long: a batch norm over two values, at the end of seven pools, would know only their order.
    long = {**both, "embeddings": 130}
    record(f"zhang2019-jrm{suffix}", Jrm(2, 10, 16, two), [(2, 10, 200), (2, 16, 130)], True, long)
    record(f"zhang2019-cmam{suffix}", Cmam(2, 10, 16, two), [shape, vggish_shape], False, both)

record("vggish", Vggish(2, 32, 48, 6), [(2, 32, 48)], True, {"width": 2, "classes": 6}, 6)
aed = {"width": 2, "classes": 7, "embeddingSize": 6}
record("vggish-aed", VggishAed(2, 32, 16, 6, 7), [(2, 32, 16)], True, aed, 7)

# Checkpoints of one more network, with weights from a seed.
torch.manual_seed(5)
net = Vggish(1, 32, 16, 8).eval()
state = {k: v.contiguous() for k, v in net.state_dict().items()}
header, data = {}, b""
for k, v in state.items():
    raw = v.numpy().tobytes()
    header[k] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
head = json.dumps(header).encode()
head += b" " * (-len(head) % 8)
(OUT / "vggish.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + data)
scopes = {"conv3_1": "conv3/conv3_1", "conv3_2": "conv3/conv3_2", "conv4_1": "conv4/conv4_1"}
scopes |= {"conv4_2": "conv4/conv4_2", "fc1_1": "fc1/fc1_1", "fc1_2": "fc1/fc1_2"}
variables = {}
for name, m in net.modules_by_name():
    w = m.weight.detach()
    w = w.t() if w.ndim == 2 else w.permute(2, 3, 1, 0)
    variables[f"vggish/{scopes.get(name, name)}/weights"] = w.contiguous().numpy()
    variables[f"vggish/{scopes.get(name, name)}/biases"] = m.bias.detach().numpy()
np.savez(OUT / "vggish.npz", **variables)
np.savez_compressed(OUT / "vggish-compressed.npz", **{f"{k}:0": v for k, v in variables.items()})
torch.onnx.export(net, (torch.zeros(1, 1, 32, 16),), OUT / "vggish.onnx", dynamo=False)
x = make_input(-1, 2, 32, 16)
with torch.no_grad():
    embedding = net(x)

# Post-processing, in NumPy as published.
rng = np.random.Generator(np.random.Philox(6))
matrix, means = rng.standard_normal((8, 8)).astype(np.float32), rng.standard_normal((8, 1)).astype(np.float32)
vectors = rng.standard_normal((12, 8)).astype(np.float32)
clipped = np.clip((matrix.astype(np.float64) @ (vectors.T.astype(np.float64) - means)).T, -2, 2)
scaled = (clipped + 2) * (255 / 4)
document = {
    "embedding": numbers(embedding),
    "matrix": matrix.flatten().tolist(),
    "means": means.flatten().tolist(),
    "vectors": vectors.flatten().tolist(),
    "truncate": scaled.astype(np.uint8).flatten().tolist(),
    "round": np.round(scaled).astype(np.uint8).flatten().tolist(),
}
(OUT / "vggish-checkpoint.json").write_text(json.dumps(document, separators=(",", ":")))
