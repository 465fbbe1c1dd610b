// The seedboxes that this peer knows: remembered, dialled again, and asked what they offer whenever they are connected.
import { pause } from '../bodies/pause.ts'
import { formatPeerAddress, parsePeerAddress } from '../discovery/peer-address.ts'
import { SeedbedError } from '../errors.ts'
import { MAX_SEEDBOXES, SEEDBOX_RETRY_FIRST_MS, SEEDBOX_RETRY_LAST_MS, SEEDBOX_TIMEOUT_MS } from '../limits.ts'
import type { Identified, Network } from '../network/network.ts'
import type { Logger, NetworkOptions } from '../options.ts'
import { publicCall } from '../translate-error.ts'
import { askOffer, isOfferPath, serveOffer, type Offer } from './offer.ts'
import type { Ownership } from './ownership.ts'
import type { KnownSeedbox, SeedboxTable } from './seedbox-table.ts'
import type { Seedbox, Seedboxes } from './seedboxes.ts'
import { webOrigin } from './web-address.ts'

/** The seedboxes, and what other parts of the node need of them. */
export interface SeedboxRegistry {
  readonly seedboxes: Seedboxes
  /** URLs of the signalling points of own and trusted seedboxes, the own front's first. */
  signalling (): string[]
  /** URLs of the WebSocket trackers of all known seedboxes, the own front's first. */
  trackers (): string[]
  /** Something in the list changed, or who of them is connected. Returns the function that ends the subscription. */
  onChange (listener: () => void): () => void
  /** Waits for the writes. */
  close (): Promise<void>
}

export interface SeedboxRegistryOptions {
  /** Null: seedboxes are listed and neither reached nor added. */
  readonly network: Network | null
  readonly options: Pick<NetworkOptions, 'announce' | 'connect' | 'relay' | 'seedbox'>
  readonly ownership: Ownership
  readonly table: SeedboxTable
  readonly logger: Logger
  /** Milliseconds for an answer, and of the first and the last pause after which a connected one that was silent is asked again. */
  readonly patience?: { readonly answerMs: number, readonly firstMs: number, readonly lastMs: number }
}

const PATIENCE = { answerMs: SEEDBOX_TIMEOUT_MS, firstMs: SEEDBOX_RETRY_FIRST_MS, lastMs: SEEDBOX_RETRY_LAST_MS }

