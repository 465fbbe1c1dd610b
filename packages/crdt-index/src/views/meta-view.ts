// What the shard `meta` says: how the founder describes the community, and how its authors describe themselves.
import { ByteReader, ByteWriter } from '../checkpoint/bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { parseCommunity, parseProfile, parseRole } from '../documents/schema.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
import { MAX_MODERATORS } from '../limits.ts'
import type { AuthorId, CommunityAddress, EntryChange } from '../model.ts'
import type { CurrentEntry } from './shard-view.ts'

export interface MetaViewOptions {
  readonly community: CommunityAddress
  /** From the genesis. Null: the community has no founder, so nobody describes it. */
  readonly founder: AuthorId | null
}

/** Null: not said. */
export interface CommunityDescription {
  readonly title: string | null
  readonly about: string | null
}

/** Null: not said. */
export interface Profile {
  readonly name: string | null
  readonly about: string | null
}

export interface MetaView {
  readonly community: CommunityAddress
  readonly founder: AuthorId | null
  /** Grows with every `apply` that brought a change: equal numbers, equal answers. */
  readonly version: number
  /** Takes the differences of one author's effective entries; a value that does not fit the schema counts as absent. */
  apply (author: AuthorId, changes: readonly EntryChange[], current: CurrentEntry): void
  /** The founder's words only. */
  description (): CommunityDescription
  /** Anybody may be asked for; names are not unique. */
  profile (author: AuthorId): Profile
  /** Whom the founder names as moderators, sorted, at most MAX_MODERATORS; a reader may follow others. */
  moderators (): AuthorId[]
  /** Authors who say something about themselves, sorted. */
  authors (): AuthorId[]
  /** As those of a month's view. */
  save (columns: Map<string, Uint8Array>): Saving
  restore (columns: Columns): Restoring
}

const SILENT_PROFILE: Profile = { name: null, about: null }

export function createMetaView ({ community, founder }: MetaViewOptions): MetaView {
  const profiles = new Map<AuthorId, Profile>()
  const moderators = new Set<AuthorId>()
  let description: CommunityDescription = { title: null, about: null }
  let version = 0

  function applyProfile (author: AuthorId, current: CurrentEntry): void {
    const text = (key: 'name' | 'about'): string | null => {
      const value = current('profile', key)
      return (value && parseProfile(key, value)?.text) || null // an empty text takes back what was said
    }
    const profile: Profile = { name: text('name'), about: text('about') }
    if (profile.name === null && profile.about === null) profiles.delete(author)
    else profiles.set(author, profile)
  }

  function applyDescription (current: CurrentEntry): void {
    const text = (key: 'title' | 'about'): string | null => {
      const value = current('community', key)
      return (value && parseCommunity(key, value)?.text) ?? null
    }
    description = { title: text('title'), about: text('about') }
  }

  return {
    community,
    founder,
    get version () { return version },
    apply (author, changes, current) {
      if (changes.length > 0) version++
      if (changes.some(({ root }) => root === 'profile')) applyProfile(author, current)
      if (author !== founder) return
      if (changes.some(({ root }) => root === 'community')) applyDescription(current)
      for (const { root, key, before, after } of changes) {
        if (root !== 'roles') continue
        const old = before && parseRole(key, before)
        const next = after && parseRole(key, after)
        if (next?.role === 'moderator') moderators.add(next.author)
        else if (old) moderators.delete(old.author)
      }
    },
    description: () => description,
    profile: author => profiles.get(author) ?? SILENT_PROFILE,
    moderators: () => [...moderators].sort().slice(0, MAX_MODERATORS),
    authors: () => [...profiles.keys()].sort(),
    * save (columns) {
      const writer = new ByteWriter()
      writer.text(description.title)
      writer.text(description.about)
      writer.uint32(moderators.size)
      for (const author of moderators) writer.bytes(hexToBytes(author))
      let saved = 0
      for (const [author, { name, about }] of profiles) {
        writer.bytes(hexToBytes(author))
        writer.text(name)
        writer.text(about)
        if (++saved % SAVED_TOGETHER === 0) yield
      }
      columns.set('meta', writer.finish())
    },
    * restore (columns) {
      const reader = new ByteReader(columnOf(columns, 'meta'))
      description = { title: reader.text(), about: reader.text() }
      for (let left = reader.uint32(); left > 0; left--) moderators.add(authorIdOfBytes(reader.bytes(KEY_BYTES)))
      for (let read = 1; !reader.atEnd; read++) {
        if (read % SAVED_TOGETHER === 0) yield
        profiles.set(authorIdOfBytes(reader.bytes(KEY_BYTES)), { name: reader.text(), about: reader.text() })
      }
      version++
    }
  }
}
