// A Vite plugin for pages: leaves out what libraries bring for uses that Seedbed has not. Everything works without it;
// a page is then some 60 KB (gzip) larger.
import type { Plugin } from 'vite'
import { leanModule } from './lean-libraries.ts'

/** Module, by the end of its path -> what stands for it. */
export const INSTEAD: Readonly<Record<string, string>> = {
  // Node's Buffer as a key and value format of level, which level itself does without where there is none.
  '/node_modules/buffer/index.js': 'export const Buffer = undefined\nexport default { Buffer }',
  // Peers of ours have ed25519 keys; connecting to one with another kind fails with this message.
  ...Object.fromEntries(Object.entries({
    rsa: ['generateRSAKeyPair', 'jwkToRSAPrivateKey', 'pkcs1MessageToRSAPrivateKey', 'pkcs1ToRSAPrivateKey', 'pkixMessageToRSAPublicKey', 'pkixToRSAPublicKey'],
    ecdsa: ['generateECDSAKeyPair', 'pkiMessageToECDSAPrivateKey', 'pkiMessageToECDSAPublicKey', 'privateKeyToPKIMessage', 'publicKeyToPKIMessage', 'unmarshalECDSAPrivateKey', 'unmarshalECDSAPublicKey'],
    secp256k1: ['generateSecp256k1KeyPair', 'unmarshalSecp256k1PrivateKey', 'unmarshalSecp256k1PublicKey']
  }).map(([kind, names]) => [`/node_modules/@libp2p/crypto/dist/src/keys/${kind}/utils.js`, `
    const none = () => { throw new Error('${kind} keys are left out of this page') }
    export { ${names.map(name => `none as ${name}`).join(', ')} }`])),
  // Counters for a metrics server; gossipsub counts nothing without one.
  '/node_modules/@libp2p/gossipsub/dist/src/metrics.js': `
    const same = new Proxy({}, { get: (_target, name) => name })
    export { same as ChurnReason, same as IDontWantSkipPath, same as IHaveIgnoreReason, same as InclusionReason, same as ScorePenalty }
    export const getMetrics = () => null`,
  '/node_modules/@libp2p/gossipsub/dist/src/score/scoreMetrics.js': 'export const computeAllPeersScoreWeights = () => new Map()',
  // Dials peers again that carry libp2p's keep-alive tag, which no peer of ours gets: core dials those of the address book.
  '/node_modules/libp2p/dist/src/connection-manager/reconnect-queue.js': 'export class ReconnectQueue { start () {} afterStart () {} stop () {} }',
  // A queue, of which gossipsub needs these.
  '/node_modules/denque/index.js': `
    export default class {
      #items = []
      #head = 0
      get length () { return this.#items.length - this.#head }
      push (item) { this.#items.push(item) }
      peekFront () { return this.#items[this.#head] }
      shift () {
        if (this.length === 0) return undefined
        const item = this.#items[this.#head++]
        if (this.#head > 1024 && this.#head * 2 > this.#items.length) this.#items.splice(0, this.#head), this.#head = 0
        return item
      }
      clear () {
        this.#items = []
        this.#head = 0
      }
    }`,
  // Node's EventEmitter, of which level, streamx and the torrent extensions need these.
  '/node_modules/events/events.js': `
    class EventEmitter {
      _listeners = new Map()
      on (name, listener) {
        this.emit('newListener', name, listener.listener ?? listener)
        this._listeners.set(name, [...this.rawListeners(name), listener])
        return this
      }
      once (name, listener) {
        let due = true
        const once = (...values) => {
          if (!due) return
          this.off(name, once)
          due = false
          listener.apply(this, values)
        }
        once.listener = listener
        return this.on(name, once)
      }
      off (name, listener) {
        const before = this.rawListeners(name)
        const at = before.findLastIndex(each => each === listener || each.listener === listener)
        if (at === -1) return this
        if (before.length === 1) this._listeners.delete(name)
        else this._listeners.set(name, before.toSpliced(at, 1))
        this.emit('removeListener', name, before[at].listener ?? before[at])
        return this
      }
      removeAllListeners (name) {
        for (const each of name === undefined ? this.eventNames() : [name]) for (const listener of this.rawListeners(each).toReversed()) this.off(each, listener)
        return this
      }
      emit (name, ...values) {
        const listeners = this.rawListeners(name)
        if (listeners.length === 0 && name === 'error') throw values[0] instanceof Error ? values[0] : new Error('Unhandled error.', { cause: values[0] })
        for (const listener of listeners) listener.apply(this, values)
        return listeners.length > 0
      }
      rawListeners (name) { return this._listeners.get(name) ?? [] }
      listeners (name) { return this.rawListeners(name).map(each => each.listener ?? each) }
      listenerCount (name) { return this.rawListeners(name).length }
      eventNames () { return [...this._listeners.keys()] }
      setMaxListeners () { return this }
    }
    EventEmitter.prototype.addListener = EventEmitter.prototype.on
    EventEmitter.prototype.removeListener = EventEmitter.prototype.off
    EventEmitter.EventEmitter = EventEmitter
    module.exports = EventEmitter`,
  // Locks across workers, each under a name; libp2p's peer store wants them in its own thread, and gives each peer its own.
  '/node_modules/mortice/dist/src/index.js': `
    const turnOf = async (before, release, signal) => {
      const { promise, reject } = Promise.withResolvers()
      const abort = () => { reject(signal.reason) }
      if (signal?.aborted) abort()
      signal?.addEventListener('abort', abort)
      try {
        await Promise.race([before, promise])
        signal?.throwIfAborted()
      } catch (error) {
        before.then(release)
        throw error
      } finally {
        signal?.removeEventListener('abort', abort)
      }
      return release
    }
    export default () => {
      let last = Promise.resolve()
      let readers = null
      return {
        async readLock ({ signal } = {}) {
          if (readers === null) {
            readers = { ...Promise.withResolvers(), before: last, reading: 0 }
            last = readers.promise
          }
          const group = readers
          group.reading++
          let held = true
          return await turnOf(group.before, () => {
            if (held) group.reading--
            held = false
            if (group.reading > 0) return
            if (readers === group) readers = null
            group.resolve()
          }, signal)
        },
        async writeLock ({ signal } = {}) {
          const before = last
          const { promise, resolve } = Promise.withResolvers()
          readers = null
          last = promise
          return await turnOf(before, resolve, signal)
        },
        finalize () {}
      }
    }`,
  // Filters of what was seen, in little room and now and then wrong; a set is neither, and no page sees many.
  '/node_modules/@libp2p/utils/dist/src/filters/index.js': `
    const MAX_SEEN = 10000
    const keyOf = item => typeof item === 'string' ? item : item.join()
    class Seen {
      #keys = new Set()
      get count () { return this.#keys.size }
      has (item) { return this.#keys.has(keyOf(item)) }
      add (item) {
        this.#keys.add(keyOf(item))
        for (const oldest of this.#keys) {
          if (this.#keys.size <= MAX_SEEN) break
          this.#keys.delete(oldest)
        }
        return true
      }
      remove (item) { return this.#keys.delete(keyOf(item)) }
    }
    const create = () => new Seen()
    export { create as createBloomFilter, create as createCuckooFilter, create as createScalableCuckooFilter, Seen as BloomFilter, Seen as CuckooFilter, Seen as ScalableCuckooFilter }`,
  // The ways to write bytes as text that addresses are written in; others, one of them in emoji, can be left.
  '/node_modules/multiformats/dist/src/basics.js': `
    import * as base16 from './bases/base16.js'
    import * as base32 from './bases/base32.js'
    import * as base36 from './bases/base36.js'
    import * as base58 from './bases/base58.js'
    import * as base64 from './bases/base64.js'
    export * from './index.js'
    export const bases = { ...base16, ...base32, ...base36, ...base58, ...base64 }`,
  // Loggers that say nothing unless somebody sets a key in localStorage, which no worker has.
  '/node_modules/@libp2p/logger/dist/src/index.js': `
    const silent = () => {}
    const log = Object.assign(() => {}, { enabled: false, error: silent, trace: silent, newScope: () => log })
    export const logger = () => log
    const factory = { forComponent: logger }
    export const defaultLogger = () => factory, prefixLogger = () => factory, peerLogger = () => factory`,
  '/node_modules/debug/src/browser.js': 'export default () => Object.assign(() => {}, { enabled: false })',
  // Questions to public DNS servers over HTTPS, for addresses that begin with /dnsaddr. A page asks no third party.
  '/node_modules/@multiformats/dns/dist/src/index.js': `
    export const RecordType = { TXT: 16 }
    export const dns = () => ({ query: async () => { throw new Error('a page does not resolve /dnsaddr addresses') } })`,
  // For streams that make text of bytes, which none of ours does; the platform's does as well for what it can.
  '/node_modules/text-decoder/index.js': `
    export default class { #decoder = new TextDecoder(); push (bytes) { return this.#decoder.decode(bytes, { stream: true }) } end () { return this.#decoder.decode() } }`,
  // Which addresses lie in a local network, without the table of all reserved ranges.
  '/node_modules/@libp2p/utils/dist/src/private-ip.js': String.raw`
    const V4 = /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2[4-5]\d)\./
    const V6 = /^(::1?$|f[cd]..:|fe[89ab].:)/i
    export function isPrivateIp (ip) {
      const v4 = ip.replace(/^::ffff:/i, '')
      if (/^\d+(\.\d+){3}$/.test(v4)) return V4.test(v4)
      return ip.includes(':') ? V6.test(ip) : undefined
    }`,
  // Batches of level that are put together call by call; ours are arrays.
  '/node_modules/abstract-level/abstract-chained-batch.js': 'exports.AbstractChainedBatch = class {}',
  '/node_modules/abstract-level/lib/default-chained-batch.js': `exports.DefaultChainedBatch = class { constructor () { throw new Error('chained batches are left out of this page') } }`,
  // Yjs' coloured logging, which needs a DOM that no worker has.
  '/node_modules/lib0/logging.js': `
    const none = () => {}
    export { none as print, none as warn, none as printError, none as group, none as groupCollapsed, none as groupEnd }
    export const BOLD = '', UNBOLD = '', BLUE = '', GREY = '', GREEN = '', RED = '', PURPLE = '', ORANGE = '', UNCOLOR = ''
    export const createModuleLogger = () => none`
}

/** Constants are written out where they are used, and names that nothing else uses go. */
const OPTIONS = { optimization: { inlineConst: { mode: 'all', pass: 3 } } } as const

export function leanBundle (): Plugin {
  return {
    name: 'seedbed-lean-bundle',
    enforce: 'pre',
    config: () => ({ build: { rollupOptions: OPTIONS }, worker: { rollupOptions: OPTIONS } }),
    load: id => Object.entries(INSTEAD).find(([end]) => pathOf(id).endsWith(end))?.[1],
    transform: (code, id) => leanModule(pathOf(id), code)
  }
}

function pathOf (id: string): string {
  return id.split('?')[0]?.replaceAll('\\', '/') ?? ''
}
