// Work of this peer that sessions wait for takes turns: a batch to take in, an answer to make. What is worked on is held in
// memory, so the turns that are open at once bound that; and nobody who has much to move keeps the others waiting.
import { MAX_ANSWER_TURNS, MAX_FOREGROUND_RUN, MAX_INTAKE_TURNS, MAX_TURN_MEMORY } from '../limits.ts'
import type { CommunityAddress } from '../model.ts'
import type { GatheringRoom } from './gathered.ts'

/** Whose turn it is. */
export interface Turn {
  readonly community: CommunityAddress
  readonly peer: string
  /** Somebody waits for it at a screen. Looked at when a turn is free. */
  readonly isForeground: () => boolean
}

export interface Turns {
  /**
   * Does the work when its turn comes: what somebody waits for first, but never more than a few such turns in a row while others
   * wait; then by the community whose last turn is longest ago, then by the peer; who had none yet counts from when it came, so
   * that ever new names keep nobody waiting. Rejects with the signal's reason if that comes before the turn. The work must not wait for a peer, which could keep its turn for ever.
   */
  take<T> (turn: Turn, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>
}

/** Of all sessions of a peer, which share the room for what they gather too. */
export interface SessionTurns { readonly intake: Turns, readonly answers: Turns, readonly gathering: GatheringRoom }

export function createSessionTurns (): SessionTurns {
  return { intake: createTurns(MAX_INTAKE_TURNS), answers: createTurns(MAX_ANSWER_TURNS), gathering: { bytes: 0 } }
}

interface Waiting {
  readonly turn: Turn
  /** Turns that there were when it came. */
  readonly since: number
  readonly start: () => void
}

/** `atOnce`: turns that are open at a time. */
export function createTurns (atOnce: number): Turns {
  const queue = new Set<Waiting>()
  const lastTurns = new Map<string, number>()
  let open = 0
  let turns = 0
  let foregroundRun = 0

  const lastOf = (name: string, since: number): number => lastTurns.get(name) ?? since
  const remember = (name: string): void => {
    lastTurns.delete(name)
    lastTurns.set(name, turns)
    for (const oldest of lastTurns.keys()) {
      if (lastTurns.size <= MAX_TURN_MEMORY) break
      lastTurns.delete(oldest)
    }
  }
  const rankOf = ({ turn, since }: Waiting): Rank => ({ isForeground: turn.isForeground(), community: lastOf(turn.community, since), peer: lastOf(nameOf(turn), since) })
  const next = (): Waiting | undefined => {
    let first: { readonly waiting: Waiting, readonly rank: Rank } | null = null
    for (const waiting of queue) {
      const rank = rankOf(waiting)
      if (first === null || isBefore(rank, first.rank, foregroundRun < MAX_FOREGROUND_RUN)) first = { waiting, rank } // of equals, who waits longer
    }
    if (first === null) return undefined
    foregroundRun = first.rank.isForeground ? foregroundRun + 1 : 0
    return first.waiting
  }
  const fill = (): void => {
    while (open < atOnce) {
      const waiting = next()
      if (waiting === undefined) return
      queue.delete(waiting)
      open++
      turns++
      remember(waiting.turn.community)
      remember(nameOf(waiting.turn))
      waiting.start()
    }
  }

  return {
    async take (turn, signal, work) {
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const waiting = {
          turn,
          since: turns,
          start () {
            signal?.removeEventListener('abort', leave)
            resolve()
          }
        }
        const leave = (): void => {
          queue.delete(waiting)
          reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }))
        }
        signal?.addEventListener('abort', leave, { once: true })
        queue.add(waiting)
        fill()
      })
      try {
        return await work()
      } finally {
        open--
        fill()
      }
    }
  }
}

interface Rank { readonly isForeground: boolean, readonly community: number, readonly peer: number }

function isBefore (a: Rank, b: Rank, isForegroundDue: boolean): boolean {
  if (a.isForeground !== b.isForeground) return a.isForeground === isForegroundDue
  return a.community === b.community ? a.peer < b.peer : a.community < b.community
}

function nameOf ({ community, peer }: Turn): string {
  return `${community}/${peer}`
}
