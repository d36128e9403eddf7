import { open } from 'node:fs/promises';
import { DataError } from '@asc/core';
import { crc32c, masked } from './crc32c.js';

/** A longer record is a damaged length: segments of AudioSet take about 1.5 kB. */
const MAX_RECORD_BYTES = 1 << 26;

/**
 * Reads the records of a TFRecord file one at a time: a length of 8 bytes, its masked CRC-32C, the data, its masked CRC-32C,
 * all little-endian (TensorFlow, `core/lib/io/record_writer.h`). Both sums are checked.
 *
 * @throws DataError where the file is missing, cut short or damaged, naming the record.
 */
export async function* readTfRecords(file: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(file).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      { what: `Cannot read ${file}.`, expected: 'a TFRecord file', received: String(code) },
      { cause },
    );
  });
  try {
    const sum = crc32c();
    let count = 0;
    const fail = (what: string): DataError =>
      new DataError({
        what: `${file}: record ${count + 1} ${what}.`,
        expected: 'an uncompressed TFRecord file',
        hint: 'Fetch the file again.',
      });
    const read = async (length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await handle.read(bytes, 0, length).catch((cause: unknown) => {
        throw new DataError({ what: `Cannot read ${file}.`, received: String((cause as Error).message) }, { cause });
      });
      return bytes.subarray(0, bytesRead);
    };
    for (;;) {
      const head = await read(12);
      if (head.length === 0) return;
      if (head.length < 12) throw fail('is cut short');
      if (head.readUInt32LE(8) !== masked(sum(head.subarray(0, 8)))) throw fail('has a damaged length');
      const length = Number(head.readBigUInt64LE(0));
      if (length > MAX_RECORD_BYTES) throw fail(`claims ${length} bytes`);
      const body = await read(length + 4);
      if (body.length < length + 4) throw fail('is cut short');
      const data = body.subarray(0, length);
      if (body.readUInt32LE(length) !== masked(sum(data))) throw fail('is damaged');
      yield data;
      count++;
    }
  } finally {
    await handle.close();
  }
}
