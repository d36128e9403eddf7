"""Optimiser and schedule trajectories of torch, losses of torch, and a file written by the safetensors package.

Writes golden/train/{optimisers,schedules,losses}.json and golden/train/reference.safetensors.
Run: python golden/make/train.py   (needs torch, numpy, safetensors)
"""
import json
import os

import numpy as np
import safetensors
import torch
from safetensors.numpy import save_file

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
os.makedirs(OUT, exist_ok=True)
print("torch", torch.__version__, "numpy", np.__version__, "safetensors", safetensors.__version__)
torch.manual_seed(0)
torch.set_num_threads(1)

STEPS, SIZE = 8, 12
start = torch.randn(SIZE)
# Gradients of several magnitudes, some exactly zero: the corners of a division by a root.
gradients = torch.randn(STEPS, SIZE) * torch.logspace(-6, 2, SIZE)
gradients[:, 3] = 0
rates = [1e-3, 1e-3, 5e-3, 2e-2, 1e-2, 1e-3, 1e-4, 1e-6]

CASES = {
    "adam": (torch.optim.Adam, dict(betas=(0.9, 0.999), eps=1e-8), dict(kind="adam")),
    "adam with weight decay": (
        torch.optim.Adam,
        dict(betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
        dict(kind="adam", beta1=0.8, beta2=0.95, epsilon=1e-6, weightDecay=0.1),
    ),
    "sgd": (torch.optim.SGD, dict(), dict(kind="sgd")),
    "sgd with momentum": (torch.optim.SGD, dict(momentum=0.9), dict(kind="sgd", momentum=0.9)),
    "sgd with nesterov and weight decay": (
        torch.optim.SGD,
        dict(momentum=0.9, nesterov=True, weight_decay=1e-3),
        dict(kind="sgd", momentum=0.9, nesterov=True, weightDecay=1e-3),
    ),
}
cases = []
for name, (kind, options, config) in CASES.items():
    parameter = torch.nn.Parameter(start.clone())
    optimiser = kind([parameter], lr=rates[0], **options)
    trajectory = []
    for rate, gradient in zip(rates, gradients):
        optimiser.param_groups[0]["lr"] = rate
        parameter.grad = gradient.clone()
        optimiser.step()
        trajectory.append(parameter.detach().tolist())
    cases.append(dict(name=name, config=config, trajectory=trajectory))
json.dump(
    dict(torch=torch.__version__, rates=rates, start=start.tolist(), gradients=gradients.tolist(), cases=cases),
    open(os.path.join(OUT, "optimisers.json"), "w"),
)


def cosine(base, minimum, total):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=total, eta_min=minimum)
    values = []
    for _ in range(total):
        values.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return dict(base=base, minimum=minimum, total=total, values=values)


json.dump(
    dict(torch=torch.__version__, cosine=[cosine(1e-3, 1e-6, 60), cosine(0.1, 0.0, 7)]),
    open(os.path.join(OUT, "schedules.json"), "w"),
)

logits = torch.randn(6, 5) * torch.tensor([0.1, 1.0, 10.0, 30.0, 1.0, 100.0])[:, None]
logits.requires_grad_(True)
targets = torch.softmax(torch.randn(6, 5), 1).detach()
targets[0] = torch.nn.functional.one_hot(torch.tensor(2), 5)
loss = torch.nn.functional.cross_entropy(logits, targets)
loss.backward()
json.dump(
    dict(
        torch=torch.__version__,
        logits=logits.detach().tolist(),
        targets=targets.tolist(),
        loss=loss.item(),
        gradient=logits.grad.tolist(),
    ),
    open(os.path.join(OUT, "losses.json"), "w"),
)

save_file(
    {
        "weights/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
        "steps": np.array([-1, 2**31 - 1], dtype=np.int32),
        "mask": np.array([True, False, True]),
        "scalar": np.array(1.5, dtype=np.float32),
        "empty": np.zeros((0, 4), dtype=np.float32),
    },
    os.path.join(OUT, "reference.safetensors"),
    metadata={"note": "written by safetensors for Python"},
)
