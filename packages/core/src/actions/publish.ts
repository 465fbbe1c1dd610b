// Posts and comments: sign the body, store it durably, seed it, and only then tell the index.
import { MAX_MENTIONS, parseAuthorId, type AuthorId, type ItemView } from '@seedbed/crdt-index'
import { serialiseBody } from '../bodies/body-file.ts'
import type { BodyFields } from '../bodies/body.ts'
import { sha256Hex } from '../bodies/library.ts'
import { normaliseText, normaliseTitle } from '../bodies/text.ts'
import { SeedbedError } from '../errors.ts'
import type { Published, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { rightfulListing } from '../queries/bodies.ts'
import { genesisUnknown, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

type ContentOf<T extends 'posts' | 'comments'> = SeedbedNode[T]['create']

export function createPublishing (parts: NodeParts): { createPost: ContentOf<'posts'>, createComment: ContentOf<'comments'> } {
  const { signer, index, writer, torrents, clock, magnetPeers } = parts

  async function store (fields: BodyFields, signal: AbortSignal | undefined): Promise<Published> {
    const bytes = serialiseBody(fields, payload => signer.sign(payload))
    await writer.admit(fields.community, signal === undefined ? {} : { signal }) // nothing is stored of what is given up
    const ref = await torrents.put(bytes)
    const name = fields.kind === 'post' ? fields.title : 'comment'
    return {
      id: ref.infoHash as string as Published['id'],
      community: fields.community,
      author: fields.author,
      length: ref.length,
      sha256: sha256Hex(bytes),
      createdAtMs: fields.createdMs,
      magnet: torrents.magnet(ref, { name, peers: magnetPeers() })
    }
  }

  return {
    createPost: async ({ community, title, text, signal }) => await publicCall(signal, async () => {
      const { address, slug } = resolveCommunity(index, community)
      if (slug === null) throw genesisUnknown(address)
      const post = await store({ kind: 'post', author: signer.author, community: address, createdMs: clock(), title: normaliseTitle(title), text: normaliseText(text) }, signal)
      signal?.throwIfAborted()
      await writer.post({ community: address, contentId: post.id, length: post.length, title: normaliseTitle(title), createdMs: post.createdAtMs })
      return post
    }),

    createComment: async ({ parent, text, mentions = [], timeoutMs, signal }) => await publicCall(signal, async () => {
      const mentioned = authorsOf(mentions)
      const answered = await rightfulListing(parts, parent, { timeoutMs, signal })
      const root = rootOf(answered)
      if (answered.deleted || root.deleted) throw new SeedbedError('DELETED', `${answered.contentId} was deleted by its author`)
      const comment = await store({
        kind: 'comment', author: signer.author, community: answered.community, createdMs: clock(), root: root.contentId, parent: answered.contentId, text: normaliseText(text)
      }, signal)
      signal?.throwIfAborted()
      await writer.comment({
        community: answered.community, period: answered.period, contentId: comment.id, length: comment.length, createdMs: comment.createdAtMs, root: root.item, parent: answered.item, mentions: mentioned
      })
      return comment
    })
  }

  function rootOf (answered: ItemView): ItemView {
    if (answered.kind === 'post') return answered
    const root = index.item(answered.community, answered.period, answered.root)
    if (root === undefined) throw new SeedbedError('UNKNOWN_ID', `the post that ${answered.contentId} belongs to is not known here yet`)
    return root
  }
}

/** Errors: BAD_ID, USAGE. */
function authorsOf (keys: readonly string[]): AuthorId[] {
  const authors = [...new Set(keys.map(key => parseAuthorId(key.trim().toLowerCase())))]
  if (authors.length > MAX_MENTIONS) throw new SeedbedError('USAGE', `a comment mentions at most ${MAX_MENTIONS} authors`)
  return authors
}
