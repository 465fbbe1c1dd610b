// A process that downloads what server.ts, or another program, serves.
import { createDiffieHellman } from 'node:crypto'
import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, refOf, streamToDuplex, tcpCandidate, type FetchCandidate } from '@seedbed/torrent-store'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { benchBody } from '../support/bodies.ts'
import { answer } from '../support/child.ts'
import { downloadEach, handshake } from './light-client.ts'

const PARALLEL = 32
const range = (from: number, to: number): Buffer[] => Array.from({ length: to - from }, (_, i) => benchBody(from + i))

/** Bodies a second over one connection of sb_bodies. */
async function fetchBatch (bodies: readonly Uint8Array[], candidate: FetchCandidate): Promise<number> {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const refs = bodies.map(refOf)
  let [arrived, connections] = [0, 0]
  const counted: FetchCandidate = { ...candidate, open: async options => { connections++; return await candidate.open(options) } }
  const beganMs = performance.now()
  for await (const { body } of store.fetchMany(refs, { candidates: [counted], concurrency: 1 })) if (body !== undefined) arrived++
  const rate = arrived / (performance.now() - beganMs) * 1000
  if (arrived !== refs.length) throw new Error(`${arrived} of ${refs.length} bodies over ${connections} connections`)
  return rate
}

answer({
  /** Bodies a second, a connection each; `infoHashes` are those of another program's torrents. */
  async each ({ port, from, to, infoHashes }: { port: number, from: number, to: number, infoHashes?: string[] }): Promise<number> {
    const wanted = range(from, to).map((body, i) => ({ body, infoHash: infoHashes?.[i] ?? refOf(body).infoHash }))
    return await downloadEach(port, wanted, PARALLEL)
  },
  async batchTcp ({ port, from, to }: { port: number, from: number, to: number }): Promise<number> {
    return await fetchBatch(range(from, to), tcpCandidate('127.0.0.1', port))
  },
  async batchLibp2p ({ address, from, to }: { address: string, from: number, to: number }): Promise<number> {
    const libp2p = await createBareLibp2p()
    try {
      const connection = await libp2p.dial(multiaddr(address))
      return await fetchBatch(range(from, to), { id: 'server', open: async ({ signal }) => streamToDuplex(await connection.newStream(BT_PROTOCOL, { signal })) })
    } finally {
      await libp2p.stop()
    }
  },
  /** CPU milliseconds of this process for downloads by our own client, one after another. */
  async fetchEach ({ port, from, to, encrypt }: { port: number, from: number, to: number, encrypt: boolean }): Promise<number> {
    await using store = await createTorrentStore({ db: createMemoryBlobs() })
    const refs = range(from, to).map(refOf)
    const before = process.cpuUsage()
    for (const ref of refs) await store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', port, { encrypt })] })
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  },
  /** CPU milliseconds of a key exchange by Node's Diffie-Hellman, as other implementations use it: keys and secret. */
  exchangeByNode (exchanges: number): number {
    const peer = createDiffieHellman(MSE_PRIME, 'hex', 2).generateKeys()
    const before = process.cpuUsage()
    for (let i = 0; i < exchanges; i++) {
      const own = createDiffieHellman(MSE_PRIME, 'hex', 2)
      own.generateKeys()
      own.computeSecret(peer)
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / exchanges
  },
  /** Opens connections that name a body and then say nothing; resolves when all were greeted. */
  async idle ({ port, connections, from, greeted }: { port: number, connections: number, from: number, greeted: boolean }): Promise<void> {
    await Promise.all(Array.from({ length: connections }, async (_, i) => {
      const socket = connect({ host: '127.0.0.1', port })
      await new Promise<void>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('close', () => { reject(new Error('an idle connection was closed')) })
        socket.on(greeted ? 'data' : 'connect', () => { resolve() })
        socket.write(handshake(refOf(benchBody(from + i % 1000)).infoHash))
      })
    }))
  }
})

/** Message Stream Encryption: 768 bits. */
const MSE_PRIME = 'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563'
