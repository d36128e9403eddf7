/** What an official TAU file name says. */
export interface TauName {
  readonly scene: string;
  readonly city: string;
  readonly location: string;
  readonly segment: string;
  readonly device: string;
}

const NAME = /^(?:.*\/)?([a-z0-9_]+)-([a-z0-9_]+)-([a-z0-9]+)-([a-z0-9]+)(-[a-z0-9]+)?-([a-z][a-z0-9]*)\.[a-z0-9]+$/i;

/**
 * Parses `<scene>-<city>-<location>-<segment>-<device>.<ext>` (TAU 2019 and 2020), or the same with the index of the
 * second before the device (TAU 2022), which joins the segment as `<segment>-<index>`. A folder in front is ignored.
 *
 * @returns `undefined` for a name of another form, such as the anonymous names of the evaluation sets.
 */
export function parseTauName(name: string): TauName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, scene = '', city = '', location = '', segment = '', second = '', device = ''] = match;
  return { scene, city, location, segment: segment + second, device };
}

/** Writes what {@link parseTauName} reads, without the folder. */
export function formatTauName(name: TauName, extension: string): string {
  return `${name.scene}-${name.city}-${name.location}-${name.segment}-${name.device}.${extension}`;
}
