const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * The name of an archive's entry as a relative path that stays below the folder it is unpacked into, on every system;
 * `undefined` where it would not: absolute, with a drive, `..`, a backslash, a control character, or the name of a device.
 */
export function safeEntryPath(name: string): string | undefined {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  // eslint-disable-next-line no-control-regex
  if (path === '' || /[\\:\u0000-\u001f]/.test(path)) return undefined;
  const segments = path.split('/');
  const safe = segments.every(
    (segment) =>
      segment !== '' && segment !== '.' && segment !== '..' && !/[. ]$/.test(segment) && !WINDOWS_DEVICE.test(segment),
  );
  return safe ? path : undefined;
}
