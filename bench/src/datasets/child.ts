import { readSet } from './read-set.js';

// A process of its own: peak memory is a process's.
const [name = '', root = '', verified = '0'] = process.argv.slice(2);
console.log(JSON.stringify(await readSet(name, root, Number(verified))));
