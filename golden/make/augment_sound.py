"""What `sox tempo` and LAME (through ffmpeg) make of a short sound, as figures.

Writes golden/augment/scene.s16 (the sound: 1.5 s of 16-bit samples at 44.1 kHz), tempo.json and mp3.json.
Run: python golden/make/augment_sound.py   (needs numpy, and the programs sox and ffmpeg with libmp3lame)
"""
import json
import os
import subprocess
import tempfile

import numpy as np

OUT = os.path.join(os.path.dirname(__file__), "..", "augment")
os.makedirs(OUT, exist_ok=True)
RATE = 44100
LENGTH = RATE * 3 // 2
OCTAVES = [125, 250, 500, 1000, 2000, 4000, 8000, 16000]

print(subprocess.run(["sox", "--version"], capture_output=True, text=True).stdout.strip())
print(subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True).stdout.split("\n")[0])


def scene():
    """Pink noise, a hum with harmonics, a sweep, and short noise bursts."""
    rng = np.random.default_rng(3)
    spectrum = np.fft.rfft(rng.standard_normal(LENGTH))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    pink = np.fft.irfft(spectrum, LENGTH)
    t = np.arange(LENGTH) / RATE
    hum = sum(np.sin(2 * np.pi * 110 * h * t) / h for h in range(1, 12))
    sweep = np.sin(2 * np.pi * (600 * t + 400 * t**2))
    bursts = rng.standard_normal(LENGTH) * np.exp(-((t % 0.25) / 0.02))
    x = pink / pink.std() + 0.4 * hum + 0.3 * sweep + 0.4 * bursts
    return np.round(x / np.abs(x).max() * 0.7 * 32767).astype("<i2")


def octave_power(x):
    """Mean power in octaves from 125 Hz, by Hann windows of 2048 every 1024."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    power = np.zeros(1025)
    starts = range(0, len(x) - 2048 + 1, 1024)
    for start in starts:
        power += np.abs(np.fft.rfft(window * x[start : start + 2048])) ** 2
    hz = np.arange(1025) * RATE / 2048
    return [float(power[(hz >= low) & (hz < 2 * low)].sum() / len(starts)) for low in OCTAVES]


def run(*words):
    return subprocess.run(words, check=True, capture_output=True).stdout


samples = scene()
samples.tofile(os.path.join(OUT, "scene.s16"))
x = samples / 32768
raw = ["-t", "f32", "-r", str(RATE), "-c", "1"]
decibels = lambda p, q: [float(10 * np.log10(a / b)) for a, b in zip(p, q)]
with tempfile.TemporaryDirectory() as folder:
    plain = os.path.join(folder, "x.f32")
    x.astype("<f4").tofile(plain)
    tempo = []
    for factor in [0.75, 0.85, 1.15, 1.25]:
        y = np.frombuffer(run("sox", *raw, plain, *raw, "-", "tempo", str(factor)), "<f4").astype(float)
        tempo.append(dict(factor=factor, samples=len(y), octaveDb=decibels(octave_power(y), octave_power(x))))
    mp3 = []
    for kbps in [16, 24, 32, 48, 64, 96]:
        coded = os.path.join(folder, "x.mp3")
        source = ["-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", plain]
        rate = ["-ar", "22050"] if kbps < 32 else []
        quiet = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]
        run(*quiet, *source, *rate, "-c:a", "libmp3lame", "-b:a", f"{kbps}k", coded)
        y = np.frombuffer(run(*quiet, "-i", coded, "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"), "<f4").astype(float)
        assert len(y) == len(x)
        mp3.append(
            dict(
                kbps=kbps,
                snrDb=float(10 * np.log10((x**2).sum() / ((x - y) ** 2).sum())),
                octaveSnrDb=decibels(octave_power(x), octave_power(x - y)),
                octaveDb=decibels(octave_power(y), octave_power(x)),
            )
        )
for name, value in [("tempo", tempo), ("mp3", mp3)]:
    with open(os.path.join(OUT, f"{name}.json"), "w") as file:
        json.dump(value, file, indent=1)
for case in tempo:
    print("tempo", case["factor"], case["samples"], [round(v, 2) for v in case["octaveDb"]])
for case in mp3:
    print("mp3", case["kbps"], round(case["snrDb"], 2), [round(v, 1) for v in case["octaveSnrDb"]], [round(v, 1) for v in case["octaveDb"]])
