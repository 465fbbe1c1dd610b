// Who an author says to be. Names are not unique, so a fingerprint of the key stands beside them.
import { MAX_ABOUT_BYTES, MAX_NAME_BYTES, parseAuthorId, type AuthorId, type CommunityAddress, type CrdtIndex } from '@seedbed/crdt-index'
import type { Level } from 'level'
import { normaliseText, normaliseTitle, utf8Length } from '../bodies/text.ts'
import { SeedbedError } from '../errors.ts'
import { fingerprintOf, isFingerprint } from '../identity/fingerprint.ts'
import type { Profile, SeedbedNode } from '../node.ts'
import type { Logger } from '../options.ts'
import type { NodeParts } from '../parts.ts'
import { resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

interface Words { readonly name?: string, readonly about?: string }

/** Keeps what the author says everywhere, and says it in communities that are joined later. */
export interface OwnProfile {
  readonly profiles: SeedbedNode['profiles']
  close (): void
}

const KEY = 'profile'
const AUTHOR_KEY = /^[0-9a-f]{64}$/

export function profileOf (index: CrdtIndex, community: CommunityAddress, author: AuthorId): Profile {
  return { author, ...index.profile(community, author), fingerprint: fingerprintOf(author) }
}

function checkBytes (field: keyof Words, text: string | undefined, maxBytes: number): void {
  if (text !== undefined && utf8Length(text) > maxBytes) throw new SeedbedError('USAGE', `the ${field} of a profile has at most ${maxBytes} bytes of UTF-8`)
}

/** A name is written like a title; its faults speak of the name. An empty one takes back what was said. */
function normaliseName (name: string): string {
  if (name.trim() === '') return ''
  try {
    return normaliseTitle(name)
  } catch (cause) {
    if (!(cause instanceof SeedbedError)) throw cause
    if (cause.code === 'TITLE_TOO_LONG') throw new SeedbedError('USAGE', `the name of a profile has at most ${MAX_NAME_BYTES} bytes of UTF-8`, { cause })
    throw new SeedbedError(cause.code, cause.message.replace('The title', 'The name'), { cause })
  }
}

/** Without what is empty: there is nothing to say of it elsewhere. */
function said ({ name = '', about = '' }: Words): Words {
  return { ...(name === '' ? {} : { name }), ...(about === '' ? {} : { about }) }
}

export function createOwnProfile ({ index, writer, signer }: NodeParts, db: Level, logger: Logger): OwnProfile {
  const table = db.sublevel<string, Words>('node-settings', { valueEncoding: 'json' })

  function ready (community: CommunityAddress): boolean {
    return index.community(community)?.slug !== null
  }

  /** Says what is kept where nothing was said yet. */
  async function introduce (community: CommunityAddress): Promise<void> {
    const kept = await table.get(KEY)
    if (kept === undefined || (kept.name === undefined && kept.about === undefined) || index.community(community) === undefined || !ready(community)) return
    const { name, about } = index.profile(community, signer.author)
    // Joining may not cost more than a moment of work: where it would, the profile waits for a stamp that is asked for.
    if (name === null && about === null && await writer.admit(community, { background: true })) await writer.profile({ community, ...kept })
  }

  const end = index.on('communities', ({ community }) => {
    introduce(community).catch((error: unknown) => { logger.warn('the profile could not be written to a joined community', error) })
  })

  return {
    profiles: {
      set: async ({ name, about, community, signal }) => await publicCall(signal, async () => {
        const words: Words = {
          ...(name === undefined ? {} : { name: normaliseName(name) }),
          ...(about === undefined ? {} : { about: about.trim() === '' ? '' : normaliseText(about) })
        }
        checkBytes('name', words.name, MAX_NAME_BYTES)
        checkBytes('about', words.about, MAX_ABOUT_BYTES)
        if (words.name === undefined && words.about === undefined) throw new SeedbedError('USAGE', 'a profile needs a name or a text about the author')
        if (community !== undefined) {
          await writer.profile({ community: resolveCommunity(index, community).address, ...words })
          return
        }
        await table.put(KEY, said({ ...await table.get(KEY), ...words }))
        for (const { address } of index.communities()) if (ready(address)) await writer.profile({ community: address, ...words })
      }),
      get: (author, community) => profileOf(index, resolveCommunity(index, community).address, parseAuthorId(author.trim().toLowerCase())),
      find (name, community) {
        const { address } = resolveCommunity(index, community)
        const wanted = name.trim().normalize().toLowerCase()
        // What reads like a key or its words names that key alone: anybody may call themselves by those of another.
        const is = isFingerprint(wanted)
          ? (author: AuthorId): boolean => fingerprintOf(author) === wanted
          : AUTHOR_KEY.test(wanted)
            ? (author: AuthorId): boolean => author === wanted
            : (author: AuthorId): boolean => index.profile(address, author).name?.normalize().toLowerCase() === wanted
        return index.authors(address).filter(is).map(author => profileOf(index, address, author))
      }
    },
    close: end
  }
}
