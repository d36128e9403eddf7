/**
 * Whether a process of this machine is there and has not ended, and with `born` ({@link birthOf}) is that one: numbers are used again. In
 * a container often nobody asks after a process that was killed: it stays in the table, but has ended. Node only.
 */
export async function isAlive(pid: number, born?: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user may not be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const birth = await birthOf(pid);
  // Whoever may not see when it started (a /proc that hides the processes of others) takes its word.
  return birth !== ENDED && (born === undefined || birth === '' || birth === born);
}

const ENDED = 'ended';

/** Start time of a process since boot, with the boot's name; empty where the system does not tell (not Linux). Node only. */
export async function birthOf(pid: number): Promise<string> {
  // Imported when called, so that the package also loads in a page.
  const { readFile } = await import('node:fs/promises');
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return ENDED;
    return `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()} ${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}
