import type { StartStampThread } from '../../envelope/stamp-threads.ts'

/** A Web Worker of the page or of another worker. Bundlers look for exactly this expression, and for `.ts` where there is no `.js`. */
export const startWebStampThread: StartStampThread = ({ report, failed }) => {
  const worker = new Worker(new URL('./stamp-worker.js', import.meta.url), { name: 'stamps', type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<Parameters<typeof report>[0]>) => { report(data) })
  worker.addEventListener('error', failed)
  return {
    send: command => { worker.postMessage(command, []) },
    stop: () => { worker.terminate() }
  }
}
