// Puts the personal document together: on disk, as calls, mirrored in the joined communities, exchanged with the
// author's other devices.
import { parseAuthorId, type CommunityAddress, type CrdtIndex } from '@seedbed/crdt-index'
import type { Level } from 'level'
import { SeedbedError } from '../errors.ts'
import { MAX_DRAFTS, MAX_DRAFTS_BYTES, MAX_DRAFT_KEY_CHARS, MAX_PERSONAL_AUTHORS, MAX_PERSONAL_COMMUNITIES, MAX_READ_MARKS, MAX_SAVED, MAX_TEXT_INPUT_BYTES } from '../limits.ts'
import type { IceServer, Logger } from '../options.ts'
import { authorsOf } from '../moderation/reading.ts'
import { listingsOf, parseId, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'
import { createChanged } from './changed.ts'
import type { Devices } from './devices/devices.ts'
import type { LoadWebRtc } from './devices/web-rtc.ts'
import { draftBytes, entriesOf, isDraftKey, readContent, readDrafts, readMarks, type PersonalContent, type PersonalRoot } from './document.ts'
import { openDocumentStore } from './document-store.ts'
import { createJoinedCommunities, type Intentions } from './joined-communities.ts'
import type { Personal, PersonalState, PersonalSync } from './personal.ts'
import { personalSecrets } from './secrets.ts'

/** Signalling points that may be used: those of own and trusted seedboxes, and nobody else's. */
export interface SignallingSource {
  /** URLs, `ws:` or `wss:`. */
  signalling (): readonly string[]
  /** Returns the function that ends the subscription. */
  on (listener: () => void): () => void
}

export interface PersonalOptions {
  readonly db: Level
  /** The author's ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array
  readonly index: CrdtIndex
  readonly clock: () => number
  readonly logger: Logger
  /** Null: nothing is exchanged. */
  readonly source: SignallingSource | null
  readonly iceServers: readonly IceServer[]
  readonly loadWebRtc: LoadWebRtc
}

export interface PersonalDocument {
  readonly personal: Personal
  readonly intentions: Intentions
  /** Tells when `personal.state()` returns another object. Returns the function that ends the subscription. */
  on (listener: () => void): () => void
  close (): Promise<void>
}

/** Errors: STORAGE_FAILED. */
export async function createPersonal ({ db, seed, index, clock, logger, source, iceServers, loadWebRtc }: PersonalOptions): Promise<PersonalDocument> {
  const store = await openDocumentStore(db, logger)
  const { doc } = store
  const changed = createChanged()
  let content: PersonalContent | null = null
  let state: PersonalState | null = null
  let devices: Devices | null = null
  let loading = false
  let closed = false
  let urls: readonly string[] = []
  let full = false

  function outdate (): void {
    state = null
    changed.tell()
  }
  doc.on('update', () => {
    content = null
    outdate()
  })
  const communities = createJoinedCommunities({ doc, index, durable: store.durable, logger })

  function mayGrow (bytes: number): boolean {
    if (store.mayGrow(bytes)) return true
    full = true
    logger.warn('another device sent more than the personal document may hold: nothing is exchanged until the next start')
    queueMicrotask(() => { devices?.close() })
    outdate()
    return false
  }

  /** Devices look for each other only while there is a point to meet at. */
  function follow (): void {
    urls = full ? [] : source?.signalling().filter(isWebSocketUrl) ?? []
    if (devices === null && urls.length > 0 && !loading) {
      loading = true
      void loadDevices()
    }
    devices?.use(urls)
    outdate()
  }

  async function loadDevices (): Promise<void> {
    try {
      const { createDevices } = await import('./devices/devices.ts')
      if (closed) return
      devices = createDevices({ secrets: personalSecrets(seed), doc, iceServers, loadWebRtc, mayGrow, onChange: outdate, logger })
      follow()
    } catch (error) {
      loading = false // the next change of the signalling points tries again
      logger.warn('the exchange with other devices could not be loaded', error)
      outdate()
    }
  }
  const endSource = source?.on(follow)
  follow()

  function syncState (): PersonalSync {
    if (full) return { state: 'full', devices: 0, signalling: [] }
    const connected = devices?.connected ?? 0
    if ((devices === null && !loading) || (urls.length === 0 && connected === 0)) return { state: 'off', devices: 0, signalling: [] }
    return { state: devices?.state ?? 'searching', devices: connected, signalling: urls }
  }

  /** `value` undefined removes the entry. */
  async function write (root: PersonalRoot, key: string, value: unknown): Promise<void> {
    const entries = entriesOf(doc, root)
    if (value === undefined) {
      if (entries.has(key)) entries.delete(key)
    } else {
      if (!store.mayGrow(JSON.stringify(value).length + key.length)) throw new SeedbedError('USAGE', 'the personal document is full: remove drafts or saved posts')
      entries.set(key, value)
    }
    await store.durable()
  }

  async function list (root: 'follows' | 'mutes', author: string, on: boolean): Promise<void> {
    await publicCall(undefined, async () => {
      const id = parseAuthorId(author.trim().toLowerCase())
      const entries = entriesOf(doc, root)
      if (on && !entries.has(id) && entries.size >= MAX_PERSONAL_AUTHORS) throw new SeedbedError('USAGE', `at most ${MAX_PERSONAL_AUTHORS} authors; remove one first`)
      if (entries.has(id) !== on) await write(root, id, on ? 1 : undefined)
    })
  }

  /** Oldest ones go, many at a time. */
  function forgetOldMarks (): void {
    const entries = entriesOf(doc, 'read')
    if (entries.size <= MAX_READ_MARKS) return
    const kept = new Set<string>(readMarks(entries).slice(0, Math.floor(MAX_READ_MARKS * 0.9)).map(([id]) => id))
    doc.transact(() => { for (const key of [...entries.keys()]) if (!kept.has(key)) entries.delete(key) })
  }

  const personal: Personal = {
    state () {
      content ??= readContent(doc)
      state ??= { ...content, sync: syncState() }
      return state
    },
    follow: async (author, on) => { await list('follows', author, on) },
    mute: async (author, on) => { await list('mutes', author, on) },
    followModerators: async (community, authors) => {
      await publicCall(undefined, async () => {
        const { address } = resolveCommunity(index, community)
        const chosen = authors === null ? null : authorsOf(authors)
        const entries = entriesOf(doc, 'moderators')
        if (chosen !== null && !entries.has(address) && entries.size >= MAX_PERSONAL_COMMUNITIES) throw new SeedbedError('USAGE', `moderators of at most ${MAX_PERSONAL_COMMUNITIES} communities are chosen; go back to a founder's choice first`)
        await write('moderators', address, chosen ?? undefined)
      })
    },
    save: async (id, on) => {
      await publicCall(undefined, async () => {
        const entries = entriesOf(doc, 'saved')
        if (!on) return await write('saved', parseId(id), undefined)
        const [{ contentId, community }] = listingsOf(index, id)
        if (entries.has(contentId)) return
        if (entries.size >= MAX_SAVED) throw new SeedbedError('USAGE', `at most ${MAX_SAVED} posts can be saved; remove one first`)
        await write('saved', contentId, [community, clock()])
      })
    },
    markRead: async id => {
      await publicCall(undefined, async () => {
        const post = parseId(id)
        forgetOldMarks()
        await write('read', post, clock())
      })
    },
    setDraft: async (key, draft) => {
      await publicCall(undefined, async () => {
        if (!isDraftKey(key)) throw new SeedbedError('USAGE', `the key of a draft has 1 to ${MAX_DRAFT_KEY_CHARS} characters`)
        const { title = null, text } = draft ?? { text: '' }
        if ((title ?? '') === '' && text === '') return await write('drafts', key, undefined)
        const bytes = draftBytes({ title, text })
        const others = readDrafts(entriesOf(doc, 'drafts')).filter(other => other.key !== key)
        if (bytes > MAX_TEXT_INPUT_BYTES || others.reduce((sum, other) => sum + draftBytes(other), bytes) > MAX_DRAFTS_BYTES) throw new SeedbedError('USAGE', `all drafts together have at most ${MAX_DRAFTS_BYTES} bytes`)
        if (others.length >= MAX_DRAFTS) throw new SeedbedError('USAGE', `at most ${MAX_DRAFTS} drafts; remove one first`)
        await write('drafts', key, [title, text, clock()])
      })
    }
  }

  return {
    personal,
    intentions: { intend: async (address: CommunityAddress, joined) => { await communities.intend(address, joined) } },
    on: changed.on,
    async close () {
      closed = true
      endSource?.()
      communities.close()
      devices?.close()
      await store.close()
      doc.destroy()
    }
  }
}

function isWebSocketUrl (url: string): boolean {
  return URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol)
}
