// The node's events, made from the index's and the network's.
import { parseLabel, type AuthorId, type CrdtIndex, type ItemId } from '@seedbed/crdt-index'
import { contentIdOfKey } from './bodies/content-key.ts'
import { describeEquivocation } from './moderation/equivocations.ts'
import type { Network } from './network/network.ts'
import type { NodeEvents, SeedbedNode } from './node.ts'
import type { Logger } from './options.ts'

type Listener = (event: never) => void

export interface NodeEmitter {
  readonly on: SeedbedNode['on']
  emit<Name extends keyof NodeEvents> (name: Name, event: NodeEvents[Name]): void
  close (): void
}

export function createNodeEvents (index: CrdtIndex, network: Network | null, author: AuthorId, logger: Logger): NodeEmitter {
  const listeners = new Map<keyof NodeEvents, Set<Listener>>()

  function emit<Name extends keyof NodeEvents> (name: Name, event: NodeEvents[Name]): void {
    for (const listener of [...listeners.get(name) ?? []]) {
      try {
        listener(event as never)
      } catch (error) {
        logger.warn(`a listener of ${name} failed`, error)
      }
    }
  }

  const ends = [
    index.on('change', ({ community, period, author: by, changes }) => {
      for (const { root, key, before, after } of changes) {
        if (root === 'labels') {
          const item = index.item(community, period, key as ItemId)
          const entry = after === undefined ? null : parseLabel(key, after)
          if (item !== undefined) emit('label', { id: item.contentId, community, author: by, label: entry === null || entry.label === 'none' ? null : entry.label, reason: entry?.reason ?? '', own: by === author })
        }
        if ((root !== 'posts' && root !== 'comments') || before !== undefined || after === undefined) continue
        const id = contentIdOfKey(key)
        emit('entry', { kind: root === 'posts' ? 'post' : 'comment', id, community, author: by, own: by === author })
      }
      if (changes.length > 0) emit('change', { community })
    }),
    index.on('communities', ({ community }) => { emit('change', { community }) }),
    index.on('sync', ({ community }) => { emit('sync', { community }) }),
    index.on('stamp', ({ author: by, ...stamp }) => { if (by === author) emit('stamp', stamp) }),
    index.on('equivocation', proof => { emit('equivocation', describeEquivocation(index, proof)) }),
    index.on('damaged', ({ what, hash }) => { logger.warn(hash === null ? `a stored ${what} was damaged and is replaced` : `a stored ${what} was damaged and is asked for again: ${hash}`) })
  ]
  if (network !== null) ends.push(network.onPeer(({ peerId, connected }) => { emit(connected ? 'peer:connect' : 'peer:disconnect', { peerId }) }))

  return {
    emit,
    on (name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => { set.delete(listener) }
    },
    close () {
      for (const end of ends) end()
      listeners.clear()
    }
  }
}