/** Errors: USAGE (a path that is none). */
export async function createSeedboxRegistry ({ network, options, ownership, table, logger, patience = PATIENCE }: SeedboxRegistryOptions): Promise<SeedboxRegistry> {
  const { tracker = null, signalling = null } = options.seedbox ?? {}
  for (const path of [tracker, signalling]) if (path !== null && !isOfferPath(path)) throw new SeedbedError('USAGE', `${JSON.stringify(path)} is not a path such as /tracker`)
  const known = new Map((await table.all()).map(seedbox => [seedbox.peerId, seedbox]))
  /** Taken off the list during this run: what the options name does not put them back. */
  const removed = new Set<string>()
  const listeners = new Set<() => void>()
  const closing = new AbortController()
  const greetings = new Set<Promise<void>>()
  /** The last time that each connected peer said who it is: what began before asks no more. */
  const lastMet = new Map<string, Identified>()
  let turn: Promise<unknown> = Promise.resolve()

  /** Changes of the list, one after another: what is written of one has to start from what the last one left. */
  async function inTurn (change: () => Promise<void>): Promise<void> {
    const done = turn.then(change)
    turn = done.catch(() => {}) // told to whoever asked for it
    await done
  }

  function changed (): void {
    for (const listener of [...listeners]) listener()
  }

  function publicOf (seedbox: KnownSeedbox): Seedbox {
    const origin = webOrigin(seedbox.address)
    const url = (path: string | null): string | null => origin === null || path === null ? null : `${origin}${path}`
    return { ...seedbox, address: formatPeerAddress({ peer: seedbox.peerId, address: seedbox.address }), connected: network?.isConnected(seedbox.peerId) ?? false, tracker: url(seedbox.tracker), signalling: url(seedbox.signalling) }
  }

  /** Null: it is no seedbox. `silent`: no answer came in time. */
  async function ask (self: Network, peerId: string, address: string, signal: AbortSignal): Promise<Omit<KnownSeedbox, 'trusted'> | 'silent' | null> {
    const late = AbortSignal.timeout(patience.answerMs)
    const offer = await askOffer(self.transport, peerId, AbortSignal.any([signal, closing.signal, late]))
    if (offer === null) return late.aborted ? 'silent' : null
    const { proof, ...offered } = offer
    return { peerId, address, own: ownership.holds(proof, peerId, self.peerId), ...offered }
  }

  async function keep (seedbox: KnownSeedbox): Promise<void> {
    const before = known.get(seedbox.peerId)
    if (before === undefined && known.size >= MAX_SEEDBOXES) throw new SeedbedError('USAGE', `${MAX_SEEDBOXES} seedboxes are known already; remove one first`)
    if (JSON.stringify(before) !== JSON.stringify(seedbox)) await table.put(seedbox)
    known.set(seedbox.peerId, seedbox)
    changed()
  }

  /** Asks who is known, and who was given by address, what they offer now; whether no answer came in time. */
  async function greetOnce ({ peerId, direction, remoteAddress }: Identified, self: Network): Promise<boolean> {
    const seedbox = known.get(peerId)
    const address = parsePeerAddress(remoteAddress, peerId)?.address
    const isGiven = direction === 'outbound' && !removed.has(peerId) && (options.connect ?? []).some(given => address !== undefined && parsePeerAddress(given, peerId)?.address === address)
    if (seedbox === undefined && (!isGiven || known.size >= MAX_SEEDBOXES)) return false
    const fresh = await ask(self, peerId, seedbox?.address ?? address ?? '', closing.signal)
    if (fresh !== null && fresh !== 'silent') await inTurn(async () => { if (known.get(peerId) === seedbox) await keep({ ...fresh, trusted: seedbox?.trusted ?? false }) })
    return fresh === 'silent'
  }

  /** One that is too busy to answer now is asked again while it stays connected. */
  async function greet (peer: Identified, self: Network): Promise<void> {
    lastMet.set(peer.peerId, peer)
    const isLast = (): boolean => lastMet.get(peer.peerId) === peer && !closing.signal.aborted
    try {
      for (let pauseMs = patience.firstMs; await greetOnce(peer, self) && pauseMs <= patience.lastMs; pauseMs *= 2) {
        await pause(pauseMs, closing.signal)
        if (!isLast() || !self.isConnected(peer.peerId)) return
      }
    } finally {
      if (lastMet.get(peer.peerId) === peer) lastMet.delete(peer.peerId)
    }
  }

  const ends: Array<() => void> = []
  if (network !== null) {
    for (const { peerId, address } of known.values()) network.keepDialling(formatPeerAddress({ peer: peerId, address }))
    ends.push(
      network.onPeer(({ peerId }) => { if (known.has(peerId)) changed() }),
      network.onIdentified(peer => {
        const greeting = greet(peer, network).catch((error: unknown) => { if (!closing.signal.aborted) logger.warn(`the seedbox ${peer.peerId} could not be noted`, error) }).finally(() => { greetings.delete(greeting) })
        greetings.add(greeting)
      })
    )
    if (options.relay === true || options.seedbox !== undefined) {
      ends.push(serveOffer(network.transport, (asker): Offer => ({ relay: options.relay ?? false, tracker, signalling, proof: ownership.prove(network.peerId, asker) })))
    }
  }

  /** Of this peer itself, where it is a seedbox. */
  function ownUrl (path: string | null): string[] {
    if (path === null || network === null) return []
    const origin = [...options.announce ?? [], ...network.addresses()].map(webOrigin).find(found => found !== null)
    return origin === undefined ? [] : [`${origin}${path}`]
  }

  function urls (own: string | null, which: 'tracker' | 'signalling', of: readonly KnownSeedbox[]): string[] {
    return [...new Set([...ownUrl(own), ...of.flatMap(seedbox => publicOf(seedbox)[which] ?? [])])]
  }

  function find (peerId: string): KnownSeedbox {
    const seedbox = known.get(peerId)
    if (seedbox === undefined) throw new SeedbedError('UNKNOWN_PEER', `${peerId} is not a seedbox of this peer`)
    return seedbox
  }

  return {
    seedboxes: {
      list: () => [...known.values()].sort(ownFirst).map(publicOf),
      add: async (address, { signal } = {}) => await publicCall(signal, async () => {
        if (network === null) throw new SeedbedError('NETWORK_FAILED', 'this node runs without a network')
        const { peerId } = await network.connect(address, signal)
        const parsed = parsePeerAddress(address, peerId)
        if (parsed === null) throw new SeedbedError('BAD_ADDRESS', `${JSON.stringify(address)} is not the address of a seedbox such as /ip4/192.0.2.1/tcp/8080/ws/p2p/ID`)
        const seedbox = await ask(network, peerId, parsed.address, signal ?? closing.signal)
        signal?.throwIfAborted()
        if (seedbox === 'silent') throw new SeedbedError('NOT_A_SEEDBOX', `${peerId} did not say in time what it offers; it may be busy, or no seedbox`)
        if (seedbox === null) throw new SeedbedError('NOT_A_SEEDBOX', `${peerId} answers, but it is not a seedbox`)
        await inTurn(async () => {
          const before = known.get(peerId)
          removed.delete(peerId)
          await keep({ ...seedbox, trusted: before?.trusted ?? false })
          if (before !== undefined && before.address !== parsed.address) network.stopDialling(formatPeerAddress({ peer: peerId, address: before.address }))
          network.keepDialling(formatPeerAddress(parsed))
        })
        return publicOf(find(peerId))
      }),
      trust: async (peerId, on) => await publicCall(undefined, async () => { await inTurn(async () => { await keep({ ...find(peerId), trusted: on }) }) }),
      remove: async peerId => await publicCall(undefined, async () => await inTurn(async () => {
        const seedbox = known.get(peerId)
        if (seedbox === undefined) return
        await table.delete(peerId)
        known.delete(peerId)
        removed.add(peerId)
        network?.stopDialling(formatPeerAddress({ peer: peerId, address: seedbox.address }))
        changed()
      }))
    },
    signalling: () => urls(signalling, 'signalling', [...known.values()].filter(({ own, trusted }) => own || trusted)),
    trackers: () => urls(tracker, 'tracker', [...known.values()]),
    onChange (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async close () {
      for (const end of ends) end()
      closing.abort()
      listeners.clear()
      await Promise.all(greetings)
      await turn
    }
  }
}

function ownFirst (a: KnownSeedbox, b: KnownSeedbox): number {
  return Number(b.own) - Number(a.own) || (a.peerId < b.peerId ? -1 : 1)
}
