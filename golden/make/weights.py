"""A PyTorch checkpoint of the DCASE 2024 baseline, and what it answers. Run: python golden/make/weights.py

The modules are nested and named as in CPJKU/dcase2024_task1_baseline (models/baseline.py), so that the state dictionary has the
names of its checkpoints; written from that description, nothing reads our code. Weights: torch's own draws from seed 7, norms and
running statistics away from where they start. The input is 4u - 2 with the u of golden/make/models.py, index -1.
"""

import json
import pathlib

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import nn

OUT = pathlib.Path(__file__).resolve().parent.parent / "weights"
SHAPE = (2, 1, 24, 20)


def uniform(k, n):
    with np.errstate(over="ignore"):
        h = np.arange(n, dtype=np.uint32) + np.uint32((0x9E3779B9 * (k + 1)) & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**32


def unit(i, o, k, s=1, groups=1, act=True):
    parts = [nn.Conv2d(i, o, k, s, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*parts, *([nn.ReLU()] if act else []))


def divisible(v):
    n = max(8, int(v + 4) // 8 * 8)
    return n + 8 if n < 0.9 * v else n


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        e = divisible(i * 2.1)
        self.block = nn.Sequential(unit(i, e, 1), unit(e, e, 3, stride, e), unit(e, o, 1, act=False))
        self.pool = nn.AvgPool2d(3, stride, 1) if stride != (1, 1) else nn.Identity()
        self.same = i == o

    def forward(self, x):
        return torch.relu(self.block(x) + self.pool(x)) if self.same else torch.relu(self.block(x))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_c = nn.Sequential(unit(1, 8, 3, 2), unit(8, 32, 3, 2))
        self.stages, c, n = nn.Sequential(), 32, 0
        for s, count in enumerate((3, 2, 1)):
            stage = nn.Sequential()
            for _ in range(count):
                n += 1
                o = divisible(32 * 1.8**s)
                stage.add_module(f"b{n}", Block(c, o, {3: (1, 2), 4: (2, 1)}.get(n, (1, 1))))
                c = o
            self.stages.add_module(f"s{s + 1}", stage)
        self.feed_forward = nn.Sequential(nn.Conv2d(c, 10, 1, bias=False), nn.BatchNorm2d(10), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.feed_forward(self.stages(self.in_c(x))).flatten(1)


torch.manual_seed(7)
net = Network()
with torch.no_grad():
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.weight.uniform_(0.8, 1.2)
            m.bias.uniform_(-0.2, 0.2)
            m.running_mean.uniform_(-0.1, 0.1)
            m.running_var.uniform_(0.2, 0.6)
net.eval()
x = torch.tensor(4 * uniform(-1, 2 * 24 * 20) - 2, dtype=torch.float32).reshape(SHAPE)
with torch.no_grad():
    y = net(x)
OUT.mkdir(exist_ok=True)
safetensors.torch.save_file(net.state_dict(), OUT / "dcase2024.safetensors")
made_with = {"torch": torch.__version__, "safetensors": safetensors.__version__}
document = {"made_with": made_with, "shape": [2, 24, 20, 1], "logits": [float(f"{v:.8g}") for v in y.flatten().tolist()]}
(OUT / "dcase2024.json").write_text(json.dumps(document, separators=(",", ":")))
print(document, sum(p.numel() for p in net.parameters()))
