// What stands for parts of libraries in a page's bundle does what they do, as far as it is used.
// test-timeout-ms: 300000
import * as fc from 'fast-check'
import { readFileSync, realpathSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { INSTEAD, leanBundle } from '../../tools/lean-bundle.ts'
import { leanModule } from '../../tools/lean-libraries.ts'
import { bundle, temporaryFolder } from '../browser/harness.ts'

const test = suite('lean bundle')

async function standIn<T> (end: string): Promise<T> {
  const code = INSTEAD[Object.keys(INSTEAD).find(key => key.endsWith(end)) ?? ''] ?? ''
  return await import(`data:text/javascript,${encodeURIComponent(code)}`) as T
}

/** The file of a module of a package that only others depend on: one of our packages, then who brings whom. */
function fileOf (names: readonly string[], file: string): string {
  const [ours = '', ...others] = names
  const manifest = others.reduce((from, name) => realpathSync(findPackageJSON(name, pathToFileURL(from)) ?? assert.unreachable(`no ${name}`) as never), path.join(import.meta.dirname, '../../packages', ours, 'package.json'))
  return path.join(path.dirname(manifest), file)
}

/** The module as it is bundled; what it imports lies where it did. */
async function lean<T> (file: string, code = leanModule(file, readFileSync(file, 'utf8')) ?? assert.unreachable(`nothing to leave out of ${file}`) as never): Promise<T> {
  const urlOf = (name: string): string => name.startsWith('.') ? new URL(name, pathToFileURL(file)).href : pathToFileURL(path.join(path.dirname(findPackageJSON(name, pathToFileURL(file)) ?? ''), 'dist/src/index.js')).href
  const placed = code.replaceAll(/(?<=^\s*(?:import|export) .*? from ["'])[^"']+/gm, urlOf)
  return await import(`data:text/javascript,${encodeURIComponent(placed)}`) as T
}

test('each of them is still where it is expected, so that none saves nothing unnoticed', async () => {
  await using output = await temporaryFolder()
  const chunks = await bundle({ worker: path.join(import.meta.dirname, 'entries/worker.ts') }, output.folder, { plugins: [leanBundle()] })
  const modules = chunks.flatMap(chunk => [...chunk.modules.keys()]).map(module => module.replaceAll('\0', '').split('?')[0] ?? '')
  const optional = /\/(?:rsa|ecdsa|secp256k1)\/utils\.js$|\/dns\/|\/debug\/|\/lib0\/logging\.js$/ // all of it may be shaken off
  assert.equal(Object.keys(INSTEAD).filter(end => !optional.test(end) && !modules.some(module => module.endsWith(end))), [])
})

test('addresses of local networks are told from others as by libp2p', async () => {
  const own = await standIn<{ isPrivateIp (ip: string): boolean | undefined }>('private-ip.js')
  const { isPrivateIp } = await import('@libp2p/utils')
  const known = ['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '172.32.0.1', '192.168.1.1', '169.254.1.1', '100.64.0.1', '100.127.0.1', '100.128.0.1', '8.8.8.8', '255.255.255.255', '0.0.0.0', '::1', '::', 'fd00::1', 'fc12:3456::1', 'fe80::1', '2a00:1450:4001::200e', '::ffff:10.0.0.1', '::ffff:8.8.8.8', 'example.org', '']
  for (const ip of known) assert.is(own.isPrivateIp(ip), isPrivateIp(ip), ip)
  const reserved = /^(?:192\.(?:0\.[02]|31\.196|52\.193|88\.99|175\.48)|198\.(?:1[89]|51\.100)|203\.0\.113|22[4-9]|23\d)\./ // nobody lives there
  fc.assert(fc.property(fc.ipV4().filter(ip => !reserved.test(ip)), ip => { assert.is(own.isPrivateIp(ip), isPrivateIp(ip), ip) }), { numRuns: 2000 })
})

test('the queue is one', async () => {
  interface Queue { readonly length: number, push (item: number): void, peekFront (): number | undefined, shift (): number | undefined, clear (): void }
  const { default: Own } = await standIn<{ default: new () => Queue }>('denque/index.js')
  const { default: Denque } = await import(pathToFileURL(fileOf(['crdt-index', '@chainsafe/libp2p-gossipsub', 'denque'], 'index.js')).href) as { default: new () => Queue }
  fc.assert(fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: fc.integer() }, { weight: 5, arbitrary: fc.constant('shift' as const) }, { weight: 1, arbitrary: fc.constant('clear' as const) }), { maxLength: 300 }), steps => {
    const [own, other] = [new Own(), new Denque()]
    for (const step of steps) {
      for (const queue of [own, other]) if (typeof step === 'number') queue.push(step)
      if (step === 'shift') assert.is(own.shift(), other.shift())
      if (step === 'clear') for (const queue of [own, other]) queue.clear()
      assert.equal([own.length, own.peekFront()], [other.length, other.peekFront()])
    }
  }))
  const long = new Own()
  for (let i = 0; i < 5000; i++) long.push(i)
  for (let i = 0; i < 5000; i++) assert.is(long.shift(), i)
  assert.is(long.length, 0)
})

interface Emitter {
  on (name: string, listener: (...values: unknown[]) => void): this
  once (name: string, listener: (...values: unknown[]) => void): this
  off (name: string, listener: (...values: unknown[]) => void): this
  emit (name: string, ...values: unknown[]): boolean
  removeAllListeners (name?: string): this
  listenerCount (name: string): number
  listeners (name: string): unknown[]
  eventNames (): string[]
}

test('the emitter of events is one, to whoever comes and goes while it tells', () => {
  const key = Object.keys(INSTEAD).find(end => end.endsWith('events/events.js')) ?? ''
  const holder: { exports: unknown } = { exports: null }
  // oxlint-disable-next-line no-implied-eval, no-new-func -- CommonJS, as the module that it stands for
  new Function('module', INSTEAD[key] ?? '')(holder)
  const Own = holder.exports as new () => Emitter
  const Real = createRequire(import.meta.url)(fileOf(['torrent-store', 'events/'], 'events.js')) as new () => Emitter
  assert.is((Own as unknown as { EventEmitter: unknown }).EventEmitter, Own)
  const name = fc.constantFrom('a', 'b', 'error', 'newListener', 'removeListener')
  const step = fc.record({ what: fc.constantFrom('on' as const, 'on' as const, 'once' as const, 'off' as const, 'emit' as const, 'emit' as const, 'all' as const), name, who: fc.nat(2), nested: fc.option(fc.record({ what: fc.constantFrom('on' as const, 'off' as const), name, who: fc.nat(2) }), { freq: 4 }) })
  const run = (Emitter: new () => Emitter, steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer Step> ? Step : never>): unknown[] => {
    const emitter = new Emitter()
    const heard: unknown[] = []
    let then: { what: 'on' | 'off', name: string, who: number } | null = null
    const listeners = [0, 1, 2].map(who => function (this: unknown, ...values: unknown[]): void {
      heard.push([who, this === emitter, values.map(value => typeof value === 'function' ? listeners.indexOf(value as () => void) : value)])
      const next = then
      then = null
      if (next !== null) emitter[next.what](next.name, listeners[next.who]!)
    })
    for (const { what, name, who, nested } of steps) {
      then = what === 'emit' ? nested : null
      try {
        if (what === 'emit') heard.push(emitter.emit(name, who, 'value'))
        else if (what === 'all' && /^[ab]$/.test(name)) emitter.removeAllListeners(name)
        else if (what !== 'all') emitter[what](name, listeners[who]!)
      } catch (error) {
        heard.push(error instanceof Error && name === 'error' ? 'thrown' : error)
      }
      heard.push(emitter.listenerCount(name), emitter.listeners(name).map(listener => listeners.indexOf(listener as () => void)), emitter.eventNames().toSorted())
    }
    return heard
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), steps => { assert.equal(run(Own, steps), run(Real, steps)) }), { numRuns: 1000 })
})

