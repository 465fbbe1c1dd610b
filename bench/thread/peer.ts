// One peer of the thread suite: the one that holds the thread, and the one that reads it cold.
import { createNode, type SeedbedNode } from '@seedbed/core'
import { contentIdOfBytes } from '@seedbed/crdt-index'
import { multiaddr } from '@multiformats/multiaddr'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, parseInfoHash, streamToDuplex, tcpCandidate, type FetchCandidate, type InfoHash } from '@seedbed/torrent-store'
import { answer } from '../support/child.ts'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { boundlessForOneAddress } from '../support/limits.ts'
import { until } from '../support/until.ts'

const PARALLEL = 32
let node: SeedbedNode | null = null
function theNode (): SeedbedNode {
  if (node === null) throw new Error('not started')
  return node
}

const infoHashes = (ids: readonly string[]): InfoHash[] => ids.map(id => parseInfoHash(contentIdOfBytes(Buffer.from(id, 'hex'))))

/** Milliseconds of all bodies over one connection of sb_bodies; throws unless every body came over the only one. */
async function fetchBatch (ids: readonly string[], candidate: FetchCandidate): Promise<number> {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const refs = infoHashes(ids).map(infoHash => ({ infoHash }))
  let connections = 0
  const counted: FetchCandidate = { ...candidate, open: async options => { connections++; return await candidate.open(options) } }
  let bodies = 0
  const beganMs = performance.now()
  for await (const { body } of store.fetchMany(refs, { candidates: [counted] })) if (body !== undefined) bodies++
  const tookMs = performance.now() - beganMs
  if (bodies !== refs.length || connections !== 1) throw new Error(`${bodies} of ${refs.length} bodies over ${connections} connections`)
  return tookMs
}

answer({
  async start (dataDir: string): Promise<{ address: string | undefined, torrentPort: number | null }> {
    node = await createNode({ dataDir })
    const { addresses, torrentPort } = await node.status()
    return { address: addresses[0], torrentPort }
  },
  /** A post with `comments` answers, every fourth of them to an earlier one. */
  async fill (comments: number): Promise<{ community: string, id: string, ids: string[] }> {
    const { address: community } = await theNode().communities.create({ slug: 'bench', difficulty: 0 })
    const { id } = await theNode().posts.create({ community, title: 'A long thread', text: 'text '.repeat(100) })
    const ids: string[] = []
    for (let n = 0; n < comments; n++) {
      const parent = n % 4 === 3 ? ids[n - 2] ?? id : id
      ids.push((await theNode().comments.create({ parent, text: `comment ${n} `.repeat(30) })).id)
    }
    return { community, id, ids: [id, ...ids] }
  },
  async join ({ community, peer, posts }: { community: string, peer: string, posts: number }): Promise<void> {
    await theNode().connect(peer)
    await theNode().communities.join(community)
    await until('the index is here', async () => (await theNode().status()).communities[0]?.comments === posts)
  },
  /**
   * Serves the same bodies at another port, at any rate and to any number of connections of one address: WebTorrent
   * keeps those of finished torrents open, and dials again what a listener closes to make room.
   */
  async serveToCrowd ({ ids, port }: { ids: string[], port: number }): Promise<{ port: number, infoHashes: string[] }> {
    const store = await createTorrentStore({ db: createMemoryBlobs(), limits: boundlessForOneAddress() })
    for await (const { body } of store.fetchMany(infoHashes(ids).map(infoHash => ({ infoHash })), { candidates: [tcpCandidate('127.0.0.1', port)] })) if (body !== undefined) await store.put(body)
    return { port: (await store.listen()).port, infoHashes: infoHashes(ids) }
  },
  /** Milliseconds of one thread() call; throws unless every body came. */
  async read ({ id, bodies }: { id: string, bodies: number }): Promise<number> {
    const beganMs = performance.now()
    const { post, comments } = await theNode().thread(id)
    const tookMs = performance.now() - beganMs
    if ([post, ...comments].filter(({ available }) => available).length !== bodies) throw new Error('a body is missing')
    return tookMs
  },
  /** The same bodies over TCP by their infohashes, a connection each, without an index, a signature check or a database. */
  async fetchBare ({ ids, port }: { ids: string[], port: number }): Promise<number> {
    await using store = await createTorrentStore({ db: createMemoryBlobs() })
    const queue = infoHashes(ids)
    const beganMs = performance.now()
    await Promise.all(Array.from({ length: PARALLEL }, async () => {
      for (let infoHash = queue.shift(); infoHash !== undefined; infoHash = queue.shift()) await store.fetch({ infoHash }, { candidates: [tcpCandidate('127.0.0.1', port)] })
    }))
    return performance.now() - beganMs
  },
  /** The same over one TCP connection. */
  async fetchTcp ({ ids, port }: { ids: string[], port: number }): Promise<number> {
    return await fetchBatch(ids, tcpCandidate('127.0.0.1', port))
  },
  /** The same over one stream of one libp2p connection, which is open already. */
  async fetchLibp2p ({ ids, address }: { ids: string[], address: string }): Promise<number> {
    const libp2p = await createBareLibp2p()
    try {
      const connection = await libp2p.dial(multiaddr(address))
      return await fetchBatch(ids, { id: 'holder', open: async ({ signal }) => streamToDuplex(await connection.newStream(BT_PROTOCOL, { signal })) })
    } finally {
      await libp2p.stop()
    }
  }
})
