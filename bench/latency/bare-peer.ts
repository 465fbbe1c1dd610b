// The same two messages without Seedbed: one gossipsub message, and on its arrival one request and its response.
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import { createHash } from 'node:crypto'
import { answer, sharedNowMs } from '../support/child.ts'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { until } from '../support/until.ts'

const TOPIC = 'bench'
const PROTOCOL = '/bench/body/1'

const libp2p = await createBareLibp2p()
const heard = new Map<string, number>()
const arrivals = new Map<string, number>()
let body = new Uint8Array(0)
let db: Level<string, Uint8Array> | null = null

libp2p.services.pubsub.addEventListener('message', ({ detail: { data } }) => {
  heard.set(Buffer.from(data).toString('hex'), sharedNowMs())
  const [connection] = libp2p.getConnections()
  if (connection === undefined) return
  void (async () => {
    const stream = await connection.newStream(PROTOCOL)
    const frames = lpStream(stream)
    await frames.write(data.subarray(0, 32))
    const received = (await frames.read()).subarray()
    createHash('sha256').update(received).digest()
    arrivals.set(Buffer.from(data).toString('hex'), sharedNowMs())
    await stream.close()
  })()
})
await libp2p.handle(PROTOCOL, async (stream: Stream) => {
  const frames = lpStream(stream)
  await frames.read()
  await frames.write(body)
  await stream.close()
})

answer({
  async start ({ folder, bodyBytes }: { folder: string, bodyBytes: number }): Promise<string | undefined> {
    db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
    await db.open()
    body = new Uint8Array(bodyBytes).fill(120)
    libp2p.services.pubsub.subscribe(TOPIC)
    return libp2p.getMultiaddrs()[0]?.toString()
  },
  async connect (peer: string): Promise<void> {
    await libp2p.dial(multiaddr(peer))
    await until('the topic has a subscriber', () => libp2p.services.pubsub.getSubscribers(TOPIC).length > 0)
  },
  async ready (): Promise<void> {
    await until('the topic has a subscriber', () => libp2p.services.pubsub.getSubscribers(TOPIC).length > 0)
  },
  async publish (message: Uint8Array): Promise<number> {
    const beganMs = sharedNowMs()
    await libp2p.services.pubsub.publish(TOPIC, message)
    return beganMs
  },
  /** Two synced writes, a body's and an envelope's: what a durable post costs the disk at least. */
  async store (envelope: Uint8Array): Promise<number> {
    const beganMs = sharedNowMs()
    const key = Buffer.from(envelope).toString('hex')
    for (const [name, value] of [['body', body], ['envelope', envelope]] as const) await db?.put(`${name}/${key}`, value, { sync: true })
    return sharedNowMs() - beganMs
  },
  /** When the message itself was here. */
  async heard (id: string): Promise<number | undefined> {
    await until('the message is here', () => heard.has(id), { everyMs: 1 })
    return heard.get(id)
  },
  async arrival (id: string): Promise<number | undefined> {
    await until('the message arrives', () => arrivals.has(id), { everyMs: 1 })
    return arrivals.get(id)
  }
})
