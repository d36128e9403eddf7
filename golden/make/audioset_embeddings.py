"""Three segments of AudioSet embeddings as a TFRecord file, and what is in them.

The messages are written by Google's protobuf runtime from the definitions of tensorflow/core/example (example.proto,
feature.proto); the checksum is RFC 3720's CRC-32C computed bit by bit here. Output: golden/audioset/.
"""

import json
import random
import struct
from pathlib import Path

import google.protobuf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

OUT = Path(__file__).resolve().parent.parent / "audioset"
F = descriptor_pb2.FieldDescriptorProto


def schema():
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="t", syntax="proto3")

    def message(name, *fields, parent=None, is_map=False):
        m = (parent.nested_type if parent is not None else file.message_type).add(name=name)
        m.options.map_entry = is_map
        for number, field, kind, label, type_name in fields:
            m.field.add(name=field, number=number, type=kind, label=label, type_name=type_name)
        return m

    one, many = F.LABEL_OPTIONAL, F.LABEL_REPEATED
    message("BytesList", (1, "value", F.TYPE_BYTES, many, None))
    message("FloatList", (1, "value", F.TYPE_FLOAT, many, None))
    message("Int64List", (1, "value", F.TYPE_INT64, many, None))
    message(
        "Feature",
        (1, "bytes_list", F.TYPE_MESSAGE, one, ".t.BytesList"),
        (2, "float_list", F.TYPE_MESSAGE, one, ".t.FloatList"),
        (3, "int64_list", F.TYPE_MESSAGE, one, ".t.Int64List"),
    )
    features = message("Features", (1, "feature", F.TYPE_MESSAGE, many, ".t.Features.FeatureEntry"))
    message(
        "FeatureEntry",
        (1, "key", F.TYPE_STRING, one, None),
        (2, "value", F.TYPE_MESSAGE, one, ".t.Feature"),
        parent=features,
        is_map=True,
    )
    message("FeatureList", (1, "feature", F.TYPE_MESSAGE, many, ".t.Feature"))
    lists = message("FeatureLists", (1, "feature_list", F.TYPE_MESSAGE, many, ".t.FeatureLists.FeatureListEntry"))
    message(
        "FeatureListEntry",
        (1, "key", F.TYPE_STRING, one, None),
        (2, "value", F.TYPE_MESSAGE, one, ".t.FeatureList"),
        parent=lists,
        is_map=True,
    )
    message(
        "SequenceExample",
        (1, "context", F.TYPE_MESSAGE, one, ".t.Features"),
        (2, "feature_lists", F.TYPE_MESSAGE, one, ".t.FeatureLists"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.SequenceExample"))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def main():
    # The check value of RFC 3720's polynomial.
    assert crc32c(b"123456789") == 0xE3069283
    example_class = schema()
    rng = random.Random(0)
    records, told = [], []
    for video, start, seconds, labels in [
        ("--PJHxphWEs", 30.0, 10, [0, 300, 526]),
        ("Yabcdefghij", 0.5, 3, [7]),
        ("-no_frames_", 1.0, 0, []),
    ]:
        rows = [bytes(rng.randrange(256) for _ in range(128)) for _ in range(seconds)]
        example = example_class()
        feature = example.context.feature
        feature["video_id"].bytes_list.value.append(video.encode())
        feature["start_time_seconds"].float_list.value.append(start)
        feature["end_time_seconds"].float_list.value.append(start + 10)
        feature["labels"].int64_list.value.extend(labels)
        embeddings = example.feature_lists.feature_list["audio_embedding"]
        for row in rows:
            embeddings.feature.add().bytes_list.value.append(row)
        data = example.SerializeToString(deterministic=True)
        length = struct.pack("<Q", len(data))
        records.append(length + masked(length) + data + masked(data))
        told.append(
            {
                "id": video,
                "startSeconds": start,
                "endSeconds": start + 10,
                "labels": labels,
                "framesHex": b"".join(rows).hex(),
            }
        )
    OUT.mkdir(exist_ok=True)
    (OUT / "three.tfrecord").write_bytes(b"".join(records))
    (OUT / "three.json").write_text(json.dumps(told, indent=1) + "\n")
    print("protobuf", google.protobuf.__version__)


if __name__ == "__main__":
    main()
