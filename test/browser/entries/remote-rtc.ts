// Page of the WebRTC proxy's test: lends WebRTC to workers and calls functions of theirs by name.
import { serveRtc } from '../../../packages/core/src/remote/rtc/serve-rtc.ts'

interface Answer { readonly id: number, readonly value?: unknown, readonly error?: string }

const workers = new Map<string, { call: (name: string, args: readonly unknown[]) => Promise<unknown>, end: () => void, connections: () => number }>()

export function startWorker (name: string): void {
  const worker = new Worker('/remote-rtc-worker.js', { type: 'module' })
  const { port1, port2 } = new MessageChannel()
  const served = serveRtc(port1)
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastId = 0
  worker.onerror = event => { for (const { reject } of waiting.values()) reject(new Error(`worker: ${event.message}`)) }
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const pending = waiting.get(data.id)
    if (data.error === undefined) pending?.resolve(data.value)
    else pending?.reject(new Error(data.error))
  }
  worker.postMessage({ rtc: port2 }, [port2])
  workers.set(name, {
    async call (call, args) {
      const pending = Promise.withResolvers<unknown>()
      waiting.set(++lastId, pending)
      worker.postMessage({ id: lastId, call, args }, [])
      return await pending.promise
    },
    end () { worker.terminate(); served.close() },
    connections: served.connections
  })
}

export async function call (worker: string, name: string, args: readonly unknown[]): Promise<unknown> {
  return await workers.get(worker)?.call(name, args)
}

export function connections (worker: string): number {
  return workers.get(worker)?.connections() ?? -1
}

export function endWorker (worker: string): void {
  workers.get(worker)?.end()
}
