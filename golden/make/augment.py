"""Freq-MixStyle of torch, as fschmid56/cpjku_dcase23 writes it, with the draws given.

Writes golden/augment/freq_mix_style.json. Run: python golden/make/augment.py   (needs torch)
"""
import json
import os

import torch

OUT = os.path.join(os.path.dirname(__file__), "..", "augment")
os.makedirs(OUT, exist_ok=True)
print("torch", torch.__version__)
torch.manual_seed(0)


def mix_style(x, weights, partners, eps=1e-6):
    """x is (B, C, F, T): statistics of every frequency over channels and time."""
    mean = x.mean(dim=[1, 3], keepdim=True)
    deviation = (x.var(dim=[1, 3], keepdim=True) + eps).sqrt()
    weights = weights.view(-1, 1, 1, 1)
    mixed_mean = mean * weights + mean[partners] * (1 - weights)
    mixed_deviation = deviation * weights + deviation[partners] * (1 - weights)
    return (x - mean) / deviation * mixed_deviation + mixed_mean


cases = []
for batch, channels, bands, frames, scale in [(4, 1, 5, 7, 1.0), (3, 3, 4, 6, 30.0), (2, 2, 1, 2, 1e-3)]:
    x = (torch.randn(batch, channels, bands, frames) + torch.randn(batch, 1, bands, 1) * 3) * scale
    x[0, :, 0] = 0.25  # a band that does not change
    weights = torch.distributions.Beta(0.3, 0.3).sample((batch,))
    weights[-1] = 1.0
    partners = torch.randperm(batch)
    y = mix_style(x.double(), weights.double(), partners)
    # Ours are (B, F, T, C).
    flat = lambda t: [float(v) for v in t.permute(0, 2, 3, 1).float().flatten()]
    cases.append(
        dict(
            shape=[batch, bands, frames, channels],
            x=flat(x),
            weights=[float(v) for v in weights],
            partners=partners.tolist(),
            y=flat(y),
        )
    )
with open(os.path.join(OUT, "freq_mix_style.json"), "w") as file:
    json.dump(cases, file)
