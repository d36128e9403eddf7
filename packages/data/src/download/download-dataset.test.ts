import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, UsageError } from '@asc/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeZip } from '../archive/make-zip.test.helper.js';
import { datasetEntry } from '../dataset/catalogue.js';
import { downloadDataset, type DownloadOptions, type DownloadReport } from './download-dataset.js';
import { entryOf, etagOf, faultServer, wellBehaved, type Fault, type FaultServer } from './fault-server.test.helper.js';
import { retryAfterMs } from './retry-after.js';

/** Noise does not get shorter by being packed: faults strike in its middle. */
const noise = (seed: number): Buffer =>
  Buffer.concat(Array.from({ length: 1000 }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest()));
const recordings = Object.fromEntries(['0', '1', '2', '3'].map((name, i) => [`audio/${name}.wav`, noise(97 * i + 1)]));
const meta = Buffer.from('filename\n');
const part = ([path, content]: [string, Buffer]) => ({ path: `tiny-set/${path}`, content });
const archives = {
  'set.meta.zip': makeZip([part(['meta.csv', meta])]),
  'set.audio.1.zip': makeZip(Object.entries(recordings).slice(0, 2).map(part)),
  'set.audio.2.zip': makeZip(Object.entries(recordings).slice(2).map(part)),
};
const expected: Readonly<Record<string, Buffer>> = { 'meta.csv': meta, ...recordings };
// A busy machine is slow, not silent: only where silence is the fault is it given up soon.
const patience = { tries: 8, firstPauseMs: 1, idleMs: 20_000 };
const hasty = { tries: 50, firstPauseMs: 1, idleMs: 300 };

const script = fileURLToPath(new URL('./download-process.test.helper.js', import.meta.url));

let root = '';
let server: FaultServer;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asc-get-'));
  server = await faultServer(archives);
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const get = (options: DownloadOptions = {}): Promise<DownloadReport> =>
  downloadDataset(entryOf(archives, server.url), root, { patience, ...options });

