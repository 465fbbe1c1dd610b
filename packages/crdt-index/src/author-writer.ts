// What an author can say, as entries of the right document.
import type { AuthorWriter } from './crdt-index.ts'
import { encodeComment, encodeCommunity, encodeDeletion, encodeEdit, encodeLabel, encodePost, encodeProfile, encodeRole, encodeVote } from './documents/schema.ts'
import { CrdtIndexError } from './errors.ts'
import { itemIdOf } from './identity/ids.ts'
import { periodOf } from './identity/period.ts'
import { MAX_UNASKED_DIFFICULTY } from './limits.ts'
import { META_PERIOD, type AuthorId, type CommunityAddress } from './model.ts'
import type { DocumentWriter, Entry } from './outbound.ts'
import type { CommunityState } from './shards/communities.ts'

const MS_PER_SECOND = 1000

export function createAuthorWriter ({ author, documents, joined }: { author: AuthorId, documents: DocumentWriter, joined: (address: CommunityAddress) => CommunityState }): AuthorWriter {
  /** Without the genesis nobody can check a stamp, so nothing may be written yet. */
  function writable (address: CommunityAddress): CommunityState {
    const community = joined(address)
    if (community.genesis === null) throw new CrdtIndexError('NOT_JOINED', `the genesis of ${address} is not known yet: connect to a peer of the community first`)
    return community
  }

  async function writeMeta (address: CommunityAddress, build: (seconds: number) => readonly Entry[]): Promise<void> {
    await documents.write(writable(address), META_PERIOD, timeMs => build(Math.floor(timeMs / MS_PER_SECOND)))
  }

  return {
    author,
    async admit (address, options = {}) {
      const community = writable(address)
      if (options.background === true && (community.genesis?.difficulty ?? 0) > MAX_UNASKED_DIFFICULTY) return await documents.isAdmitted(community)
      await documents.admit(community, options)
      return true
    },
    async post ({ community, contentId, length, title, createdMs }) {
      const entry = encodePost({ contentId, length, createdMs, title })
      await documents.write(writable(community), periodOf(createdMs), () => [entry], createdMs)
      return itemIdOf(author, contentId)
    },
    async comment ({ community, period, contentId, length, createdMs, root, parent, mentions = [] }) {
      const entry = encodeComment({ contentId, length, createdMs, root, parent, mentions })
      await documents.write(writable(community), period, () => [entry], createdMs)
      return itemIdOf(author, contentId)
    },
    async vote ({ community, period, item, value, revision }) {
      const state = writable(community)
      if (state.shards.get(period)?.month?.item(item)?.author === author) throw new CrdtIndexError('OWN_CONTENT', 'nobody votes on what they wrote')
      await documents.write(state, period, timeMs => [encodeVote({ item, value, seconds: Math.floor(timeMs / MS_PER_SECOND), revision: revision ?? null })])
    },
    async edit ({ community, period, item, contentId, length, title, editedMs }) {
      const entry = encodeEdit({ contentId, item, length, editedMs, title })
      // The clock may have stepped back since: no entry may be newer than its envelope.
      await documents.write(writable(community), period, () => [entry], editedMs)
    },
    async delete ({ community, period, item }) {
      await documents.write(writable(community), period, timeMs => [encodeDeletion({ item, seconds: Math.floor(timeMs / MS_PER_SECOND) })])
    },
    async label ({ community, period, item, label, reason = '' }) {
      await documents.write(writable(community), period, timeMs => [encodeLabel({ item, label, reason, seconds: Math.floor(timeMs / MS_PER_SECOND) })])
    },
    async appoint ({ community, author, role }) {
      await writeMeta(community, seconds => [encodeRole({ author, role, seconds })])
    },
    async define ({ community, title, about }) {
      await writeMeta(community, seconds => [
        ...title === undefined ? [] : [encodeCommunity({ field: 'title', text: title, seconds })],
        ...about === undefined ? [] : [encodeCommunity({ field: 'about', text: about, seconds })]
      ])
    },
    async profile ({ community, name, about }) {
      await writeMeta(community, seconds => [
        ...name === undefined ? [] : [encodeProfile({ field: 'name', text: name, seconds })],
        ...about === undefined ? [] : [encodeProfile({ field: 'about', text: about, seconds })]
      ])
    }
  }
}
