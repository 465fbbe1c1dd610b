// Which identities this browser holds: each has a database of its own, named by its `dataDir`; one of them is in use.

export interface StoredProfile {
  /** Names the database and the identity in it. */
  readonly dataDir: string
  /** Author id; null until its first start. */
  readonly author: string | null
  readonly createdAtMs: number
}

export interface ProfileRegistry {
  current (): StoredProfile
  list (): readonly StoredProfile[]
  /** Takes a profile into use, new or known; the others stay as they are. */
  use (profile: StoredProfile): void
  /** Notes whose the profile is, once its peer runs; which one is in use stays as another tab may have chosen meanwhile. */
  started (profile: StoredProfile, author: string): void
}

/** Where the registry is kept; localStorage in a page. */
export interface TextStore {
  getItem (key: string): string | null
  setItem (key: string, value: string): void
}

export const REGISTRY_KEY = 'seedbed/profiles'
const FIRST: string = 'seedbed'
const MAX_PROFILES = 100

/** A store that cannot be read or written counts as empty: the first profile is then in use. */
export function createProfileRegistry (store: TextStore, nowMs: () => number): ProfileRegistry {
  function read (): readonly [StoredProfile, ...StoredProfile[]] {
    const [first = { dataDir: FIRST, author: null, createdAtMs: nowMs() }, ...rest] = parse(attempt(() => store.getItem(REGISTRY_KEY)) ?? '')
    return [first, ...rest]
  }

  /** The one in use is the first. */
  function write (profiles: readonly StoredProfile[]): void {
    attempt(() => { store.setItem(REGISTRY_KEY, JSON.stringify(profiles.slice(0, MAX_PROFILES))) })
  }

  return {
    current: () => read()[0],
    list: read,
    use (profile) {
      // One that was never started has nothing to come back to.
      write([profile, ...read().filter(({ dataDir, author }) => dataDir !== profile.dataDir && author !== null)])
    },
    started (profile, author) {
      const known = read()
      const noted = { ...profile, author }
      write(known.some(({ dataDir }) => dataDir === profile.dataDir)
        ? known.map(other => other.dataDir === profile.dataDir ? noted : other)
        : [...known, noted])
    }
  }
}

function parse (text: string): StoredProfile[] {
  const found: unknown = attempt(() => JSON.parse(text) as unknown)
  if (!Array.isArray(found)) return []
  return found.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('dataDir' in one) || typeof one.dataDir !== 'string' || !/^[\w-]{1,64}$/.test(one.dataDir)) return []
    const author = 'author' in one && typeof one.author === 'string' ? one.author : null
    const createdAtMs = 'createdAtMs' in one && typeof one.createdAtMs === 'number' ? one.createdAtMs : 0
    return [{ dataDir: one.dataDir, author, createdAtMs }]
  })
}

function attempt<T> (work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
