import { readEmbeddings } from './read-embeddings.js';
import { readSet } from './read-set.js';

// A process of its own: peak memory is a process's.
const [what = '', name = '', root = '', verified = '0'] = process.argv.slice(2);
const figures = what === 'embeddings' ? await readEmbeddings(root) : await readSet(name, root, Number(verified));
console.log(JSON.stringify(figures));
