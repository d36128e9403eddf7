/** Whether everything a user of the published packages installs may be used freely. */

const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
]);

/** Production dependencies whose package.json says nothing, or not all: name → licence and where it is written. */
const EXPLAINED = {};

/** `(A OR B)` needs one allowed licence, `A AND B` needs both. */
export function isAllowed(expression) {
  const bare = expression.replace(/[()]/g, ' ').trim();
  if (bare.includes(' OR ')) return bare.split(' OR ').some(isAllowed);
  return bare.split(' AND ').every((licence) => ALLOWED.has(licence.trim()));
}

/** Production dependencies in a lock file that are not allowed, or do not say. */
export function checkLicences(lock, explained = EXPLAINED) {
  const failures = [];
  for (const [where, entry] of Object.entries(lock.packages)) {
    const at = where.lastIndexOf('node_modules/');
    if (at < 0 || entry.dev === true || entry.link === true) continue;
    const name = where.slice(at + 'node_modules/'.length);
    if (name in explained) continue;
    if (entry.license === undefined) failures.push(`${name}@${entry.version}: says no licence; read it and explain it`);
    else if (!isAllowed(entry.license))
      failures.push(`${name}@${entry.version}: licence ${entry.license} is not allowed`);
  }
  return failures;
}