test('the locks let in one writer or several readers, in turn', async () => {
  type Take = (options: { signal: AbortSignal }) => Promise<() => void>
  const { default: createLocks } = await standIn<{ default: () => { readonly readLock: Take, readonly writeLock: Take } }>('mortice/dist/src/index.js')
  interface Request { readonly what: 'read' | 'write', expected: 'waits' | 'holds' | 'gone', state: 'waits' | 'holds' | 'gone', release: () => void, readonly end: AbortController }
  const step = fc.record({ what: fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'release' as const, 'release' as const, 'abort' as const), which: fc.nat(9) })
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
    const locks = createLocks()
    const asked: Request[] = []
    const turns: Request[][] = [] // a writer, or readers that asked with no writer between
    for (const { what, which } of steps) {
      const one = asked[which % Math.max(1, asked.length)]
      if (what === 'read' || what === 'write') {
        const request: Request = { what, expected: 'waits', state: 'waits', release: () => {}, end: new AbortController() }
        asked.push(request)
        if (what === 'read' && turns.at(-1)?.[0]?.what === 'read') turns.at(-1)?.push(request)
        else turns.push([request])
        locks[`${what}Lock`]({ signal: request.end.signal }).then(release => { Object.assign(request, { state: 'holds', release }) }, () => { request.state = 'gone' })
      } else if (one?.state === (what === 'abort' ? 'waits' : 'holds')) {
        one.expected = one.state = 'gone'
        if (what === 'abort') one.end.abort()
        else one.release()
        one.release() // a second time does nothing
      }
      while (turns[0]?.every(({ expected }) => expected === 'gone') === true) turns.shift()
      for (const request of turns[0] ?? []) if (request.expected === 'waits') request.expected = 'holds'
      await new Promise(resolve => { setImmediate(resolve) })
      assert.equal(asked.map(({ state }) => state), asked.map(({ expected }) => expected))
    }
  }), { numRuns: 300 })
})

