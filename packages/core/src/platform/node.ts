// Node.js: a folder of files, LevelDB, TCP and WebSocket. What is heavy loads when it is used.
import type { Level } from 'level'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { publicKey } from '../identity/identity.ts'
import type { Identity } from '../identity/identity-document.ts'
import { loadOrCreateKeyFile, readKeyFile } from '../identity/key-file.ts'
import { COMMUNITY_BYTES, ENOUGH_BOOK_PEERS } from '../limits.ts'
import { transportOf } from '../network/peer-transport.ts'
import type { Platform } from './platform.ts'

const DATABASE_FOLDER = 'db'

const createIdentity = async (dataDir: string, options: { readonly phrase?: string } = {}): Promise<Identity> => await loadOrCreateKeyFile(dataDir, { publicKey, ...options })
const openDatabase = async (location: string): Promise<Level> => await (await import('../database.ts')).openDatabase(location)

export const platform: Platform = {
  readIdentity: async dataDir => await readKeyFile(dataDir, { publicKey }),
  createIdentity,
  openDatabase,
  async openHome (dataDir, phrase) {
    const identity = await createIdentity(dataDir, phrase === undefined ? {} : { phrase }) // which makes the folder
    return { identity, db: await openDatabase(path.join(dataDir, DATABASE_FOLDER)) }
  },
  async startLibp2p ({ privateKey, port }, options) {
    const { createLibp2pNode } = await import('../network/libp2p.ts')
    const key = await privateKey()
    if (options.listen !== undefined) return await createLibp2pNode(key, options)
    return await port.listen(
      async port => await createLibp2pNode(key, { ...options, listen: [`/ip4/127.0.0.1/tcp/${port}`] }),
      libp2p => Number(/\/tcp\/(\d+)/.exec(String(libp2p.getMultiaddrs()[0]))?.[1] ?? NaN) || null
    )
  },
  openTorrents: async (home, options) => await (await import('../swarm/open-torrents.ts')).openTorrents(home, options),
  canDial: address => ['tcp', 'websocket'].includes(transportOf(address)),
  sha256: bytes => createHash('sha256').update(bytes).digest(),
  communityBytes: COMMUNITY_BYTES,
  enoughPeers: ENOUGH_BOOK_PEERS,
  asksForPeers: false,
  isOnLoopback: () => false,
  onWake: () => () => {}, // its connections notice by themselves, and its dials go on
  loadWebRtc: async () => await (await import('../personal/devices/web-rtc-node.ts')).loadWebRtc()
}
