import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@asc/core';
import { type ProtobufField, protobufFields, readVarint } from './protobuf-fields.js';
import { readTfRecords } from './tf-records.js';

/** A segment of AudioSet as its released VGGish embeddings tell it. */
export interface EmbeddedSegment {
  /** YouTube id. */
  readonly id: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Places of its classes in `class_labels_indices.csv`. */
  readonly labels: readonly number[];
  /** (T, 128) row-major: one row a second, PCA-whitened, quantized from [−2, 2] to bytes. */
  readonly frames: Uint8Array;
}

/** Numbers of a row. */
export const EMBEDDING_SIZE = 128;

/**
 * Reads the segments of a released TFRecord file, or of every `*.tfrecord` in a folder in order of name, one at a time.
 * Sequence examples (tensorflow/core/example/example.proto): context `video_id`, `start_time_seconds`, `end_time_seconds`,
 * `labels`; feature list `audio_embedding`.
 *
 * @throws DataError where a file is missing, damaged or holds something else.
 */
export async function* readAudioSetEmbeddings(path: string): AsyncGenerator<EmbeddedSegment, void, undefined> {
  for (const file of await tfRecordFiles(path)) {
    let count = 0;
    for await (const record of readTfRecords(file)) {
      count++;
      yield parseRecord(record, `${file}: record ${count}`);
    }
  }
}

async function tfRecordFiles(path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    const received = String((cause as NodeJS.ErrnoException).code);
    throw new DataError(
      { what: `Cannot read ${path}.`, expected: 'a TFRecord file, or a folder of them', received },
      { cause },
    );
  });
  if (names === undefined) return [path];
  const files = names.filter((name) => name.endsWith('.tfrecord')).sort();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new DataError({
    what: `${path} holds no embeddings.`,
    expected: '*.tfrecord files',
    received: `${names.length} other files`,
  });
}

function parseRecord(record: Uint8Array, where: string): EmbeddedSegment {
  try {
    return parseSequenceExample(record);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DataError(
      {
        what: `${where} is no segment of AudioSet.`,
        expected: `video_id, start_time_seconds, end_time_seconds, labels and audio_embedding of ${EMBEDDING_SIZE} bytes a second`,
        received: cause.message,
      },
      { cause },
    );
  }
}

/** SequenceExample { context = 1: Features, feature_lists = 2: FeatureLists }. */
function parseSequenceExample(record: Uint8Array): EmbeddedSegment {
  const context = new Map<string, Uint8Array>();
  let rows: Uint8Array[] | undefined;
  for (const { number, bytes } of protobufFields(record)) {
    if (number === 1) for (const [name, feature] of entries(bytes)) context.set(name, feature);
    if (number !== 2) continue;
    for (const [name, list] of entries(bytes)) {
      // FeatureList { feature = 1 }, and in each BytesList { value = 1 }.
      if (name === 'audio_embedding') rows = messages(list, 1).map((feature) => onlyBytes(feature));
    }
  }
  if (rows === undefined) throw new RangeError('no audio_embedding');
  const odd = rows.find(({ length }) => length !== EMBEDDING_SIZE);
  if (odd !== undefined) throw new RangeError(`an embedding of ${odd.length} bytes`);
  const feature = (name: string): Uint8Array => {
    const found = context.get(name);
    if (found === undefined) throw new RangeError(`no ${name}`);
    return found;
  };
  return {
    id: Buffer.from(onlyBytes(feature('video_id'))).toString('utf8'),
    startSeconds: float(feature('start_time_seconds')),
    endSeconds: float(feature('end_time_seconds')),
    labels: integers(feature('labels')),
    frames: Buffer.concat(rows),
  };
}

/** A map<string, message> of protobuf: repeated { key = 1, value = 2 } in field 1. */
function entries(message: Uint8Array | undefined): [string, Uint8Array][] {
  return messages(message, 1).map((entry) => {
    let name = '';
    let value: Uint8Array = new Uint8Array();
    for (const { number, bytes = new Uint8Array() } of protobufFields(entry)) {
      if (number === 1) name = Buffer.from(bytes).toString('utf8');
      if (number === 2) value = bytes;
    }
    return [name, value];
  });
}

function messages(message: Uint8Array | undefined, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { number, bytes } of protobufFields(message ?? new Uint8Array())) {
    if (number === wanted && bytes !== undefined) found.push(bytes);
  }
  return found;
}

/** Feature { bytes_list = 1 | float_list = 2 | int64_list = 3 }, each a list in field 1. */
function values(feature: Uint8Array, kind: number): ProtobufField[] {
  return messages(feature, kind).flatMap((list) => [...protobufFields(list)].filter(({ number }) => number === 1));
}

function onlyBytes(feature: Uint8Array): Uint8Array {
  const [first] = values(feature, 1);
  if (first?.bytes === undefined) throw new RangeError('a feature without bytes');
  return first.bytes;
}

/** Packed or not, a float takes four bytes. */
function float(feature: Uint8Array): number {
  const [first] = values(feature, 2);
  if (first?.bytes === undefined || first.bytes.length < 4) throw new RangeError('a feature without a number');
  return new DataView(first.bytes.buffer, first.bytes.byteOffset).getFloat32(0, true);
}

function integers(feature: Uint8Array): number[] {
  return values(feature, 3).flatMap(({ bytes, value }) => {
    if (bytes === undefined) return [value];
    const cursor = { at: 0 };
    const numbers: number[] = [];
    while (cursor.at < bytes.length) numbers.push(readVarint(bytes, cursor));
    return numbers;
  });
}
