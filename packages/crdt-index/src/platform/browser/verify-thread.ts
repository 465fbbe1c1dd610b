import type { StartVerifyThread, VerifyReport } from '../../envelope/verify-threads.ts'

/** A Web Worker of the page or of another worker. Bundlers look for exactly this expression, and for `.ts` where there is no `.js`. */
export const startWebVerifyThread: StartVerifyThread = ({ report, failed }) => {
  const worker = new Worker(new URL('./verify-worker.js', import.meta.url), { name: 'verify', type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<VerifyReport>) => { report(data) })
  worker.addEventListener('error', failed)
  worker.addEventListener('messageerror', failed)
  return {
    send: job => { worker.postMessage(job, [job.proofs]) },
    stop: () => { worker.terminate() },
    hold: () => {} // a page outlives nothing
  }
}
