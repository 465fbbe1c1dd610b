// The same calls in a dedicated worker.
import * as module from './torrent-store.ts'

const calls = new Map<string, unknown>(Object.entries(module))

globalThis.addEventListener('message', ({ data: { id, call, given }, ports }: MessageEvent<{ id: number, call: string, given: unknown[] }>) => {
  void answer(id, call, [...ports, ...given])
})

async function answer (id: number, call: string, given: unknown[]): Promise<void> {
  try {
    globalThis.postMessage({ id, result: await (calls.get(call) as (...given: unknown[]) => unknown)(...given) }, {})
  } catch (error) {
    globalThis.postMessage({ id, error: error instanceof Error ? error.stack ?? error.message : String(error) }, {})
  }
}
