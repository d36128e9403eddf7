"""A PyTorch checkpoint of the DCASE 2024 baseline, and what it answers. Run: python golden/make/weights.py

The modules are nested and named as in CPJKU/dcase2024_task1_baseline (models/baseline.py), so that the state dictionary has the
names of its checkpoints; written from that description, nothing reads our code. Weights: torch's own draws from seed 7, norms and
running statistics away from where they start. The input is network_formula.py's.
"""

import json
import pathlib

import safetensors
import safetensors.torch
import torch
from torch import nn

from network_formula import make_input

OUT = pathlib.Path(__file__).resolve().parent.parent / "weights"


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
x = make_input(-1, 2, 24, 20)
with torch.no_grad():
    y = net(x)
OUT.mkdir(exist_ok=True)
safetensors.torch.save_file(net.state_dict(), OUT / "dcase2024.safetensors")
made_with = {"torch": torch.__version__, "safetensors": safetensors.__version__}
document = {"made_with": made_with, "shape": [2, 24, 20, 1], "logits": [float(f"{v:.8g}") for v in y.flatten().tolist()]}
(OUT / "dcase2024.json").write_text(json.dumps(document, separators=(",", ":")))
print(document, sum(p.numel() for p in net.parameters()))
