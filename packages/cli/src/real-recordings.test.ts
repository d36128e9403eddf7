import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asc, temporaryFolder } from './asc.test.helper.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const dataDir = resolve(process.env['ASC_DATA_DIR'] ?? join(root, '..', 'shared', 'data'));
const present = existsSync(join(dataDir, 'esc-scenes', 'meta.csv'));
const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('real recordings', () => {
  (present ? it : it.skip)('train, ship and predict by the shipped recipe, made quick', async () => {
    const call = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await asc(words, { cwd: folder.path, env: { ASC_DATA_DIR: dataDir } });
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const recipe = join(root, 'recipes', 'esc-scenes', 'amfm-small.json');
    const quick = ['features.overrides={"bands":16}', 'augment.frequencyMask.maxWidth=4', 'epochs=2'];
    await call('train', recipe, '--out', 'run', ...quick.flatMap((value) => ['--set', value]));
    const scored = JSON.parse(await call('evaluate', 'run', '--json')) as {
      report: { clips: number; labels: string[] };
    };
    expect([scored.report.clips, scored.report.labels.length]).toEqual([105, 15]);
    await call('export', 'run', '-o', 'model.onnx');
    await call('quantize', 'model.onnx', '--calibrate', 'run', '-o', 'small.onnx');
    const audio = join(dataDir, 'esc-scenes', 'audio');
    const clips = readdirSync(audio).filter((name) => name.includes('-delta-'));
    const said = await call('predict', 'small.onnx', ...clips.slice(0, 3).map((name) => join(audio, name)));
    expect(said.trimEnd().split('\n')).toHaveLength(3);
  });
});
