import { DataError, diskError, writeFileAtomic } from '@asc/core';
import { open, readFile } from 'node:fs/promises';
import type { EpochReport, ValidationReport } from './epoch-totals.js';
import { encodeEvent, encodeVersion, stepOf } from './scalar-event.js';
import { decodeRecords, encodeRecord } from './tfrecord.js';

/**
 * Adds the numbers of an epoch to a file TensorBoard opens, the epoch as their step, and waits until the disk has them.
 *
 * @throws DataError when the disk refuses.
 */
export async function appendEvents(path: string, report: EpochReport): Promise<void> {
  const record = encodeRecord(
    encodeEvent({ wallTime: Date.now() / 1000, step: report.epoch, scalars: scalarsOf(report) }),
  );
  try {
    const file = await open(path, 'a');
    try {
      await file.writeFile(record);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/**
 * Makes the file, or keeps of it what was written of epochs below `epochs`: what follows comes again. A record torn by a
 * crash goes too.
 */
export async function truncateEvents(path: string, epochs: number): Promise<void> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array();
    throw new DataError({ what: `Cannot read ${path}.`, received: String(cause) }, { cause });
  });
  const [version = encodeVersion(Date.now() / 1000), ...events] = decodeRecords(bytes);
  const kept = events.filter((event) => stepOf(event) < epochs);
  await writeFileAtomic(path, Buffer.concat([version, ...kept].map(encodeRecord)));
}

function scalarsOf(report: EpochReport): Record<string, number> {
  const { loss, accuracy, learningRate, clipsPerSecond, parts, validation, averaged, selection } = report;
  const train = { loss, accuracy, learningRate, clipsPerSecond };
  return {
    ...under('train', train),
    ...under('train/part', parts),
    ...scores('validation', validation),
    ...scores('averaged', averaged),
    ...scores('selection', selection),
  };
}

function scores(name: string, report: ValidationReport | undefined): Record<string, number> {
  if (report === undefined) return {};
  const { accuracy, balancedAccuracy, meanAveragePrecision, logLoss } = report;
  return under(name, {
    accuracy,
    ...(balancedAccuracy !== undefined && { balancedAccuracy }),
    ...(meanAveragePrecision !== undefined && { meanAveragePrecision }),
    logLoss,
  });
}

function under(name: string, numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`${name}/${key}`, value]));
}
