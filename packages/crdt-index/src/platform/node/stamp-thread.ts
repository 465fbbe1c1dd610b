import { Worker } from 'node:worker_threads'
import type { StartStampThread } from '../../envelope/stamp-threads.ts'

/** Source runs with type stripping, the build as JavaScript: the worker is of the same kind as this file. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './stamp-worker.ts' : './stamp-worker.js', import.meta.url)

/** A worker thread of Node. It needs none of the process's own flags, some of which no worker takes. */
export const startNodeStampThread: StartStampThread = ({ report, failed }) => {
  const worker = new Worker(entry, { name: 'stamps', execArgv: [] })
  worker.on('message', report)
  worker.on('error', failed)
  return {
    send: command => { worker.postMessage(command, []) },
    stop () {
      worker.off('error', failed)
      worker.on('error', () => {})
      void worker.terminate()
    }
  }
}
