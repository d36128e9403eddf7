// One of several processes that fill the same cache: argument 1 is its folder. Prints a checksum of what it read.
import { diskCache } from './disk-cache.js';

const cache = diskCache(process.argv[2] ?? '');
let sum = 0;
for (let round = 0; round < 3; round++) {
  for (let k = 0; k < 20; k++) {
    const { data } = await cache.get(`key ${k}`, () => ({ data: new Float32Array(5000).fill(k), meta: k }));
    if (data.some((x) => x !== k)) throw new Error(`entry ${k} is damaged`);
    sum += data.length;
  }
}
process.stdout.write(String(sum));
