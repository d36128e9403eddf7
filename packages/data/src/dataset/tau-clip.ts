import { TAU_2020_ABSTRACTS } from '@asc/core';
import type { ClipLabels } from './clip-table.js';
import type { TableRow } from './scan-table.js';
import { type OnTableFault, lineError } from './table-fault.js';
import { type TauName, parseTauName } from './tau-name.js';

/** What a row and its file name say of a clip. Columns win over the name; where both speak they must agree. */
export function tauClip(row: TableRow, id: string, scene: string | undefined, onFault: OnTableFault): ClipLabels {
  const name = parseTauName(id);
  const identifier = row.field('identifier') || undefined;
  const device = row.field('source_label') || undefined;
  if (name === undefined) return { scene, city: undefined, location: identifier, device };
  checkName(row, id, name, { scene, identifier, device }, onFault);
  const place = placeOf(name);
  // Some official sets append the segment to the identifier: the location is what comes before.
  const location = identifier === undefined || identifier.startsWith(`${place}-`) ? place : identifier;
  return { scene, city: name.city, location, device: device ?? name.device };
}

function placeOf({ city, location }: TauName): string {
  return `${city}-${location}`;
}

function checkName(
  row: TableRow,
  id: string,
  name: TauName,
  said: { readonly [K in 'scene' | 'identifier' | 'device']: string | undefined },
  onFault: OnTableFault,
): void {
  const clash = (column: string, inTable: string, inName: string): void => {
    const error = lineError(row, `the file name and the column ${column} disagree.`, {
      expected: `${inName} (from ${id})`,
      received: inTable,
      hint: 'The table or the name was edited: restore the official meta.csv.',
    });
    onFault({ kind: 'contradiction', id, error });
  };
  const { scene, identifier, device } = said;
  if (scene !== undefined && scene !== name.scene && !isAbstractOf(scene, name.scene)) {
    clash('scene_label', scene, name.scene);
  }
  if (device !== undefined && device !== name.device) clash('source_label', device, name.device);
  const place = placeOf(name);
  if (identifier !== undefined && identifier !== place && !identifier.startsWith(`${place}-`)) {
    clash('identifier', identifier, place);
  }
}

/** In the 3Class set a name may tell the scene and the table its abstract class. */
function isAbstractOf(label: string, scene: string): boolean {
  const groups: Readonly<Record<string, readonly string[]>> = TAU_2020_ABSTRACTS;
  return Object.hasOwn(groups, label) && groups[label]?.includes(scene) === true;
}
