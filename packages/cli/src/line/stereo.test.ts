import { createRng } from '@asc/core';
import { encodeFlac } from '@asc/data';
import { afterAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../asc.test.helper.js';
import { drawnChannel } from './drawn-channel.js';
import { sampleWindows, type Placement } from './window-worker.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Left rises, right is its double: what is heard can be told from a sample. */
function stereo(samples: number): string {
  const path = join(folder.path, `${samples}.flac`);
  const left = Int32Array.from({ length: samples }, (_, i) => i);
  writeFileSync(path, encodeFlac({ planes: [left, left.map((x) => 2 * x)], bits: 16, sampleRateHz: 8000 }));
  return path;
}

const [short, long] = [stereo(100), stereo(400)];

async function hear(path: string, policy: Parameters<typeof sampleWindows>[0]['stereo'], placement: Placement) {
  const { value } = await sampleWindows({ path, sampleRateHz: 8000, windowSamples: 100, stereo: policy, placement });
  // First sample and slope: where a window lies, and in which channel.
  return value.map((window) => [window[0]! * 32768, (window[1]! - window[0]!) * 32768]);
}

describe('a recording of two channels', () => {
  it.each([
    [undefined, 1.5],
    ['mean', 1.5],
    ['mid', 1.5],
    ['left', 1],
    ['right', 2],
  ] as const)('is heard by its %s', async (policy, slope) => {
    expect(await hear(short, policy, { kind: 'spread', crops: 1 })).toEqual([[0, slope]]);
    expect(await hear(long, policy, { kind: 'at', share: 1 })).toEqual([[300 * slope, slope]]);
  });

  it('is heard as two where both are asked for: all of it in evaluation, one by the draw in training', async () => {
    const both = [
      [0, 1],
      [0, 2],
    ];
    expect(await hear(short, 'both', { kind: 'spread', crops: 1 })).toEqual(both);
    expect(await hear(long, 'both', { kind: 'spread', crops: 2 })).toEqual([...both, [300, 1], [600, 2]]);
    const shares = [0, 0.75 / 4096, 1 - 2 ** -20];
    expect(await hear(long, 'both', { kind: 'places', shares })).toEqual([
      [0, 1],
      [0, 2],
      [600, 2],
    ]);
    expect(await hear(short, 'both', { kind: 'places', shares })).toEqual([
      [0, 1],
      [0, 2],
      [0, 2],
    ]);
  });
});

it('draws every channel equally often, wherever the window lies', () => {
  const rng = createRng(3);
  const heard = Array.from({ length: 4000 }, () => rng.uniform()).map(
    (share) => [share, drawnChannel(share, 2)] as const,
  );
  for (const side of [heard.filter(([share]) => share < 0.5), heard.filter(([share]) => share >= 0.5)]) {
    const right = side.filter(([, channel]) => channel === 1).length / side.length;
    expect(Math.abs(right - 0.5)).toBeLessThan(0.05);
  }
});