test('what was seen is remembered, the oldest of very many but', async () => {
  interface Seen { readonly count: number, has (item: string | Uint8Array): boolean, add (item: string | Uint8Array): boolean, remove (item: string | Uint8Array): boolean }
  const filters = await standIn<Record<string, (maxItems: number) => Seen>>('filters/index.js')
  const utils = await import('@libp2p/utils')
  assert.equal(Object.keys(filters).filter(name => !Object.hasOwn(utils, name)), [])
  const seen = filters['createScalableCuckooFilter']!(100)
  assert.is(seen.has(Uint8Array.of(1, 2)), false)
  seen.add(Uint8Array.of(1, 2))
  seen.add('192.0.2.1:1234')
  assert.equal([seen.has(Uint8Array.of(1, 2)), seen.has(Uint8Array.of(12)), seen.has('192.0.2.1:1234'), seen.has('192.0.2.1:123')], [true, false, true, false])
  assert.equal([seen.remove(Uint8Array.of(1, 2)), seen.has(Uint8Array.of(1, 2))], [true, false])
  for (let i = 0; i < 20_000; i++) seen.add(String(i))
  assert.ok(seen.count <= 10_000)
  assert.equal([seen.has('0'), seen.has('19999')], [false, true])
})

test('bytes are read from every alphabet that addresses are written in', async () => {
  interface Basics { readonly bases: Readonly<Record<string, { readonly decoder: { decode (text: string): Uint8Array }, readonly encoder: { encode (bytes: Uint8Array): string } }>> }
  const file = fileOf(['core', '@libp2p/webrtc', 'multiformats'], 'dist/src/basics.js')
  const own = await lean<Basics>(file, INSTEAD['/node_modules/multiformats/dist/src/basics.js'])
  const real = await import(pathToFileURL(file).href) as Basics
  assert.equal(Object.keys(real).filter(name => !Object.hasOwn(own, name)).toSorted(), ['codecs', 'hashes'])
  assert.equal(Object.keys(real.bases).filter(name => !Object.hasOwn(own.bases, name)).toSorted(), ['base10', 'base2', 'base256emoji', 'base8', 'identity'])
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...Object.keys(own.bases)), (bytes, base) => {
    const text = real.bases[base]!.encoder.encode(bytes)
    assert.equal([own.bases[base]!.encoder.encode(bytes), own.bases[base]!.decoder.decode(text)], [text, bytes])
  }))
})