/** Every file of the set, by its path; those of our own workplace by their names only. */
async function present(): Promise<Map<string, Buffer>> {
  const base = join(root, 'tiny-set');
  const found = new Map<string, Buffer>();
  for (const each of await readdir(base, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const path = join(each.parentPath, each.name);
    if (each.isFile()) found.set(path.slice(base.length + 1), await readFile(path));
  }
  return found;
}

/** The whole set and the lists of its archives, and nothing else. */
async function assertComplete(): Promise<void> {
  const found = await present();
  for (const [path, content] of Object.entries(expected)) expect(found.get(path)?.equals(content)).toBe(true);
  const lists = Object.keys(archives).map((file) => `.asc/archives/${file}.tsv`);
  expect([...found.keys()].sort()).toEqual([...Object.keys(expected), ...lists].sort());
}

/** Whatever is in place is as it should be. */
async function assertNothingWrong(): Promise<void> {
  for (const [path, content] of await present()) {
    if (!path.startsWith('.asc')) expect(content.equals(expected[path] ?? Buffer.from('foreign'))).toBe(true);
  }
}

const partial = (file: Buffer, from: number): Record<string, string> =>
  from === 0 ? {} : { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
const fromOf = (range: string | undefined): number => Number(/\d+/.exec(range ?? '')?.[0] ?? 0);

/** Half of what is left, then something else. */
function halfThen(then: (response: Parameters<Fault>[1]) => void, length?: 'chunked'): Fault {
  return (request, response, file) => {
    const from = fromOf(request.headers.range);
    const rest = file.subarray(from);
    const headers = { etag: etagOf(file), ...(length === 'chunked' ? {} : { 'content-length': rest.length }) };
    response.writeHead(from > 0 ? 206 : 200, { ...headers, ...partial(file, from) });
    response.write(rest.subarray(0, rest.length >> 1), () => then(response));
  };
}
const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_, response) =>
    void response.writeHead(code, headers).end('sorry');
const drops = halfThen((response) => setTimeout(() => response.destroy(), 10));
const stalls = halfThen(() => undefined);
const truncates = halfThen((response) => response.end(), 'chunked');
const corrupts: Fault = (request, response, file) => {
  const damaged = Buffer.from(file);
  damaged[file.length >> 1] = damaged[file.length >> 1]! ^ 1;
  wellBehaved(request, response, damaged);
};
const ignoresRanges: Fault = (_, response, file) =>
  void response.writeHead(200, { 'content-length': file.length }).end(file);
const unlabelled: Fault = (_, response, file) => void response.writeHead(200).end(file);
const shortRange: Fault = (request, response, file) => {
  const rest = file.subarray(fromOf(request.headers.range));
  const some = rest.subarray(0, Math.ceil(rest.length / 2));
  response.writeHead(206, { ...partial(file, file.length - rest.length), 'content-length': some.length }).end(some);
};
const wrongRange: Fault = (_, response, file) => void response.writeHead(206, partial(file, 5)).end(file.subarray(5));

describe('a server that', () => {
  it('is well is asked for every archive once, and never again', async () => {
    const seen: string[] = [];
    const report = await get({ onProgress: ({ archives: a, bytes: b }) => seen.push(`${a.done} ${b.done}`) });
    expect(report).toEqual({ folder: join(root, 'tiny-set'), unpacked: Object.keys(archives), present: [], files: 5 });
    await assertComplete();
    const total = Object.values(archives).reduce((sum, { length }) => sum + length, 0);
    expect(seen.at(-1)).toBe(`3 ${total}`);
    expect(server.requests).toHaveLength(3);
    expect((await get()).present).toEqual(Object.keys(archives));
    expect(server.requests).toHaveLength(3);
    await rm(join(root, 'tiny-set/audio/0.wav'));
    expect((await get()).unpacked).toEqual(['set.audio.1.zip']);
    await assertComplete();
  });

  it.each<[string, Fault[]]>([
    ['drops the connection', [drops, drops, drops]],
    ['falls silent', [stalls, stalls]],
    ['ends early without having said how much there is', [truncates, truncates]],
    ['sends a wrong byte', [corrupts]],
    ['is busy (429) and says until when', [status(429, { 'retry-after': '0' }), drops, status(429)]],
    ['is out of order (503)', [status(503), status(503, { 'retry-after': new Date().toUTCString() })]],
    ['drops, then ignores ranges', [drops, ignoresRanges]],
    ['drops, then has no such range (416)', [drops, status(416)]],
    ['drops, then sends another range', [drops, wrongRange]],
    ['drops, then sends less than the range it promises', [drops, shortRange]],
    ['never says how much there is', [unlabelled, unlabelled, unlabelled]],
    ['refuses the connection at first', [(_, response) => response.destroy()]],
  ])('%s leaves a whole set', async (_, faults) => {
    server.faults.push(...faults);
    await get({ jobs: 1, patience: faults.includes(stalls) ? hasty : patience });
    await assertComplete();
  });

  it('dropped is asked for the rest only, of the same version', async () => {
    // Dropped only when what was sent has arrived: a reset connection takes with it what is on the way.
    let drop: (() => void) | undefined;
    server.faults.push(halfThen((response) => (drop = () => response.destroy())));
    const onProgress: DownloadOptions['onProgress'] = ({ bytes }) => void (bytes.done > 0 && drop?.());
    await get({ jobs: 1, onProgress });
    const half = archives['set.meta.zip'].length >> 1;
    expect(server.requests[1]).toMatchObject({ file: 'set.meta.zip', range: `bytes=${half}-` });
    expect(server.requests[1]?.ifRange).toMatch(/^"[0-9a-f]{32}"$/);
  });

  it.each<[string, Fault, RegExp]>([
    ['has no such file', status(404), /answered 404/],
    ['has another file of that name', (_, response) => void response.end('<html>Log in</html>'), /a file of 19 bytes/],
    ['always sends a wrong byte', corrupts, /other bytes than were published, twice/],
    ['is always out of order', status(500), /answered 500/],
    [
      'says a wrong length',
      (_, response, file) => void response.writeHead(200, { 'content-length': file.length + 9 }).end(file),
      /a file of \d+ bytes, where/,
    ],
    ['asks to come back next year', status(503, { 'retry-after': '31536000' }), /asks to wait 525600 minutes/],
    [
      'sends more than was published',
      (_, response, file) => void response.end(Buffer.concat([file, file])),
      /other bytes|more bytes|a file of/,
    ],
  ])('%s is given up, with what came before in place', async (_, fault, message) => {
    server.usual = (request, response, file) =>
      (request.url?.includes('audio.2') === true ? fault : wellBehaved)(request, response, file);
    const failed = get();
    await expect(failed).rejects.toBeInstanceOf(DataError);
    await expect(failed).rejects.toThrow(message);
    await assertNothingWrong();
    expect([...(await present()).keys()]).toEqual(expect.arrayContaining(['meta.csv', 'audio/0.wav', 'audio/1.wav']));
    server.usual = wellBehaved;
    expect((await get()).present).toHaveLength(2);
    await assertComplete();
  });

  it('gives nothing leaves nothing', async () => {
    server.usual = status(404);
    await expect(get()).rejects.toThrow(/3 of 3 archives of tiny are not there yet/);
    const never = get({ jobs: 1, baseUrls: ['http://127.0.0.1:9'], patience: { firstPauseMs: 1_000_000 } });
    await expect(never).rejects.toThrow(/127\.0\.0\.1:9 has a port that is never asked/);
    expect(await readdir(root)).toEqual([]);
  });

  it('sends on to another address is followed, also for the rest', async () => {
    const other = await faultServer(archives);
    try {
      server.usual = (request, response) =>
        void response.writeHead(302, { location: `${other.url}${request.url}` }).end();
      other.faults.push(drops);
      await get({ jobs: 1 });
      await assertComplete();
      expect(other.requests.length).toBeGreaterThan(3);
      server.usual = (request, response) =>
        void response.writeHead(302, { location: `${server.url}${request.url}` }).end();
      await rm(join(root, 'tiny-set'), { recursive: true });
      await expect(get({ patience: { ...patience, tries: 2 } })).rejects.toThrow(/redirect/);
    } finally {
      await other.close();
    }
  });

  it('is not there is told at once and given up after three tries, without asking for the other archives', async () => {
    const closed = await faultServer({});
    await closed.close();
    const { host } = new URL(closed.url);
    for (const [baseUrl, why] of [
      [closed.url, `cannot reach ${host} (connection refused)`],
      ['http://no-such-machine.invalid', 'cannot reach no-such-machine.invalid'],
    ] as const) {
      const told: string[] = [];
      const onProgress: DownloadOptions['onProgress'] = ({ pause }) =>
        void (pause && told.push(`${pause.why} ${pause.attempt} of ${pause.attempts}`));
      const failed = get({ jobs: 1, baseUrls: [baseUrl], onProgress, patience: { firstPauseMs: 1 } });
      await expect(failed).rejects.toThrow(/set.meta.zip could not be fetched[^]*cannot reach[^]*Check the address/);
      expect(told).toEqual([2, 3].map((attempt) => expect.stringMatching(new RegExp(`${attempt} of 3$`))));
      expect(told[0]).toContain(`set.meta.zip: ${why}`);
    }
    expect(await readdir(root)).toEqual([]);
  });

  it('is not there is left for a mirror, and waited for where it gave something before', async () => {
    const closed = await faultServer({});
    await closed.close();
    await get({ baseUrls: [closed.url, server.url] });
    await assertComplete();
    await rm(join(root, 'tiny-set'), { recursive: true });
    // Half of an archive, then nobody there.
    server.faults.push(halfThen((response) => void setTimeout(() => (response.destroy(), void server.close()), 10)));
    const attempts: number[] = [];
    const onProgress: DownloadOptions['onProgress'] = ({ pause }) => void (pause && attempts.push(pause.attempts));
    await expect(get({ jobs: 1, onProgress })).rejects.toThrow(/cannot reach/);
    expect(attempts.at(-1)).toBe(patience.tries);
  });

  it('refuses is left for a mirror', async () => {
    const mirror = await faultServer(archives);
    try {
      server.usual = status(403);
      await get({ baseUrls: [server.url, `${mirror.url}/`] });
      expect(mirror.requests).toHaveLength(3);
      await assertComplete();
    } finally {
      await mirror.close();
    }
  });
});

describe('downloadDataset', () => {
  it('imports archives from a folder and leaves them as they are', async () => {
    const from = join(root, 'archives');
    await mkdir(from);
    for (const [name, content] of Object.entries(archives)) await writeFile(join(from, name), content);
    await writeFile(join(from, 'set.audio.2.zip'), archives['set.audio.2.zip'].subarray(1));
    await expect(get({ from })).rejects.toThrow(/is not the published archive/);
    await assertNothingWrong();
    await rm(join(from, 'set.audio.2.zip'));
    await expect(get({ from })).rejects.toThrow(/set.audio.2.zip cannot be read/);
    await writeFile(join(from, 'set.audio.2.zip'), archives['set.audio.2.zip']);
    expect(await get({ from })).toMatchObject({ present: ['set.meta.zip', 'set.audio.1.zip'], files: 5 });
    await assertComplete();
    expect(await readFile(join(from, 'set.meta.zip'))).toEqual(archives['set.meta.zip']);
    expect(server.requests).toEqual([]);
  });

  it('says what is wrong with a call and leaves nothing behind', async () => {
    await expect(downloadDataset(datasetEntry('esc50'), root)).rejects.toThrow(/not offered as checksummed archives/);
    await expect(get({ baseUrls: ['/mnt/archives'] })).rejects.toBeInstanceOf(UsageError);
    await expect(get({ baseUrls: [server.url], from: root })).rejects.toBeInstanceOf(UsageError);
    await expect(get({ jobs: 0 })).rejects.toBeInstanceOf(UsageError);
    const huge = { ...entryOf(archives, server.url), archives: [{ file: 'a.zip', url: '', bytes: 1e15, md5: '' }] };
    await expect(downloadDataset(huge, root)).rejects.toThrow(/too little room[^]*about 1250000\.0 GB free/);
    expect(await readdir(root)).toEqual([]);
  });

  it('stops when told to, and goes on later', async () => {
    const stop = new AbortController();
    const onProgress: DownloadOptions['onProgress'] = ({ bytes }) => {
      if (bytes.done > 0) stop.abort(new Error('enough'));
    };
    server.usual = halfThen(() => undefined);
    await expect(get({ signal: stop.signal, jobs: 1, onProgress })).rejects.toThrow('enough');
    await assertNothingWrong();
    server.usual = wellBehaved;
    await get();
    await assertComplete();
    expect(server.requests.some(({ range }) => range !== undefined)).toBe(true);
  });

  it('keeps what it has when the disk takes no more', async () => {
    if (process.platform === 'win32') return;
    // A limit on the size of files stands for a disk that is full.
    const child = spawn('sh', ['-c', `ulimit -f 40; exec "$0" "$@"`, process.execPath, script, server.url, root]);
    child.stdin.end(JSON.stringify(entryOf(archives, server.url)));
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).not.toBe(0);
    expect(said).toMatch(/Cannot write .*zip\.part\.\nreceived EFBIG\nThe file is larger/);
    await assertNothingWrong();
    await get();
    await assertComplete();
    expect(server.requests.some(({ range }) => range !== undefined)).toBe(true);
  });

  it('survives being killed at any moment, and another process at the same time', async () => {
    // A piece every 4 ms, so that there is time to be killed in.
    server.usual = (request, response, file) => {
      const from = fromOf(request.headers.range);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': file.length - from, ...partial(file, from) });
      let at = from;
      const more = (): void => {
        if (response.destroyed) return;
        response.write(file.subarray(at, at + 4000));
        at += 4000;
        if (at < file.length) setTimeout(more, 4);
        else response.end();
      };
      more();
    };
    const start = () => spawn(process.execPath, [script, server.url, root], { stdio: ['pipe', 'pipe', 'inherit'] });
    const child = start();
    child.stdin.end(JSON.stringify(entryOf(archives, server.url)));
    let said = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.split('\n').length > 8) resolve();
      });
    });
    await expect(get()).rejects.toThrow(new RegExp(`another process[^]*process ${child.pid} on`));
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    await assertNothingWrong();
    await get();
    await assertComplete();
  });
});

it('reads Retry-After in seconds and as a date', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs('Wed, 21 Oct 2026 07:28:30 GMT', now)).toBe(30_000);
  expect(retryAfterMs('Wed, 21 Oct 2015 07:28:30 GMT', now)).toBe(0);
  expect(retryAfterMs('soon', now)).toBeUndefined();
  expect(retryAfterMs(null, now)).toBeUndefined();
});
