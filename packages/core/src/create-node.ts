// Puts a node together: data folder, identity, database, torrents, network, index, actions and queries.
import { platform } from '#platform'
import type { Level } from 'level'
import { createCrdtIndex, createSigner, type ContentId, type Signer } from '@seedbed/crdt-index'
import { createTorrentStore, type TorrentStore } from '@seedbed/torrent-store'
import { createActs, type ActsOptions } from './actions/acts.ts'
import { createCommunities } from './actions/communities.ts'
import { createOwnProfile } from './actions/profiles.ts'
import { createArchives } from './archive/archives.ts'
import { createBodyEvents } from './bodies/body-events.ts'
import { createDistrust } from './bodies/distrust.ts'
import { createFirstRevisions } from './bodies/first-revision.ts'
import { createLibrary } from './bodies/library.ts'
import { createRecentRevisions } from './bodies/recent-revisions.ts'
import { createVerdicts } from './bodies/verdicts.ts'
import { createDiscovery, type Discovery } from './discovery/discovery.ts'
import { createInvitations } from './discovery/invitations.ts'
import { SeedbedError } from './errors.ts'
import { authorSeed, parsePhrase } from './identity/phrase.ts'
import { DEFAULT_CACHE_BYTES } from './limits.ts'
import { createKeptPort } from './network/kept-port.ts'
import { createNetwork, type Network } from './network/network.ts'
import { loadOrCreatePeerKey } from './network/peer-key.ts'
import { shareBodies } from './network/share-bodies.ts'
import { createEquivocations } from './moderation/equivocations.ts'
import { createModeration } from './moderation/create-moderation.ts'
import { createReading } from './moderation/reading.ts'
import { createNodeEvents } from './node-events.ts'
import type { NodeStatus, PeerInfo, SeedbedNode } from './node.ts'
import type { Logger, NodeDatabase, NodeOptions } from './options.ts'
import type { NodeParts } from './parts.ts'
import { createPersonal, type PersonalDocument } from './personal/create-personal.ts'
import { createPreferred } from './personal/preferred.ts'
import { createBodyQueries } from './queries/bodies.ts'
import { createFeed } from './queries/feed.ts'
import { createLive } from './queries/live/live.ts'
import { createNotifications } from './queries/notifications.ts'
import { peersOf, statusOf } from './queries/status.ts'
import { createDeletions } from './retention/deletions.ts'
import { createPins } from './retention/pins.ts'
import { createRetention } from './retention/retention.ts'
import { createSeedCounts } from './retention/seed-counts.ts'
import { createOwnership } from './seedboxes/ownership.ts'
import { createSeedboxRegistry, type SeedboxRegistry } from './seedboxes/create-seedboxes.ts'
import { createSeedboxTable } from './seedboxes/seedbox-table.ts'
import { createHotSeeds } from './swarm/hot-seeds.ts'
import type { OpenTorrents } from './swarm/open-torrents.ts'
import { publicCall, translateError } from './translate-error.ts'

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {} }

/**
 * Opens the data folder and starts a node. Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, LOCKED,
 * STORAGE_FAILED, BAD_ADDRESS, NETWORK_FAILED. Whatever was opened before an error is closed again.
 */
