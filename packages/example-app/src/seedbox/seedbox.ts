// A seedbox: a peer with a front for browsers. The front comes first, because the peer tells others where it is.
import { readIdentity, SeedbedError, type Front, type NetworkOptions, type NodeStatus } from '@seedbed/core'
import { fileURLToPath } from 'node:url'
import { announcedAddresses, pageUrl, type FrontAddress } from './front-address.ts'
import { isLoopback } from './front/access.ts'
import { createFront, SIGNALLING_PATH, TRACKER_PATH } from './front/front.ts'
import { keepCopies, type CopyingNode } from './keep-copies.ts'
import { createPairing } from './pairing/pairing.ts'

export interface SeedboxOptions extends FrontAddress {
  /** Where browsers find it behind a proxy; null when they find it where it listens. */
  readonly publicUrl: URL | null
  /** Whether a proxy of ours names the remote address in X-Forwarded-For. */
  readonly behindProxy: boolean
  /** Data folder whose identity a page may be given. */
  readonly dataDir: string
  /** Unix time in milliseconds. */
  readonly clock: () => number
}

export interface Seedbox {
  /** What a browser opens, ending in `/`. */
  readonly url: string
  /** What the peer behind the front has to be started with. */
  readonly network: Pick<NetworkOptions, 'announce' | 'seedbox' | 'behindFront'>
  /** Lets browsers in to the peer, which was started with `network`. */
  admit (status: NodeStatus): void
  /** Has the peer keep what is written in its communities, until `signal` is aborted. */
  keepCopies (node: CopyingNode, signal: AbortSignal): void
  /** A new address that gives one page the identity; the one before is void. `untilMs`: Unix milliseconds. */
  pair (): { readonly url: string, readonly untilMs: number }
  /** Ends every connection; may be called twice. */
  close (): Promise<void>
}

/** Built beside this package's sources, or shipped with them. */
const WEB_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url))

/** Errors: NETWORK_FAILED. */
export async function openSeedbox ({ host, port, orFree, publicUrl, behindProxy, dataDir, clock }: SeedboxOptions): Promise<Seedbox> {
  const pairing = createPairing({ phrase: async () => await phraseOf(dataDir), clock })
  const front = await createFront({ host, port, orFree, webFolder: WEB_FOLDER, publicUrl, behindProxy, pairing })
  const bound = { host, port: front.port, publicUrl }
  const announce = announcedAddresses(bound)
  const url = pageUrl(bound)
  let webSocketPort: number | null = null
  const behindFront: Front = {
    reachedBy: publicUrl === null && isLoopback(host) ? 'machine' : 'world',
    listening (port) { webSocketPort = port }
  }
  return {
    url,
    network: { announce, seedbox: { tracker: TRACKER_PATH, signalling: SIGNALLING_PATH }, behindFront },
    admit ({ peerId }) {
      if (peerId === null || webSocketPort === null) throw new SeedbedError('NETWORK_FAILED', 'The peer does not listen for its front.')
      front.setPeer({ peerId, webSocketPort })
    },
    keepCopies,
    pair () {
      const { secret, untilMs } = pairing.renew()
      return { url: `${url}#device=${secret}`, untilMs }
    },
    close: async () => { await front.close() }
  }
}

async function phraseOf (dataDir: string): Promise<string> {
  const identity = await readIdentity(dataDir)
  if (identity === null) throw new SeedbedError('NO_IDENTITY', `${dataDir} has no identity any more.`)
  return identity.phrase
}
