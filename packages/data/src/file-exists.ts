import { access } from 'node:fs/promises';

/** Whether there is anything at a path that this user may see. */
export async function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
