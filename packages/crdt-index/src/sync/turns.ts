// Work of this peer that sessions wait for takes turns: a batch to take in, an answer to make. What is worked on is held in
// memory, so the turns that are open at once bound that; and nobody who has much to move keeps the others waiting.
import { MAX_ANSWER_TURNS, MAX_FOREGROUND_RUN, MAX_INTAKE_TURNS, MAX_TURN_MEMORY } from '../limits.ts'
import type { CommunityAddress } from '../model.ts'

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
   * wait; then by the community whose last turn is longest ago, then by the peer. Rejects with the signal's reason if that comes
   * before the turn. The work must not wait for a peer, which could keep its turn for ever.
   */
  take<T> (turn: Turn, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>
}

/** Of all sessions of a peer. */
export interface SessionTurns { readonly intake: Turns, readonly answers: Turns }

export function createSessionTurns (): SessionTurns {
  return { intake: createTurns(MAX_INTAKE_TURNS), answers: createTurns(MAX_ANSWER_TURNS) }
}

interface Waiting { readonly turn: Turn, readonly start: () => void }

/** `atOnce`: turns that are open at a time. */
export function createTurns (atOnce: number): Turns {
  const queue = new Set<Waiting>()
  const lastTurns = new Map<string, number>()
  let open = 0
  let turns = 0
  let foregroundRun = 0

  const lastOf = (name: string): number => lastTurns.get(name) ?? 0
  const remember = (name: string): void => {
    lastTurns.delete(name)
    lastTurns.set(name, turns)
    for (const oldest of lastTurns.keys()) {
      if (lastTurns.size <= MAX_TURN_MEMORY) break
      lastTurns.delete(oldest)
    }
  }
  const next = (): Waiting | undefined => {
    const ranked = [...queue].map(waiting => ({ waiting, isForeground: waiting.turn.isForeground(), community: lastOf(waiting.turn.community), peer: lastOf(nameOf(waiting.turn)) }))
    const isDue = (each: { readonly isForeground: boolean }): boolean => each.isForeground === (foregroundRun < MAX_FOREGROUND_RUN)
    const [first] = ranked.sort((a, b) => Number(isDue(b)) - Number(isDue(a)) || a.community - b.community || a.peer - b.peer) // stable: who waits longer goes first
    if (first === undefined) return undefined
    foregroundRun = first.isForeground ? foregroundRun + 1 : 0
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

function nameOf ({ community, peer }: Turn): string {
  return `${community}/${peer}`
}
