// Many bodies over one libp2p stream, between two real nodes on loopback.
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, streamToDuplex, type FetchCandidate, type InfoHash, type TorrentStore } from '../../src/index.ts'
import { randomBody, until } from '../bodies.ts'

const test = suite('sb_bodies over libp2p')
let seeder: Libp2p
let reader: Libp2p
let store: TorrentStore
let opened = 0
const candidate: FetchCandidate = {
  id: 'libp2p',
  async open ({ signal }) {
    opened++
    return streamToDuplex(await reader.dialProtocol(seeder.getMultiaddrs(), BT_PROTOCOL, { signal }))
  }
}

async function node (): Promise<Libp2p> {
  return await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
}
const streams = (of: Libp2p): number => of.getConnections().flatMap(connection => connection.streams).filter(stream => stream.protocol === BT_PROTOCOL).length

test.before(async () => {
  [seeder, reader] = await Promise.all([node(), node()])
  store = await createTorrentStore({ db: createMemoryBlobs() })
  await seeder.handle(BT_PROTOCOL, stream => { store.serve(streamToDuplex(stream)) })
})
test.after(async () => {
  await store.close()
  await Promise.all([seeder.stop(), reader.stop()])
})
test.before.each(() => { opened = 0 })

test('500 small bodies and 100 full ones come over one stream, which is closed in the end', async () => {
  const bodies = [...Array.from({ length: 500 }, (_, i) => randomBody(200 + i)), ...Array.from({ length: 100 }, () => randomBody(65_536))]
  const refs = await Promise.all(bodies.map(async body => await store.put(body)))
  const got = new Map<InfoHash, Uint8Array>()
  for await (const { infoHash, body } of store.fetchMany(refs, { candidates: [candidate] })) if (body !== undefined) got.set(infoHash, body)
  for (const [i, { infoHash }] of refs.entries()) assert.ok(Buffer.compare(got.get(infoHash) ?? Buffer.of(), bodies[i] as Uint8Array) === 0)
  assert.is(opened, 1)
  await until(() => streams(reader) === 0 && streams(seeder) === 0)
})

test('a stream that is reset in the middle is opened again', async () => {
  const refs = await Promise.all(Array.from({ length: 300 }, async (_, i) => await store.put(randomBody(1000 + i))))
  let count = 0
  for await (const { body } of store.fetchMany(refs, { candidates: [candidate] })) {
    if (body === undefined) continue
    if (++count === 1) for (const connection of seeder.getConnections()) for (const stream of connection.streams) if (stream.protocol === BT_PROTOCOL) stream.abort(new Error('enough'))
  }
  assert.is(count, 300)
  await until(() => streams(reader) === 0 && streams(seeder) === 0)
})

test.run()
