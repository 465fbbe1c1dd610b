import { contentIdOfBytes, decodeBase64url, type ContentId } from '@seedbed/crdt-index'

/** The content id that a key of `posts`, `comments` or `edits` stands for; keys in the index were checked before. */
export function contentIdOfKey (key: string): ContentId {
  return contentIdOfBytes(decodeBase64url(key) ?? new Uint8Array(0))
}
