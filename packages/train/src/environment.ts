import { version_core as tfjsVersion } from '@tensorflow/tfjs-core';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** What a run was made on; plain JSON, stored beside its results. */
export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Version of each package that matters, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine and process; `versions` adds what the caller knows to matter. */
export function describeEnvironment(versions: Readonly<Record<string, string>> = {}): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    v8: process.versions.v8,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    versions: { '@tensorflow/tfjs-core': tfjsVersion, ...versions },
  };
}
