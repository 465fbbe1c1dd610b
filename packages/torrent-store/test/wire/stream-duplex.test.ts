// BitTorrent over libp2p streams, between two real nodes on loopback.
import { noise } from '@libp2p/noise'
import type { Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { createHash, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, streamToDuplex, type FetchCandidate, type TorrentStore } from '../../src/index.ts'
import { BOUNDARY_LENGTHS, randomBody, until } from '../bodies.ts'

const test = suite('stream-duplex')
let seeder: Libp2p
let reader: Libp2p
let store: TorrentStore

async function node (): Promise<Libp2p> {
  return await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
}
test.before(async () => {
  [seeder, reader] = await Promise.all([node(), node()])
  store = await createTorrentStore({ db: createMemoryBlobs() })
  await seeder.handle(BT_PROTOCOL, stream => { store.serve(streamToDuplex(stream)) }, { maxInboundStreams: 256 })
})
test.after(async () => {
  await store.close()
  await Promise.all([seeder.stop(), reader.stop()])
})

async function dial (protocol: string, signal?: AbortSignal): Promise<Stream> {
  return await reader.dialProtocol(seeder.getMultiaddrs(), protocol, { maxOutboundStreams: 256, ...(signal === undefined ? {} : { signal }) })
}
const candidate: FetchCandidate = { id: 'libp2p', open: async ({ signal }) => streamToDuplex(await dial(BT_PROTOCOL, signal)) }

function openStreams (node: Libp2p): number {
  return node.getConnections().flatMap(connection => connection.streams).filter(stream => stream.protocol.startsWith('/seedbed')).length
}

for (const length of BOUNDARY_LENGTHS) {
  test(`${length} bytes arrive over a stream`, async () => {
    const body = randomBody(length)
    const ref = await store.put(body)
    for (const wanted of [ref, { infoHash: ref.infoHash }]) {
      for (const encrypt of [false, true]) {
        const fetched = await store.fetch(wanted, { candidates: [{ ...candidate, encrypt }] })
        assert.equal(Buffer.from(fetched.body), Buffer.from(body))
      }
    }
  })
}

test('many bodies at a time over one connection, which keeps no stream', async () => {
  const refs = await Promise.all(Array.from({ length: 200 }, async (_, i) => await store.put(randomBytes(1000 + i))))
  await Promise.all(refs.map(async ref => await store.fetch(ref, { candidates: [candidate] })))
  assert.is(reader.getConnections().length, 1)
  await until(() => openStreams(reader) === 0 && openStreams(seeder) === 0)
})

test('a body that is not held is absent here too, and an abort resets the stream', async () => {
  const absent = { infoHash: 'f'.repeat(40) as never }
  await store.fetch(absent, { candidates: [candidate] }).then(() => assert.unreachable(), (error: { faults: unknown }) => {
    assert.equal(error.faults, [{ id: 'libp2p', reason: 'ABSENT' }])
  })
  await seeder.handle('/seedbed/silent', stream => { streamToDuplex(stream).on('error', () => {}).resume() })
  const controller = new AbortController()
  const fetching = store.fetch(absent, { candidates: [{ id: 'silent', open: async () => streamToDuplex(await dial('/seedbed/silent')) }], signal: controller.signal })
  await until(() => openStreams(seeder) === 1)
  controller.abort(new Error('enough'))
  await fetching.then(() => assert.unreachable(), () => {})
  await until(() => openStreams(reader) === 0 && openStreams(seeder) === 0)
})

test('a slow reader holds the writer back, and every byte arrives', async () => {
  const sent = randomBytes(6 << 20)
  let writer: Duplex | undefined
  await seeder.handle('/seedbed/pour', stream => {
    writer = streamToDuplex(stream)
    writer.resume()
    writer.on('error', () => {})
    writer.end(sent)
  })
  const duplex = streamToDuplex(await dial('/seedbed/pour'))
  const hash = createHash('sha256')
  let length = 0
  let most = 0
  for await (const chunk of duplex) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
    most = Math.max(most, duplex.readableLength)
    if (length % 7 === 0) await new Promise(resolve => { setTimeout(resolve, 2) })
  }
  assert.is(length, sent.length)
  assert.is(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'))
  assert.ok(most < 2 << 20, `${most} bytes piled up`)
  duplex.end()
  await until(() => writer?.destroyed === true && duplex.destroyed)
})

test('half a close: what was written before an end still gets its answer', async () => {
  await seeder.handle('/seedbed/echo', stream => {
    const duplex = streamToDuplex(stream)
    duplex.on('error', () => {})
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of duplex) chunks.push(chunk as Buffer)
      duplex.end(Buffer.concat(chunks))
    })()
  })
  const duplex = streamToDuplex(await dial('/seedbed/echo'))
  const answer: Buffer[] = []
  duplex.on('data', (chunk: Buffer) => answer.push(chunk))
  const ended = new Promise(resolve => { duplex.once('end', resolve) })
  duplex.write('hello ')
  duplex.end('world')
  await ended
  assert.is(Buffer.concat(answer).toString(), 'hello world')
})

test('a stream that is reset ends its duplex with the error', async () => {
  await seeder.handle('/seedbed/reset', stream => { stream.abort(new Error('go away')) })
  const duplex = streamToDuplex(await dial('/seedbed/reset'))
  duplex.resume()
  const error = await new Promise(resolve => { duplex.once('error', resolve) })
  assert.instance(error, Error)
  assert.ok(duplex.destroyed)
})

test('nobody has to be there yet for the error of a stream that was reset at once', async () => {
  const stream = await dial(BT_PROTOCOL)
  stream.abort(new Error('gave up'))
  const duplex = streamToDuplex(stream)
  await until(() => duplex.destroyed)
  await new Promise(resolve => setTimeout(resolve, 20)) // an error that nobody hears would end this process
})

test('a duplex over a stream that is already over ends with an error', async () => {
  await seeder.handle('/seedbed/silent2', () => {})
  const stream = await dial('/seedbed/silent2')
  stream.abort(new Error('over'))
  const duplex = streamToDuplex(stream)
  assert.instance(await new Promise(resolve => { duplex.once('error', resolve) }), Error)
  assert.ok(duplex.destroyed)
})

test.run()
