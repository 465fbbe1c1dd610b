// What stands for parts of libraries in a page's bundle does what they do, as far as it is used.
// test-timeout-ms: 60000
import * as fc from 'fast-check'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { INSTEAD, leanBundle } from '../../tools/lean-bundle.ts'
import { bundle, temporaryFolder } from '../browser/harness.ts'

const test = suite('lean bundle')

async function standIn<T> (end: string): Promise<T> {
  const code = INSTEAD[Object.keys(INSTEAD).find(key => key.endsWith(end)) ?? ''] ?? ''
  return await import(`data:text/javascript,${encodeURIComponent(code)}`) as T
}

/** A module of a package that only others depend on. */
function fromPackage (dependent: string, module: string): string {
  const require = createRequire(import.meta.url)
  return pathToFileURL(createRequire(require.resolve(dependent)).resolve(module)).href
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
  const { default: Denque } = await import(fromPackage('@chainsafe/libp2p-gossipsub', 'denque')) as { default: new () => Queue }
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

test('no page asks a public DNS server', async () => {
  const { dns } = await standIn<{ dns (): { query (name: string): Promise<unknown> } }>('dns/dist/src/index.js')
  assert.match(await dns().query('_dnsaddr.example.org').then(String, String), /does not resolve/)
})

test.run()
