// Core's answers as plain JSON, and the parts of them that more than one command shows.
import { SeedbedError, type Community, type Profile, type Published, type SeedbedNode, type VoteResult } from '@seedbed/core'
import type { JsonDocument, JsonValue, NodeCommand } from '../command.ts'
import { plainLine, style, type Terminal } from '../terminal/terminal.ts'
import { wrap } from '../terminal/wrap.ts'

export function isoTime (timeMs: number): string {
  return new Date(timeMs).toISOString()
}

export function communityDocument ({ address, slug, title, founder, joinedAtMs }: Community): JsonDocument {
  return { address, slug, title, founder, joinedAt: isoTime(joinedAtMs) }
}

export function publishedDocument ({ id, magnet, community, author, createdAtMs, length, sha256 }: Published): JsonDocument {
  return { id, magnet, community, author, createdAt: isoTime(createdAtMs), length, sha256 }
}

export function voteDocument ({ id, value, score, seeding, sha256, servedBy }: VoteResult): JsonDocument {
  return { id, value, score, seeding, sha256, servedBy }
}

/** Name, if any, and the words of the key. */
export function profileFields ({ name, fingerprint }: Profile): { name: string | null, fingerprint: string } {
  return { name, fingerprint }
}

/** How a listing names an author: the name they gave themselves, and what nobody can choose. */
export function byline (document: JsonDocument): string {
  const name = plainLine(textOf(document, 'name'))
  return name === '' ? `by ${textOf(document, 'fingerprint') || shortKey(textOf(document, 'author'))}` : `by ${name} (${textOf(document, 'fingerprint')})`
}

/** Slugs by address, of the joined communities. */
export function slugs (node: SeedbedNode): Map<string, string | null> {
  return new Map(node.communities.list().map(({ address, slug }) => [address, slug]))
}

/** A field of an answer as text; answers may come from a peer of another release. */
export function textOf (document: JsonDocument, name: string): string {
  const value = document[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function numberOf (document: JsonDocument, name: string): number {
  const value = document[name]
  return typeof value === 'number' ? value : 0
}

export function documentsOf (document: JsonDocument, name: string): readonly JsonDocument[] {
  const value = document[name]
  return Array.isArray(value) ? value.filter((entry): entry is JsonDocument => typeof entry === 'object' && entry !== null && !Array.isArray(entry)) : []
}

export function documentOf (document: JsonDocument, name: string): JsonDocument {
  const value: JsonValue | undefined = document[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonDocument : {}
}

export function shortKey (key: string): string {
  return plainLine(key).slice(0, 8)
}

/** Votes for other revisions than the newest, as a listing tells them. */
export function votesOf (document: JsonDocument): string {
  const other = numberOf(document, 'otherRevision')
  return `${numberOf(document, 'score')} (+${numberOf(document, 'up')} −${numberOf(document, 'down')}${other === 0 ? '' : `, ${other} for an earlier text`})`
}

export function communityName (slug: string, address: string): string {
  return slug === '' ? shortKey(address) : plainLine(slug)
}

/** Lines of a stranger's or our own words within the terminal, `indent` columns in. */
export function paragraph (terminal: Terminal, text: string, indent = 0): string[] {
  return wrap(text, terminal.columns - indent).map(line => line === '' ? '' : `${' '.repeat(indent)}${line}`)
}

export function renderPublished (document: JsonDocument, terminal: Terminal): string {
  return [style(terminal, 'bold', textOf(document, 'id')), textOf(document, 'magnet')].join('\n')
}

export function renderCommunity (document: JsonDocument, terminal: Terminal): string {
  const title = plainLine(textOf(document, 'title'))
  const slug = plainLine(textOf(document, 'slug'))
  return [
    ...paragraph(terminal, slug === '' ? 'Its name is not known yet; it will be once a peer that knows it is met.' : `${slug}${title === '' ? '' : ` · ${title}`}`).map(line => style(terminal, 'bold', line)),
    textOf(document, 'address')
  ].join('\n')
}

/** Errors: BAD_ID. */
export function checkId (value: string): void {
  if (!/^[0-9a-f]{40}$/i.test(value.trim())) throw new SeedbedError('BAD_ID', `${JSON.stringify(value.slice(0, 80))} is not an id: posts and comments have 40 hex characters.`)
}

/** Errors: BAD_ID. */
export function checkAuthor (value: string): void {
  if (!/^[0-9a-f]{64}$/i.test(value.trim())) throw new SeedbedError('BAD_ID', `${JSON.stringify(value.slice(0, 80))} is not an author: keys have 64 hex characters.`)
}

/** Errors: UNKNOWN_COMMUNITY. */
function checkCommunity (value: string): void {
  if (!/^(?:[0-9a-f]{64}|[a-z0-9-]{1,40})$/i.test(value.trim())) throw new SeedbedError('UNKNOWN_COMMUNITY', `${JSON.stringify(value.slice(0, 80))} is neither an address, 64 hex characters, nor a slug.`)
}

export const COMMUNITY: NodeCommand['positionals'][number] = { name: 'COMMUNITY', summary: 'Address, or slug of a joined community.', check: checkCommunity }
export const ID: NodeCommand['positionals'][number] = { name: 'ID', summary: 'Id of a post or comment, 40 hex characters.', check: checkId }
export const FILE: NodeCommand['options'][string] = { type: 'text', value: 'F', summary: 'Read the text from this file; default or "-": standard input.', local: true }
