// The JavaScript heaps of a page and of its workers, after a garbage collection, over the DevTools protocol.
import type { CDPSession, Page } from 'playwright-core'

export interface HeapBytes {
  /** Objects, code and strings: what `performance.memory` and heap snapshots count. */
  readonly used: number
  /** Bytes of ArrayBuffers, which lie outside of it. */
  readonly buffers: number
}

export interface Heaps { readonly page: HeapBytes, readonly worker: HeapBytes }

type Send = (method: string, params?: object) => Promise<unknown>

/** Calls a protocol method in every worker of a page, in order of their start. */
export async function workersOf (page: Page): Promise<{ readonly sends: readonly Send[], close (): Promise<void> }> {
  const session: CDPSession = await page.context().newCDPSession(page)
  const waiting = new Map<number, (answer: { result?: unknown, error?: unknown }) => void>()
  const sends: Send[] = []
  let lastId = 0
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const answer = JSON.parse(message) as { id?: number, result?: unknown, error?: unknown }
    if (answer.id === undefined) return
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type !== 'worker') return
    sends.push(async (method, params = {}) => await new Promise((resolve, reject) => {
      const id = ++lastId
      waiting.set(id, ({ result, error }) => { if (error === undefined) resolve(result); else reject(new Error(`${method}: ${JSON.stringify(error)}`)) })
      session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(reject)
    }))
  })
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  return { sends, close: async () => { await session.detach() } }
}

export async function heapsOf (page: Page): Promise<Heaps> {
  const session = await page.context().newCDPSession(page)
  const workers = await workersOf(page)
  const own = await measure(async (method, params = {}) => await session.send(method as 'Runtime.getHeapUsage', params))
  const others = await Promise.all(workers.sends.map(measure))
  await session.detach()
  await workers.close()
  const sum = (figure: keyof HeapBytes): number => others.reduce((total, heap) => total + heap[figure], 0)
  return { page: own, worker: { used: sum('used'), buffers: sum('buffers') } }
}

async function measure (send: Send): Promise<HeapBytes> {
  await send('HeapProfiler.enable')
  await send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = await send('Runtime.getHeapUsage') as { usedSize: number, backingStorageSize: number }
  await send('HeapProfiler.disable')
  return { used: usedSize, buffers: backingStorageSize }
}