export async function createNode (options: NodeOptions): Promise<SeedbedNode> {
  const { network: networkOptions = {}, torrent = {}, cacheBytes = DEFAULT_CACHE_BYTES, clock = Date.now, logger = SILENT, weightOf, retain = 'all', storage: { maxBytesPerCommunity = platform.communityBytes } = {} } = options
  await using owned = new AsyncDisposableStack()
  try {
    const { signer, seed, db } = await openHome(options, owned)
    const retention = createRetention(cacheBytes)
    const torrents = owned.use(await createTorrentStore({ db: db.sublevel('torrents'), quota: retention.quota, clock }))
    owned.defer(() => { retention.close() }) // the store closes when nothing waits for an answer
    db.sublevel('last-use').clear().catch(() => {}) // where an earlier version kept what the store keeps now
    /** For looking through what is held, which is no use of it. */
    const unused: Pick<TorrentStore, 'list' | 'get'> = { list: () => torrents.list(), get: async infoHash => await torrents.peek(infoHash) }
    // What lies in the database is read while the network starts, and before seedboxes are dialled: a page shows it first.
    const starting = networkOptions === false ? null : createNetwork({ privateKey: async () => await loadOrCreatePeerKey(db), port: createKeptPort(db, 'libp2p-port', logger) }, networkOptions, logger)
    owned.defer(async () => { await (await starting?.catch(() => null))?.close() })
    const index = owned.use(await createCrdtIndex({ db: db.sublevel('index'), clock, signers: [signer], retain, storage: { maxBytesPerCommunity }, ...(weightOf === undefined ? {} : { weightOf }), ...(starting === null ? {} : { transport: starting.then(({ transport }) => transport) }) }))
    const network = await starting
    const rendezvous = owned.adopt(await createSeedboxRegistry({ network, options: networkOptions === false ? {} : networkOptions, ownership: createOwnership(seed), table: createSeedboxTable(db, logger), logger }), async ({ close }) => { await close() })
    const iceServers = networkOptions === false ? [] : networkOptions.iceServers ?? []
    const verdicts = createVerdicts({ torrents: unused, index })
    const recent = owned.adopt(createRecentRevisions(index), ({ close }) => { close() })
    const pins = createPins({ index, author: signer.author, verdicts, recent })
    const openTorrents = torrent === false ? null : owned.adopt(await platform.openTorrents({
      store: torrents, port: createKeptPort(db, 'torrent-port', logger), iceServers, logger, rendezvous, mayServe: async infoHash => await pins.isPinned(infoHash as string as ContentId)
    }, torrent), async ({ close }) => { await close() })
    const { listener = null, swarm = null, announced = null } = openTorrents ?? {}
    const bodyEvents = createBodyEvents()
    const onRemoved = (revision: ContentId): void => { bodyEvents.emit({ id: index.findRevision(revision)[0]?.contentId ?? revision, revision, item: null, found: null }) }
    const sources = network === null ? null : owned.adopt(await shareBodies({ network, index, torrents, pins, verdicts }), ({ close }) => { close() }).sources
    const discovery = owned.adopt(await createDiscovery({ db, index, network, rendezvous, introduces: networkOptions !== false && networkOptions.relay === true, clock, logger }), async ({ close }) => { await close() })
    const distrust = createDistrust()
    const seedCounts = owned.adopt(createSeedCounts({ sources, onTopicPeers: network?.transport.onPeer }), ({ close }) => { close() })
    retention.start({ torrents, pins, index, author: signer.author, seedCounts, logger, onEvicted: onRemoved })
    owned.defer(() => { retention.close() }) // before the index, which the pins ask
    const parts: NodeParts = {
      signer,
      index,
      writer: index.writer(signer),
      torrents,
      library: createLibrary({ torrents, index, sources, swarm: announced, events: bodyEvents, verdicts, recent, distrust }),
      firsts: createFirstRevisions({ torrents, verdicts, sources, swarm: announced, distrust, events: bodyEvents }),
      verdicts,
      recent,
      bodyEvents,
      pins,
      seedCounts,
      clock,
      seed,
      rendezvous,
      iceServers,
      onNetwork: networkChanges(network, rendezvous),
      serves: network !== null || listener !== null,
      magnetPeers: () => listener === null || isUnspecified(listener.host) ? [] : [hostAndPort(listener)]
    }
    if (announced !== null) owned.adopt(createHotSeeds(parts, announced, logger), ({ close }) => { close() })
    const deletions = owned.adopt(createDeletions(parts, logger), ({ close }) => { close() })
    await deletions.reconcile()
    const { profiles } = owned.adopt(createOwnProfile(parts, db, logger), ({ close }) => { close() })
    const source = network === null ? null : { signalling: rendezvous.signalling, on: rendezvous.onChange }
    const personal = owned.adopt(await createPersonal({ db, seed, index, clock, logger, source, iceServers, loadWebRtc: platform.loadWebRtc }), async ({ close }) => { await close() })
    owned.adopt(createPreferred({ index, personal, logger }), ({ close }) => { close() })
    const node = assemble(parts, {
      network, listener, swarm, profiles, personal, discovery, logger, owned: owned.move(),
      archives: createArchives(parts, unused, personal.intentions),
      seeds: { index, torrents, pins, verdicts, cacheBytes, onDropped: onRemoved }
    })
    return node
  } catch (error) {
    throw translateError(error)
  }
}

function networkChanges (network: Network | null, rendezvous: SeedboxRegistry): NodeParts['onNetwork'] {
  return listener => {
    const ends = [rendezvous.onChange(listener), ...(network === null ? [] : [network.onPeer(listener), network.transport.onPeer(listener)])]
    return () => { for (const end of ends) end() }
  }
}

