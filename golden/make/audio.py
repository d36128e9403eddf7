"""Short recordings in every format @asc/data reads, and what libsndfile (WAV, FLAC; mpg123 for MP3) decodes them to.

Writes golden/audio/: the recordings, `index.json` (one entry a recording) and `GROUP.f32` (little-endian float32, interleaved,
one recording after the other; `at` counts floats). Integer samples are exact in float32 up to 24 bits.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.io.wavfile
import soundfile as sf

out = pathlib.Path(__file__).parent.parent / "audio"
out.mkdir(exist_ok=True)
rng = np.random.default_rng(20)
index, groups = [], {}


def tones(frames, channels, rate=44100):
    t = np.arange(frames)[:, None] / rate
    hz = 300.0 * (1 + np.arange(channels))
    shared = 0.1 * rng.standard_normal((frames, 1))
    return np.clip(0.5 * np.sin(2 * np.pi * hz * t) + shared + 0.01 * rng.standard_normal((frames, channels)), -1, 0.9999)


def add(name, group, bits):
    path = out / name
    y, rate = sf.read(path, dtype="float32", always_2d=True)
    have = groups.setdefault(group, [])
    index.append(dict(file=name, group=group, at=sum(a.size for a in have), sampleRateHz=rate, channels=y.shape[1],
                      samples=y.shape[0], bits=bits))
    have.append(y)


def write(name, x, rate, group, bits, **how):
    sf.write(out / name, x, rate, **how)
    add(name, group, bits)


BITS = dict(PCM_U8=8, PCM_S8=8, PCM_16=16, PCM_24=24, PCM_32=32, FLOAT=32, DOUBLE=64)

for container in ("WAV", "WAVEX", "RF64"):
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        for channels in (1, 2):
            frames = 101  # odd, so that 8-bit mono data is padded
            write(f"{container}-{subtype}-{channels}.wav".lower(), tones(frames, channels), 44100, "wav", BITS[subtype],
                  format=container, subtype=subtype)
for dtype, bits in (("uint8", 8), ("int16", 16), ("int32", 32), ("float32", 32), ("float64", 64)):
    x = tones(99, 3, 16000)
    if dtype == "uint8":
        x = np.round(x * 127 + 128)
    elif dtype.startswith("int"):
        x = np.round(x * (2.0 ** (bits - 1) - 1))
    scipy.io.wavfile.write(out / f"scipy-{dtype}-3.wav", 16000, x.astype(dtype))
    add(f"scipy-{dtype}-3.wav", "wav", bits)

for subtype in ("PCM_S8", "PCM_16", "PCM_24"):
    for channels in (1, 2, 5):
        write(f"tones-{subtype}-{channels}.flac".lower(), tones(1200, channels), 48000, "flac", BITS[subtype], subtype=subtype)
for level in (0.0, 0.5, 1.0):
    write(f"level-{level}.flac", tones(5000, 2), 44100, "flac", 16, subtype="PCM_16", compression_level=level)
write("silence.flac", np.zeros((3000, 1)), 44100, "flac", 16, subtype="PCM_16")
write("noise.flac", rng.uniform(-1, 0.9999, (2000, 2)), 32000, "flac", 24, subtype="PCM_24")
write("full-scale.flac", np.sign(rng.standard_normal((2000, 2))) * (2**31 - 1) / 2**31, 44100, "flac", 24, subtype="PCM_24")
write("wasted-bits.flac", np.round(tones(1500, 2) * 2**11) / 2**11, 44100, "flac", 16, subtype="PCM_16")
write("tiny.flac", tones(17, 1), 12345, "flac", 16, subtype="PCM_16")

for rate, channels, mode in ((44100, 2, "CONSTANT"), (48000, 1, "VARIABLE"), (22050, 2, "CONSTANT"), (16000, 1, "VARIABLE"), (8000, 1, "CONSTANT")):
    write(f"{rate}-{channels}-{mode}.mp3".lower(), tones(rate // 4, channels, rate), rate, "mp3", None, bitrate_mode=mode, compression_level=0.6)
# Without the encoder's tag (the first frame), as streams are: nothing is known of its delay, nothing is cut off.
whole = (out / "44100-2-constant.mp3").read_bytes()
kbps = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320][whole[2] >> 4]
(out / "untagged.mp3").write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + whole[144000 * kbps // 44100 + (whole[2] >> 1 & 1):] + b"TAG" + bytes(125))
add("untagged.mp3", "mp3", None)

for group, arrays in groups.items():
    np.concatenate([a.ravel() for a in arrays]).astype("<f4").tofile(out / f"{group}.f32")
versions = dict(soundfile=sf.__version__, libsndfile=sf.__libsndfile_version__, scipy=scipy.__version__, numpy=np.__version__)
(out / "index.json").write_text(json.dumps(dict(versions=versions, recordings=index), indent=1) + "\n")
print(versions, len(index), "recordings")
