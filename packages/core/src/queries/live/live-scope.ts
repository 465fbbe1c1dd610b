// What the live queries of one node share: timers, clock, and their common end.
import type { Logger } from '../../options.ts'
import type { Scheduler } from './scheduler.ts'

export interface LiveScope {
  readonly scheduler: Scheduler
  /** Unix time in milliseconds. */
  readonly clock: () => number
  readonly logger: Logger
  /** False once the node is closed. */
  isOpen (): boolean
  /** Queries that somebody listens to, with what ends them: only these hold anything. */
  readonly running: Map<object, { close: () => void, listeners: () => number }>
}
