const MAX_TEXT = 60;
const MAX_ITEMS = 6;
const MAX_LENGTH = 200;

/**
 * Any value as short text for the `received` half of an error: strings quoted and cut, arrays and objects by their first
 * entries, typed arrays by length. Never throws.
 */
export function describeValue(value: unknown): string {
  try {
    const text = describe(value, 0);
    return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  } catch {
    return 'a value that cannot be shown';
  }
}

function describe(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'object':
      return value === null ? 'null' : describeObject(value, depth);
    default:
      return String(value);
  }
}

function describeObject(value: object, depth: number): string {
  if (ArrayBuffer.isView(value)) {
    const length = 'length' in value ? Number(value.length) : value.byteLength;
    return `${value.constructor.name} of length ${length}`;
  }
  if (value instanceof Error) return `${value.name}: ${describe(value.message, depth)}`;
  if (Array.isArray(value)) {
    if (depth > 1) return `an array of ${value.length}`;
    const shown = value.slice(0, MAX_ITEMS).map((item) => describe(item, depth + 1));
    if (value.length > MAX_ITEMS) shown.push(`… ${value.length - MAX_ITEMS} more`);
    return `[${shown.join(', ')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || prototype === Object.prototype;
  const kind = plain ? '' : `${value.constructor.name} `;
  const keys = Object.keys(value);
  if (depth > 1) return `${kind}{ ${keys.length} keys }`;
  const shown = keys
    .slice(0, MAX_ITEMS)
    .map((key) => `${key}: ${describe((value as Record<string, unknown>)[key], depth + 1)}`);
  if (keys.length > MAX_ITEMS) shown.push(`… ${keys.length - MAX_ITEMS} more`);
  return shown.length === 0 ? `${kind}{}` : `${kind}{ ${shown.join(', ')} }`;
}
