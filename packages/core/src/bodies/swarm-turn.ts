// The open swarm's turn, once no connected member has a body. It may search for all of the time there is, so members are
// asked meanwhile as they are where there is no swarm: right after a start, the first of them is a second away.
import { BODY_RETRY_MS } from '../limits.ts'
import { pause } from './pause.ts'

export interface SwarmTurn<T> {
  readonly search: (signal: AbortSignal) => Promise<T | null>
  /** Whether a member has it now. Never rejects. */
  readonly isHeld: (signal: AbortSignal) => Promise<boolean>
  readonly signal: AbortSignal
  /** Between two questions, milliseconds. */
  readonly pauseMs?: number
}

/** What the search finds; null as soon as a member has it, who is then to be asked for it. Rejects as the search does. */
export async function swarmTurn<T> ({ search, isHeld, signal, pauseMs = BODY_RETRY_MS }: SwarmTurn<T>): Promise<T | null> {
  const ending = new AbortController()
  const turn = AbortSignal.any([signal, ending.signal])
  let isTold = false
  async function watch (): Promise<void> {
    for (;;) {
      await pause(pauseMs, turn)
      if (turn.aborted) return
      if (!await isHeld(turn)) continue
      isTold = true
      ending.abort()
    }
  }
  void watch()
  try {
    return await search(turn)
  } catch (error) {
    if (isTold && !signal.aborted) return null
    throw error
  } finally {
    ending.abort()
  }
}
