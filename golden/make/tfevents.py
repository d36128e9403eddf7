"""A file of scalars as TensorBoard itself writes it, and what its reader makes of one.

Writes golden/train/reference.tfevents and golden/train/tfevents.json (the events in it).
Run: python golden/make/tfevents.py [FILE]   (needs tensorboard; TensorFlow is not needed)
With FILE, prints what TensorBoard reads in that file instead, one JSON event a line.
"""
import json
import os
import sys

import tensorboard
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

if len(sys.argv) > 1:
    for event in event_file_loader.LegacyEventFileLoader(sys.argv[1]).Load():
        scalars = {value.tag: value.simple_value for value in event.summary.value}
        print(json.dumps(dict(wallTime=event.wall_time, step=event.step, version=event.file_version, scalars=scalars)))
    sys.exit()

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
print("tensorboard", tensorboard.__version__)
EVENTS = [
    dict(wallTime=1700000000.25, step=0, scalars={"train/loss": 2.302585, "train/accuracy": 0.0}),
    dict(wallTime=1700000060.5, step=1, scalars={"train/loss": -1e-30, "validation/logLoss": 3.0}),
    dict(wallTime=1700000120.0, step=300, scalars={"größe": 1e30}),
    dict(wallTime=0.0, step=2**40, scalars={}),
]
with open(os.path.join(OUT, "reference.tfevents"), "wb") as file:
    writer = RecordWriter(file)
    writer.write(event_pb2.Event(wall_time=1700000000.0, file_version="brain.Event:2").SerializeToString())
    for event in EVENTS:
        values = [summary_pb2.Summary.Value(tag=tag, simple_value=x) for tag, x in event["scalars"].items()]
        summary = summary_pb2.Summary(value=values)
        message = event_pb2.Event(wall_time=event["wallTime"], step=event["step"], summary=summary)
        writer.write(message.SerializeToString())
json.dump(
    dict(tensorboard=tensorboard.__version__, created=1700000000.0, events=EVENTS),
    open(os.path.join(OUT, "tfevents.json"), "w"),
)
