// The community that comes with the app is planted once, so that a newcomer has something to read before anybody is met.
import type { FeedPage } from '@seedbed/core'
import type { RemoteNode } from '@seedbed/core/page'
import { SETTLE_MS } from '../limits.ts'
import { createStore, type Store } from '../peer/external-store.ts'
import { keptValues } from '../peer/use-peer.tsx'
import { MAX_STARTER_BYTES, STARTER_FILE } from '../../starter.ts'

/** Between two looks at what is listed: a few frames. */
const LOOK_MS = 50
const PLANTED_KEY = 'seedbed/planted'

let planting: Promise<void> | null = null

/** True until it is known that nothing more comes by itself: a page without posts is not empty before. */
export const isPlanting: Store<boolean> = createStore<boolean>(true)

/** Once a browser and identity: who leaves it is not given it again. Errors: those of `archives.import`. */
export async function plantStarter (node: RemoteNode): Promise<void> {
  planting ??= plant(node).finally(() => { isPlanting.set(false) })
  await planting
}

async function plant (node: RemoteNode): Promise<void> {
  if (hasPlanted(node.author)) return
  const response = await fetch(`/${STARTER_FILE}`).catch(() => null) // offline: at the next start
  if (response === null) return
  const length = Number(response.headers.get('content-length') ?? 0)
  if (!response.ok || length > MAX_STARTER_BYTES || response.headers.get('content-type')?.startsWith('text/html') === true) return
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length === 0 || bytes.length > MAX_STARTER_BYTES) return
  await node.archives.import(bytes)
  notePlanted(node.author)
  await untilListed(node)
}

/** A feed that is shown is read anew a moment after the import: until then it would look as if nothing had come. */
async function untilListed (node: RemoteNode): Promise<void> {
  const isListed = (): boolean => (keptValues(node, 'feed:') as FeedPage[]).every(({ items }) => items.length > 0)
  for (const endMs = performance.now() + SETTLE_MS; !isListed() && performance.now() < endMs;) await new Promise(resolve => { setTimeout(resolve, LOOK_MS) })
}

function hasPlanted (author: string): boolean {
  try {
    return (localStorage.getItem(PLANTED_KEY) ?? '').split(' ').includes(author)
  } catch {
    return true
  }
}

function notePlanted (author: string): void {
  try {
    localStorage.setItem(PLANTED_KEY, `${localStorage.getItem(PLANTED_KEY) ?? ''} ${author}`.trim())
  } catch {} // then it is planted again, which changes nothing
}
