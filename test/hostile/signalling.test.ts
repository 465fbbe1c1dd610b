// test-timeout-ms: 600000
// What anybody can do to an author's devices who knows their room: the seedbox that carries it, or who listens to an
// unencrypted connection to it. The devices go on, and find each other.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type * as Y from 'yjs'
import { createDevices, type Devices } from '../../packages/core/src/personal/devices/devices.ts'
import { createSeal, type Seal } from '../../packages/core/src/personal/devices/seal.ts'
import { loadWebRtc } from '../../packages/core/src/personal/devices/web-rtc-node.ts'
import { createPersonalDoc } from '../../packages/core/src/personal/document.ts'
import { personalSecrets, type PersonalSecrets } from '../../packages/core/src/personal/secrets.ts'
import { startSignalling, startUnboundedSignalling } from './signalling-server.ts'

const test = suite('signalling of the own devices')
const logger = { debug: () => {}, info: () => {}, warn: () => {} }
const CHILD = path.join(import.meta.dirname, '../../packages/core/test/personal/device-child.ts')
const FLOOD = path.join(import.meta.dirname, 'signalling-flood.ts')

interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  output: string
  errors: string
  /** It is gone, and all that it said is here. */
  ended: boolean
}

async function start (script: string, ...args: string[]): Promise<Child> {
  const process = spawn(globalThis.process.execPath, ['--conditions=source', '--disable-warning=ExperimentalWarning', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const child: Child = {
    process, output: '', errors: '', ended: false,
    async [Symbol.asyncDispose] () {
      if (process.exitCode !== null || process.signalCode !== null) return
      const ended = new Promise(resolve => { process.once('exit', resolve) })
      process.kill('SIGKILL')
      await ended
    }
  }
  process.once('close', () => { child.ended = true })
  process.stdout.on('data', (chunk: Buffer) => { child.output += chunk.toString() })
  process.stderr.on('data', (chunk: Buffer) => { child.errors += chunk.toString() })
  return child
}

async function until (what: string, holds: () => boolean, timeoutMs = 120_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The last line of a flood that is over. */
function outcomeOf (flood: Child): { sent: number, open: boolean } {
  return JSON.parse(flood.output.trim().split('\n').at(-1) ?? '') as { sent: number, open: boolean }
}

function device (secrets: PersonalSecrets, url: string, maxBytes = Infinity): { doc: Y.Doc, devices: Devices, met: () => boolean } & Disposable {
  const doc = createPersonalDoc()
  let met = false // also for less than the time between two looks
  const devices: Devices = createDevices({ secrets, doc, iceServers: [], loadWebRtc, mayGrow: bytes => bytes <= maxBytes, onChange: () => { met ||= devices.connected > 0 }, logger })
  devices.use([url])
  return { doc, devices, met: () => met, [Symbol.dispose]: () => { devices.close() } }
}

/** Somebody in the room without WebRTC. */
async function intruder (url: string, room: string): Promise<{ publish (data: unknown): void, send (text: string | Uint8Array<ArrayBuffer>): void, heard: string[] } & Disposable> {
  const socket = new WebSocket(url)
  const heard: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { type: string, data?: unknown }
    if (message.type === 'publish' && typeof message.data === 'string') heard.push(message.data)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  socket.send(JSON.stringify({ type: 'subscribe', topics: [room] }))
  return {
    heard,
    publish (data) { socket.send(JSON.stringify({ type: 'publish', topic: room, data })) },
    send (text) { socket.send(text) },
    [Symbol.dispose]: () => { socket.close() }
  }
}

const seedOf = (): { seed: string, secrets: PersonalSecrets } => {
  const seed = randomBytes(32)
  return { seed: seed.toString('hex'), secrets: personalSecrets(seed) }
}

async function sealAnything (seal: Seal, signal: unknown): Promise<string> {
  return await seal.close(signal as object)
}

test('y-webrtc by itself ends its process at the first signal that was sealed with another password', async () => {
  const { seed, secrets } = seedOf()
  await using server = await startSignalling()
  await using victim = await start(CHILD, 'stock', server.url, seed)
  using stranger = await intruder(server.url, secrets.room)
  await until('the device announces itself', () => stranger.heard.length > 0)
  stranger.publish(await (await createSeal({ ...secrets, password: 'wrong' })).close({ type: 'announce', from: 'x' }))
  await until('it is dead', () => victim.ended)
  assert.match(victim.errors, /OperationError/)
})

test('a device lives through wrong passwords, garbage and nonsense of its own devices, and finds another one after it', async () => {
  const { seed, secrets } = seedOf()
  await using server = await startUnboundedSignalling()
  await using victim = await start(CHILD, 'guarded', server.url, seed)
  using stranger = await intruder(server.url, secrets.room)
  await until('the device announces itself', () => stranger.heard.length > 0)
  const own = await createSeal(secrets)
  const { from: victimId } = await own.open(stranger.heard[0] ?? '') as { from: string }
  const wrong = await createSeal({ ...secrets, password: 'wrong' })
  const right = await own.close({ type: 'announce', from: 'somebody' })
  for (const text of ['', 'no JSON', 'null', '[]', '{}', '"text"', '{"type":"publish"}', `{"type":"publish","topic":"${secrets.room}"}`, `{"type":"publish","topic":["${secrets.room}"],"data":"x"}`, '['.repeat(100_000), 'x'.repeat(5_000_000)]) stranger.send(text)
  stranger.send(new Uint8Array([1, 2, 3]))
  for (const data of [null, 1, {}, [], '', '=', 'A', '%%%', right.slice(0, 20), right.slice(0, -4), `${right.slice(0, -6)}AAAAAA`, 'B0FFUy1HQ00=', 'B0FFUy1HQ00MAAAAAAAAAAAAAAAA', 'A'.repeat(16_000), await wrong.close({ type: 'announce', from: 'x' })]) stranger.publish(data)
  const signals: unknown[] = [
    null, 1, 'text', [], {}, { type: 'announce' }, { type: 'announce', from: 5 }, { type: 'announce', from: 'x'.repeat(1000) }, { type: 'announce', from: victimId },
    ...[{ type: 'answer', sdp: 'v=0' }, { type: 'offer' }, { type: 'offer', sdp: 5 }, { type: 'offer', sdp: 'no session description' }, { candidate: {} }, { candidate: { candidate: 'no candidate' } }, { renegotiate: true }, null, 'x'].map(signal => ({ type: 'signal', from: 'somebody', to: victimId, token: 1, signal })),
    { type: 'signal', from: 'somebody', to: 'nobody', signal: { type: 'offer', sdp: '' } },
    { type: 'signal', from: 'other', to: victimId, signal: { type: 'answer', sdp: 'v=0' } },
    ...Array.from({ length: 40 }, (_, i) => ({ type: 'announce', from: `0${i}` }))
  ]
  for (const signal of signals) stranger.publish(await sealAnything(own, signal))
  for (let i = 0; i < 100; i++) stranger.publish(right) // said again and again by whoever overheard it
  await new Promise(resolve => setTimeout(resolve, 1000))
  assert.is(victim.process.exitCode, null, victim.errors)
})

test('a device that was told nonsense still exchanges everything with the next real one', async () => {
  const { seed, secrets } = seedOf()
  await using server = await startSignalling()
  await using victim = await start(CHILD, 'guarded', server.url, seed)
  using stranger = await intruder(server.url, secrets.room)
  await until('the device announces itself', () => stranger.heard.length > 0)
  const wrong = await createSeal({ ...secrets, password: 'wrong' })
  for (let i = 0; i < 20; i++) stranger.publish(await wrong.close({ type: 'announce', from: `x${i}` }))
  using real = device(secrets, server.url)
  real.doc.getMap('drafts').set('key', 'value')
  await until('the other device has it', () => victim.output.includes('{"key":"value"}'))
  assert.is(victim.process.exitCode, null, victim.errors)
})

test('a stock y-webrtc client that knows room and password takes part', async () => {
  const { seed, secrets } = seedOf()
  await using server = await startSignalling()
  await using stock = await start(CHILD, 'stock', server.url, seed)
  using guarded = device(secrets, server.url)
  guarded.doc.getMap('drafts').set('key', 'value')
  await until('it has it', () => stock.output.includes('{"key":"value"}'))
})

test('two devices find each other while somebody floods their room with 10,000 messages a second', async () => {
  const { secrets } = seedOf()
  await using server = await startUnboundedSignalling()
  using first = device(secrets, server.url)
  await using flood = await start(FLOOD, server.url, secrets.room, '10000', '5')
  await until('the flood has begun', () => flood.output !== '')
  await new Promise(resolve => setTimeout(resolve, 1000))
  first.doc.getMap('drafts').set('key', 'value')
  using second = device(secrets, server.url)
  await until('the second has it', () => second.doc.getMap('drafts').get('key') === 'value')
  await until('the flood is over', () => flood.ended)
  const { sent, open } = outcomeOf(flood)
  assert.ok(open && sent > 10_000, `a flood of ${sent}`)
})

test('the seedbox itself ends a flood, and devices of another room do not notice', async () => {
  const { secrets } = seedOf()
  await using server = await startSignalling()
  await using flood = await start(FLOOD, server.url, secrets.room, '10000', '5')
  using first = device(secrets, server.url)
  using second = device(secrets, server.url)
  first.doc.getMap('drafts').set('key', 'value')
  await until('the second has it', () => second.doc.getMap('drafts').get('key') === 'value')
  await until('the flood is over', () => flood.ended)
  assert.is(outcomeOf(flood).open, false)
})

test('offers that somebody overheard and sends again bring no connection and end none', async () => {
  const { secrets } = seedOf()
  await using server = await startSignalling()
  using stranger = await intruder(server.url, secrets.room)
  using first = device(secrets, server.url)
  using second = device(secrets, server.url)
  await until('connected', () => first.devices.connected === 1 && second.devices.connected === 1)
  for (const sealed of stranger.heard.slice()) stranger.publish(sealed)
  await new Promise(resolve => setTimeout(resolve, 1000))
  assert.equal([first.devices.connected, second.devices.connected], [1, 1])
  first.doc.getMap('drafts').set('key', 'value')
  await until('still exchanged', () => second.doc.getMap('drafts').get('key') === 'value')
})

test('a device that sends too much is disconnected before its update is read', async () => {
  const { secrets } = seedOf()
  await using server = await startSignalling()
  using small = device(secrets, server.url, 100_000)
  using large = device(secrets, server.url)
  large.doc.getMap('drafts').set('key', 'x'.repeat(500_000))
  await until('connected once', () => large.met())
  await until('and disconnected', () => large.devices.connected === 0)
  assert.is(small.doc.getMap('drafts').size, 0)
})

test.run()
