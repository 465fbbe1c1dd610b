// Starts the peer of this browser and gets it into touch: with the seedbox that served the page, and with what the
// address asked for.
import type { RemoteNode } from '@seedbed/core/page'
import { beginPeer, openPeer, type OpenPeerOptions } from '@seedbed/core/page'
import { createStore, type Store } from './external-store.ts'
import { createLastSeen, type LastSeenKeeper } from './last-seen.ts'
import { originSeedbox } from './origin-seedbox.ts'
import { createProfileRegistry, type ProfileRegistry } from './profiles.ts'

export type PeerState =
  /** `node`: where it is known whose peer it will be; what is called waits for the peer. */
  | { readonly state: 'starting', readonly node: RemoteNode | null }
  | { readonly state: 'running', readonly node: RemoteNode }
  | { readonly state: 'failed', readonly code: string, readonly message: string }

export const peerState: Store<PeerState> = createStore<PeerState>({ state: 'starting', node: null })
/** What screens can be drawn with. */
export function nodeOf (peer: PeerState): RemoteNode | null {
  return peer.state === 'failed' ? null : peer.node
}

export const profiles: ProfileRegistry = createProfileRegistry(localStorage, Date.now)
/** The address of the page's script changes with every build. */
export const lastSeen: LastSeenKeeper = createLastSeen(localStorage, document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '')

/** A new identity beside the ones that are here, from its recovery phrase. The page is loaded anew for it. Errors: BAD_PHRASE, STORAGE_FAILED. */
export async function takePhrase (phrase: string): Promise<void> {
  const dataDir = `seedbed-${crypto.randomUUID().slice(0, 8)}`
  const opened = await withWorker(async worker => await openPeer({ dataDir, phrase, worker }))
  const { author } = opened
  await opened.close()
  const known = profiles.list().find(profile => profile.author === author)
  profiles.use(known ?? { dataDir, author, createdAtMs: Date.now() })
  // The database that was only opened to read whose phrase it is stays empty when the identity was here already.
}

/** Ends in a running or a failed state; never throws. */
export async function startPeer (): Promise<void> {
  peerState.set({ state: 'starting', node: null })
  try {
    const profile = profiles.current()
    const { dataDir, author } = profile
    lastSeen.take(dataDir)
    const node = await withWorker(async worker => {
      const opening = beginPeer({ dataDir, worker, ...(author === null ? {} : { author: author as RemoteNode['author'] }) })
      if (author !== null) peerState.set({ state: 'starting', node: opening.node })
      return await opening.opened
    })
    profiles.started(profile, node.author)
    peerState.set({ state: 'running', node })
    void meetOrigin(node)
  } catch (error) {
    const { code = 'INTERNAL', message } = error as Error & { code?: string }
    peerState.set({ state: 'failed', code, message })
  }
}

/** Its script is on the way while the tabs agree on who runs the peer; where another one does, this worker is not needed. */
async function withWorker (open: (worker: OpenPeerOptions['worker']) => Promise<RemoteNode>): Promise<RemoteNode> {
  let early: Worker | null = createWorker()
  early.addEventListener('error', () => { early = null }) // the next one says what is wrong
  try {
    return await open(() => {
      const worker = early ?? createWorker()
      early = null
      return worker
    })
  } finally {
    early?.terminate()
    early = null
  }
}

function createWorker (): Worker {
  return new Worker(new URL('../peer-worker.ts', import.meta.url), { type: 'module', name: 'seedbed peer' })
}

/** The first seedbox of a page is the one that it came from; it is remembered and dialled again like any other. */
async function meetOrigin (node: RemoteNode): Promise<void> {
  const address = await originSeedbox(new URL(location.href), async path => await (await fetch(path, { cache: 'no-store' })).json() as unknown)
  if (address === null) return
  try {
    const known = await node.seedboxes.list()
    if (!known.some(seedbox => seedbox.address === address && seedbox.connected)) await node.seedboxes.add(address)
  } catch {} // the screen Network says who is connected; it is dialled again
}
