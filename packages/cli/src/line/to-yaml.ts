/** Plain values of a YAML file. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/**
 * A YAML 1.1 document of block mappings and sequences. Strings are quoted as in JSON, which YAML reads, so that no label or
 * name turns into a number, a date or `no`.
 *
 * @throws never: numbers that are not finite become null.
 */
export function toYaml(value: { readonly [key: string]: YamlValue }): string {
  return `${block(value, 0).join('\n')}\n`;
}

function block(value: YamlValue, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return (value as readonly YamlValue[]).flatMap((item) => {
      if (!isNested(item)) return [`${pad}- ${scalar(item)}`];
      const [first = '', ...rest] = block(item, depth + 1);
      return [`${pad}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value as { readonly [key: string]: YamlValue }).flatMap(([key, item]) =>
    isNested(item) ? [`${pad}${keyText(key)}:`, ...block(item, depth + 1)] : [`${pad}${keyText(key)}: ${scalar(item)}`],
  );
}

function isNested(value: YamlValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function scalar(value: YamlValue): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'null';
  return JSON.stringify(value);
}

/** Plain where it cannot be taken for anything else. */
function keyText(key: string): string {
  return /^[a-z][a-z0-9_]*$/.test(key) && !['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'].includes(key)
    ? key
    : JSON.stringify(key);
}
