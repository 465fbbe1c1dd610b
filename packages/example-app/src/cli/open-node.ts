// Getting at the data: by the running peer if there is one, else by opening the folder.
import { setTimeout as sleep } from 'node:timers/promises'
import { SeedbedError, type CommonNodeOptions, type NodeOptions, type SeedbedNode } from '@seedbed/core'
import { findRunningPeer, type RunningPeer } from './control/client.ts'
import { failureOf } from './failure.ts'
import { LOCK_POLL_MS, LOCK_WAIT_MS } from './limits.ts'

export type OpenNode = (options: NodeOptions) => Promise<SeedbedNode>

export type Access =
  | { readonly kind: 'peer', readonly peer: RunningPeer }
  | { readonly kind: 'node', readonly node: SeedbedNode }

/**
 * A running peer, or a node without network on the folder. While another process has the lock it looks for both
 * again: that process may be a command that ends soon or a peer that is starting. Errors: LOCKED after 5 s.
 */
export async function openAccess (dataDir: string, openNode: OpenNode, options: CommonNodeOptions, signal: AbortSignal): Promise<Access> {
  return await untilUnlocked(dataDir, signal, async () => {
    const peer = await findRunningPeer(dataDir, signal)
    if (peer !== null) return { kind: 'peer', peer }
    return { kind: 'node', node: await openNode({ ...options, dataDir, network: false, torrent: false }) }
  })
}

/** Repeats `attempt` while it fails with LOCKED, for 5 s; `waiting` is told once. */
export async function untilUnlocked<T> (dataDir: string, signal: AbortSignal, attempt: () => Promise<T>, waiting: () => void = () => {}): Promise<T> {
  let told = false
  const deadlineMs = performance.now() + LOCK_WAIT_MS
  for (;;) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (failureOf(error).code !== 'LOCKED') throw error
      if (performance.now() >= deadlineMs) throw new SeedbedError('LOCKED', `Another process has ${dataDir} open; end it or use another folder with --data.`, { cause: error })
    }
    if (!told) waiting()
    told = true
    await sleep(LOCK_POLL_MS, undefined, { signal })
  }
}
