// Labels: signed words about somebody's post or comment. What they lead to is the reader's choice (reading.ts).
import { MAX_LABEL_BYTES, MAX_REASON_BYTES, parseLabel, treatmentOfLabel, type ItemView } from '@seedbed/crdt-index'
import { utf8Length } from '../bodies/text.ts'
import { SeedbedError } from '../errors.ts'
import type { NodeParts } from '../parts.ts'
import { rightfulListing } from '../queries/bodies.ts'
import { publicCall } from '../translate-error.ts'
import type { Labelled, Labels } from './moderation.ts'
import type { Reading } from './reading.ts'

/** How an entry says that a label was taken back. */
const NONE = 'none'

export function createLabels (parts: NodeParts, reading: Reading): Labels {
  const { index, signer, writer } = parts

  async function sign (item: ItemView, label: string, reason: string, signal: AbortSignal | undefined): Promise<Labelled> {
    const { community, period, contentId } = item
    const value = await index.entry(signer.author, community, period, 'labels', item.item)
    const before = value === undefined ? null : parseLabel(item.item, value)
    if ((before?.label ?? NONE) !== label || (before?.reason ?? '') !== reason) {
      await writer.admit(community, signal === undefined ? {} : { signal })
      await writer.label({ community, period, item: item.item, label, reason })
    }
    return {
      id: contentId, community, reason,
      label: label === NONE ? null : label,
      byDefault: index.community(community)?.founder === signer.author || index.moderators(community).includes(signer.author),
      treatment: treatmentOfLabel({ author: signer.author, label, reason, labelledMs: 0 })
    }
  }

  return {
    set: async ({ id, label, reason = '', timeoutMs, signal }) => await publicCall(signal, async () => {
      const name = wordsOf('label', label, MAX_LABEL_BYTES).toLowerCase()
      const why = wordsOf('reason', reason, MAX_REASON_BYTES)
      if (name === '') throw new SeedbedError('USAGE', 'a label needs a name')
      if (name === NONE) throw new SeedbedError('USAGE', `${NONE} is no label: take the own one back instead`)
      const item = await rightfulListing(parts, id, { timeoutMs, signal })
      if (item.deleted) throw new SeedbedError('DELETED', `${item.contentId} was deleted by its author`)
      return await sign(item, name, why, signal)
    }),
    clear: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => await sign(await rightfulListing(parts, id, { timeoutMs, signal }), NONE, '', signal)),
    list: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
      const item = await rightfulListing(parts, id, { timeoutMs, signal })
      const { authors } = reading.followed(item.community)
      return index.labels(item).filter(({ label }) => label !== NONE).map(label => ({ ...reading.describeLabel(item.community, label), counts: authors.has(label.author) }))
    })
  }
}

/** One line without white space around it. Errors: USAGE, TEXT_NOT_UTF8. */
function wordsOf (what: string, words: string, maxBytes: number): string {
  const line = words.trim()
  if (/\p{Surrogate}/u.test(line)) throw new SeedbedError('TEXT_NOT_UTF8', `the ${what} has half a surrogate pair and cannot be written as UTF-8`)
  if (/[\p{Cc}\u2028\u2029]/u.test(line)) throw new SeedbedError('USAGE', `a ${what} is one line without control characters`)
  if (utf8Length(line) > maxBytes) throw new SeedbedError('USAGE', `a ${what} has at most ${maxBytes} bytes of UTF-8`)
  return line
}
