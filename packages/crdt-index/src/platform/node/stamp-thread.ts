import type { StartStampThread } from '../../envelope/stamp-threads.ts'
import { startNodeThread } from './thread.ts'

/** A worker thread of Node. */
export const startNodeStampThread: StartStampThread = events => startNodeThread('stamp-worker', import.meta.url, events)
