// Shares the reading and sending of bodies among connections, so that one with a thousand wanted bodies does not hold
// up another's one: whoever has work asks for a turn, turns are given in the order of asking, a few run at a time, and
// nobody asks for the next one before the last is over. That is a round robin over connections.

export interface BatchTurns {
  /** Runs `turn` when those who asked before had theirs; it must not reject. */
  ask (turn: () => Promise<void>): void
  /** Counts a connection until it leaves. */
  join (): BatchShare
}

export interface BatchShare {
  /** Bytes that this connection may have read and not handed to the system; less the more there are. */
  maxBytes (): number
  /** May be called twice. */
  leave (): void
}

export interface BatchTurnsOptions {
  /** Turns that run at a time. */
  readonly maxTurns: number
  /** Bytes of all connections together, as long as each may have one body. */
  readonly maxBytes: number
  readonly maxBytesEach: number
}

export function createBatchTurns ({ maxTurns, maxBytes, maxBytesEach }: BatchTurnsOptions): BatchTurns {
  const waiting: Array<() => Promise<void>> = []
  let running = 0
  let joined = 0

  function next (): void {
    while (running < maxTurns) {
      const turn = waiting.shift()
      if (turn === undefined) return
      running++
      void turn().finally(() => {
        running--
        next()
      })
    }
  }

  return {
    ask (turn) {
      waiting.push(turn)
      next()
    },
    join () {
      joined++
      let here = true
      return {
        maxBytes: () => Math.min(maxBytesEach, Math.floor(maxBytes / joined)),
        leave () {
          if (here) joined--
          here = false
        }
      }
    }
  }
}