test('the words of a phrase are the words', async () => {
  const file = fileOf(['core', '@scure/bip39'], 'wordlists/english.js')
  const { wordlist: own } = await lean<{ wordlist: readonly string[] }>(file)
  const { wordlist } = await import(pathToFileURL(file).href) as { wordlist: readonly string[] }
  assert.is(own.length, 2048)
  assert.equal(own, wordlist)
  assert.ok(Object.isFrozen(own))
})

test('messages are written and read as before, without what would hand them out in parts', async () => {
  const file = fileOf(['crdt-index', '@chainsafe/libp2p-gossipsub'], 'dist/src/message/rpc.js')
  const code = leanModule(file, readFileSync(file, 'utf8')) ?? ''
  assert.not.match(code, /function\s*\*|\bstream\b/)
  interface Rpc { encode (message: object): Uint8Array, decode (bytes: Uint8Array): object }
  const { RPC: own } = await lean<{ RPC: Rpc }>(file)
  const { RPC: real } = await import(pathToFileURL(file).href) as { RPC: Rpc }
  const bytes = fc.uint8Array({ maxLength: 40 })
  const ids = fc.array(bytes, { maxLength: 3 })
  const message = fc.record({
    subscriptions: fc.array(fc.record({ subscribe: fc.boolean(), topic: fc.string() }), { maxLength: 3 }),
    messages: fc.array(fc.record({ from: bytes, data: bytes, seqno: bytes, topic: fc.string(), signature: bytes, key: bytes }), { maxLength: 3 }),
    control: fc.record({
      ihave: fc.array(fc.record({ topicID: fc.string(), messageIDs: ids }), { maxLength: 2 }),
      iwant: fc.array(fc.record({ messageIDs: ids }), { maxLength: 2 }),
      graft: fc.array(fc.record({ topicID: fc.string() }), { maxLength: 2 }),
      prune: fc.array(fc.record({ topicID: fc.string(), peers: fc.array(fc.record({ peerID: bytes, signedPeerRecord: bytes }), { maxLength: 2 }), backoff: fc.nat() }), { maxLength: 2 }),
      idontwant: fc.array(fc.record({ messageIDs: ids }), { maxLength: 2 })
    })
  }, { requiredKeys: ['subscriptions', 'messages'] })
  fc.assert(fc.property(message, message => {
    const written = real.encode(message)
    assert.equal([own.encode(message), own.decode(written)], [written, real.decode(written)])
  }))
})

test('of libp2p nothing goes but what is logged', () => {
  const module = '/node_modules/@libp2p/some/dist/src/index.js'
  const cut = (code: string): string | null => leanModule(module, code)
  assert.is(cut('if (far) log(`far`)\nelse go()'), 'if (far) ;\nelse go()')
  assert.is(cut('a(); this.log.trace("%d", this.addresses.map(b)); c.log?.error(new Error()); d()'), 'a(); ; ; d()')
  const stays = 'const log = this.log.newScope("a"); logs(); this.log.enabled(); const d = log("e"); f(() => log("g")); console.error("h"); stream(); message(i, j, k); x.stream = y; class A { constructor (stream) { this.stream = stream } }; a.stream = stream'
  assert.is(cut(stays), null)
  assert.is(leanModule('/node_modules/other/index.js', 'log("far")'), null)
  assert.throws(() => cut('if ('), /some\/dist/)
})

test('no page asks a public DNS server', async () => {
  const { dns } = await standIn<{ dns (): { query (name: string): Promise<unknown> } }>('dns/dist/src/index.js')
  assert.match(await dns().query('_dnsaddr.example.org').then(String, String), /does not resolve/)
})

test.run()
