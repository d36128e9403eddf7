import { DataError } from '@asc/core';

/** The bytes at an address. @throws DataError where there is no answer, or one that is not a success. */
export async function fetchBytes(address: string | URL): Promise<Uint8Array> {
  const hint = 'Check the address.';
  const response = await fetch(address).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new DataError({ what: `Cannot fetch ${address}.`, received, hint }, { cause });
  });
  if (!response.ok) {
    throw new DataError({ what: `Cannot fetch ${address}.`, received: `status ${response.status}`, hint });
  }
  return new Uint8Array(await response.arrayBuffer());
}
