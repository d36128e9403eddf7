import { AscError, UsageError } from '@asc/core';
import type { Contender } from './contest.js';
import { Peer, type PeerFacts } from './peer.js';

/** One peer to start. */
export interface PeerPlan {
  readonly script: string;
  readonly variant: string;
  readonly name: string;
  readonly threads: number;
  /** Sent to the peer before its first run. */
  readonly request: Readonly<Record<string, unknown>>;
}

export interface PeerTeam {
  readonly contenders: readonly Contender[];
  /** Of the first peer that started. */
  readonly facts: PeerFacts | undefined;
}

/** Variants of a PyTorch network, and what we call them. */
export const TORCH_VARIANTS = [
  { variant: 'contiguous', name: 'PyTorch contiguous' },
  { variant: 'channels_last', name: 'PyTorch channels_last' },
  { variant: 'compiled', name: 'PyTorch torch.compile' },
] as const;

/**
 * Starts the peers one after the other and lets each run once, which is when torch.compile does its work. One that cannot
 * run (no C++ compiler, a missing package) is reported by `say` and left out.
 *
 * @throws UsageError where `python` cannot be started.
 */
export async function startPeers(
  plans: readonly PeerPlan[],
  python: string,
  say: (line: string) => void,
): Promise<PeerTeam> {
  const contenders: Contender[] = [];
  let facts: PeerFacts | undefined;
  for (const plan of plans) {
    let peer: Peer | undefined;
    try {
      peer = await Peer.start({ ...plan, python });
      const own = await peer.prepare(plan.request);
      await peer.run(1);
      facts ??= own;
      contenders.push(peer);
    } catch (error) {
      await peer?.close();
      if (!(error instanceof AscError) || error instanceof UsageError) throw error;
      say(`${plan.name} is left out: ${error.message}`);
    }
  }
  return { contenders, facts };
}
