import type { StartVerifyThread } from '../../envelope/verify-threads.ts'
import { startNodeThread } from './thread.ts'

/** A worker thread of Node. */
export const startNodeVerifyThread: StartVerifyThread = events => {
  const { send, stop, hold } = startNodeThread('verify-worker', import.meta.url, events)
  return { send: job => { send(job, [job.proofs]) }, stop, hold }
}
