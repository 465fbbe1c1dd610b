// A peer that speaks libp2p as ours do, and does with it what it likes.
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createCrdtIndex, createLibp2pTransport, createSigner, type CrdtIndex, type Libp2pTransport, type Signer } from '@seedbed/crdt-index'
import { BT_PROTOCOL, streamToDuplex } from '@seedbed/torrent-store'
import { MemoryLevel } from 'memory-level'
import { createLibp2pNode } from '../../packages/core/src/network/libp2p.ts'
import { loadOrCreatePeerKey } from '../../packages/core/src/network/peer-key.ts'

export interface Mallory extends AsyncDisposable {
  readonly peerId: string
  readonly signer: Signer
  readonly transport: Libp2pTransport
  /** An index as honest software keeps it: for lies that are well-formed. Made at the first call. */
  index (): Promise<CrdtIndex>
  connect (address: string): Promise<Connection>
  /** A new stream to the peer, for raw bytes. */
  stream (connection: Connection, protocol: string): Promise<Stream>
  /** Answers body streams. */
  serveBodies (serve: (duplex: Duplex) => void): Promise<void>
}

export async function createMallory (clock: () => number = Date.now): Promise<Mallory> {
  const key = await loadOrCreatePeerKey(new MemoryLevel() as never)
  const libp2p = await createLibp2pNode(key, {})
  const transport = createLibp2pTransport(libp2p)
  let index: Promise<CrdtIndex> | null = null
  return {
    peerId: libp2p.peerId.toString(),
    signer: createSigner(randomBytes(32)),
    transport,
    index: async () => await (index ??= createCrdtIndex({ db: new MemoryLevel(), transport, clock, syncIntervalMs: 1000 })),
    connect: async address => await libp2p.dial(multiaddr(address)),
    stream: async (connection, protocol) => await connection.newStream(protocol, { maxOutboundStreams: 10_000 }),
    async serveBodies (serve) {
      await libp2p.handle(BT_PROTOCOL, stream => { serve(streamToDuplex(stream)) }, { force: true })
    },
    async [Symbol.asyncDispose] () {
      await (await index)?.close()
      await transport.close()
      await libp2p.stop()
    }
  }
}
