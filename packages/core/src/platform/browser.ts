// A page or one of its workers: IndexedDB, Web Locks, WebSocket and WebRTC.
import { sha256 } from '@noble/hashes/sha2.js'
import type { Level } from 'level'
import { publicKey } from '../identity/identity.ts'
import type { Identity } from '../identity/identity-document.ts'
import { loadOrCreateStoredIdentity, readStoredIdentity } from '../identity/key-store.ts'
import { ENOUGH_PAGE_PEERS, PAGE_COMMUNITY_BYTES } from '../limits.ts'
import { transportOf } from '../network/peer-transport.ts'
import { onPageWake } from '../network/wake.ts'
import { loadWebRtc } from '../personal/devices/web-rtc-browser.ts'
import type { Platform } from './platform.ts'

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

const createIdentity = async (name: string, options: { readonly phrase?: string } = {}): Promise<Identity> => await loadOrCreateStoredIdentity(name, { publicKey, ...options })
const openDatabase = async (name: string): Promise<Level> => await (await import('./page-database.ts')).openPageDatabase(name)

export const platform: Platform = {
  readIdentity: async name => await readStoredIdentity(name, { publicKey }),
  createIdentity,
  openDatabase,
  async openHome (name, phrase) {
    // On their way while the database opens; a failure shows where they are needed.
    for (const loading of [import('../network/browser-libp2p.ts'), import('../swarm/page-torrents.ts')]) loading.catch(() => {})
    const opening = openDatabase(`${name}/db`)
    opening.catch(() => {}) // told below
    try {
      const identity = await createIdentity(name, phrase === undefined ? {} : { phrase })
      return { identity, db: await opening }
    } catch (error) {
      await opening.then(async db => { await db.close() }, () => {})
      throw error
    }
  },
  async startLibp2p ({ privateKey }, options, nearDials) {
    const { createBrowserLibp2p } = await import('../network/browser-libp2p.ts')
    return await createBrowserLibp2p(await privateKey(), options, nearDials)
  },
  openTorrents: async (home, options) => await (await import('../swarm/page-torrents.ts')).openPageTorrents(home, options),
  canDial (address) {
    const transport = transportOf(address)
    if (transport !== 'websocket') return transport === 'webrtc' && address.includes('/p2p-circuit/')
    // A page that came over https may open secure WebSockets only, but for its own machine.
    return globalThis.location?.protocol !== 'https:' || /\/(?:wss|tls)(?:\/|$)/.test(address) || /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address)
  },
  sha256,
  communityBytes: PAGE_COMMUNITY_BYTES,
  enoughPeers: ENOUGH_PAGE_PEERS,
  asksForPeers: true,
  isOnLoopback: () => LOOPBACK_HOST.test(globalThis.location?.hostname ?? ''),
  onWake: onPageWake,
  loadWebRtc
}
