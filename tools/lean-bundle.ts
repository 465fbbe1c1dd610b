// A Vite plugin for pages: leaves out what libraries bring for uses that Seedbed has not. Everything works without it;
// a page is then some 37 KB (gzip) larger.
import type { Plugin } from 'vite'

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
    load (id) {
      const path = id.split('?')[0]?.replaceAll('\\', '/') ?? ''
      return Object.entries(INSTEAD).find(([end]) => path.endsWith(end))?.[1]
    }
  }
}