interface Surroundings {
  readonly network: Network | null
  readonly listener: OpenTorrents['listener']
  readonly swarm: OpenTorrents['swarm']
  readonly profiles: SeedbedNode['profiles']
  readonly personal: PersonalDocument
  readonly seeds: ActsOptions['seeds']
  readonly archives: SeedbedNode['archives']
  readonly discovery: Discovery
  readonly logger: Logger
  /** Everything that closes with the node. */
  readonly owned: AsyncDisposableStack
}

function assemble (parts: NodeParts, { network, listener, swarm, profiles, personal, seeds, archives, discovery, logger, owned }: Surroundings): SeedbedNode {
  const { index, signer } = parts
  const events = createNodeEvents(index, network, signer.author, logger)
  parts.seedCounts.on(community => { events.emit('seeds', { community }) })
  index.on('change', ({ community, author, changes }) => { if (author !== signer.author && changes.some(({ root }) => root === 'votes')) parts.seedCounts.outdate(community) })
  const status = (): NodeStatus => statusOf(parts, network, listener)
  const peers = (): PeerInfo[] => network === null ? [] : peersOf(index, network, network.transport)
  const { seedboxes } = parts.rendezvous
  const reading = createReading(index, signer.author, personal)
  const live = createLive({ parts, reading, status, network: () => ({ peers: peers(), seedboxes: seedboxes.list() }), personal, logger })
  let closing: Promise<void> | null = null
  const node: SeedbedNode = {
    author: signer.author,
    communities: createCommunities(parts, network !== null, discovery.introductions, personal.intentions),
    invitations: createInvitations(parts, network),
    ...createActs({ parts, swarm, seeds, onVote: progress => { events.emit('vote', progress) } }),
    bodies: createBodyQueries(parts),
    archives,
    profiles,
    personal: personal.personal,
    ...createModeration(parts, reading),
    equivocations: createEquivocations(index),
    reweigh: reading.reweigh,
    feed: createFeed(parts, reading),
    thread: async (id, query) => {
      const { createThread, createThreadReader } = await import('./actions/every-act.ts')
      return await createThread(parts, createThreadReader(parts, reading))(id, query)
    },
    authored: async (author, query) => await (await import('./actions/every-act.ts')).createAuthored(parts, reading)(author, query),
    notifications: createNotifications(parts, reading, personal.personal),
    live: live.queries,
    sync: async ({ signal } = {}) => {
      await publicCall(signal, async () => {
        await Promise.all(index.communities().map(async ({ address }) => { await index.sync(address, signal === undefined ? {} : { signal }) }))
      })
    },
    status: async () => status(),
    peers,
    seedboxes,
    connect: async (address, { signal } = {}) => await publicCall(signal, async () => {
      if (network === null) throw new SeedbedError('NETWORK_FAILED', 'this node runs without a network')
      return await network.connect(address, signal)
    }),
    on: events.on,
    close () {
      closing ??= (async () => {
        events.close()
        live.close()
        try {
          await owned.disposeAsync()
        } catch (error) {
          throw translateError(error)
        }
      })()
      return closing
    },
    [Symbol.asyncDispose]: async () => { await node.close() }
  }
  return node
}

/** Identity and database: those of the data folder, or what the caller brought. What is opened here is closed with the node. */
async function openHome (options: NodeOptions, owned: AsyncDisposableStack): Promise<{ signer: Signer, seed: Uint8Array, db: Level }> {
  if (options.dataDir === undefined) {
    const seed = authorSeed(parsePhrase(options.phrase))
    occupy(options.db, owned)
    await options.db.open()
    return { signer: createSigner(seed), seed, db: options.db as unknown as Level } // any level-like database does what is asked of it here
  }
  const { identity: { seed }, db } = await platform.openHome(options.dataDir, options.phrase)
  owned.defer(async () => { await db.close() })
  return { signer: createSigner(seed), seed, db }
}

/** Databases of running nodes: two on one would overwrite each other, and no lock on disk keeps them apart. */
const inUse = new WeakSet<NodeDatabase>()

/** Errors: LOCKED. */
function occupy (db: NodeDatabase, owned: AsyncDisposableStack): void {
  if (inUse.has(db)) throw new SeedbedError('LOCKED', 'another node of this process uses this database')
  inUse.add(db)
  owned.defer(() => { inUse.delete(db) })
}

function isUnspecified (host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function hostAndPort ({ host, port }: { host: string, port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
