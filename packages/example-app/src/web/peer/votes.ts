// Votes on their way: which stage each has reached, and who failed.
import type { RemoteNode } from '@seedbed/core/page'
import { useSyncExternalStore } from 'react'
import { toastFailure } from '../components/toasts.tsx'

export type VoteStage = 'waiting' | 'fetch' | 'verify' | 'seed' | 'sign'
type Value = -1 | 0 | 1

const stages = new Map<string, { readonly stage: VoteStage, readonly value: Value }>()
const listeners = new Set<() => void>()

const WORDS: Readonly<Record<VoteStage, string>> = { waiting: 'starting', fetch: 'fetching it', verify: 'checking it', seed: 'seeding it', sign: 'signing' }

/** What a vote that takes its time is doing, in words. */
export function stageWords (stage: VoteStage): string {
  return WORDS[stage]
}

export function useVoteStage (id: string): { readonly stage: VoteStage, readonly value: Value } | null {
  return useSyncExternalStore(subscribe, () => stages.get(id) ?? null)
}

/** Casts it, or takes it back with 0; a failure is told in a toast. One vote an item at a time. */
export async function castVote (node: RemoteNode, id: string, value: Value): Promise<void> {
  if (stages.has(id)) return
  put(id, { stage: 'waiting', value })
  const end = node.on('vote', event => { if (event.id === id) put(id, { stage: event.stage, value }) })
  try {
    await (value === 1 ? node.votes.up(id) : value === -1 ? node.votes.down(id) : node.votes.clear(id))
  } catch (error) {
    toastFailure(value === 0 ? 'The vote was not taken back' : 'The vote was not cast', error)
  } finally {
    end()
    put(id, null)
  }
}

function put (id: string, state: { readonly stage: VoteStage, readonly value: Value } | null): void {
  if (state === null) stages.delete(id)
  else stages.set(id, state)
  for (const listener of [...listeners]) listener()
}

function subscribe (listener: () => void): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}
