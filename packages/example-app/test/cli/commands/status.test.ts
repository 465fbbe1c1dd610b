import type { CommunityStatus, EquivocationProof, NodeStatus } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { renderStatus, statusDocument } from '../../../src/cli/commands/status.ts'

const test = suite('status')
const NOW = Date.UTC(2026, 10, 22)
const terminal = { colour: false, columns: 80, nowMs: NOW } as unknown as Parameters<typeof renderStatus>[1]

const community = (more: Partial<CommunityStatus>): CommunityStatus => ({
  address: 'c'.repeat(64) as CommunityStatus['address'], slug: 'garden', title: null, digest: 'd'.repeat(64), posts: 1, comments: 0, authors: 1, unsent: 0, retain: 'all', shards: [],
  sync: { state: 'alone', peers: 0, lastSyncAtMs: null, missing: 0, exchanges: [] }, storage: { bytes: 1000, budgetBytes: 1e6, authors: 1, authorsLeftOut: 0, partial: false }, ...more
})
const status = (...communities: CommunityStatus[]): NodeStatus => ({ author: 'a'.repeat(64) as NodeStatus['author'], peerId: 'p', addresses: [], torrentPort: null, torrentHost: null, communities, bodies: 0, bytes: 0 })
const linesOf = (of: CommunityStatus): string[] => renderStatus(statusDocument(status(of)), terminal).split('\n').slice(6)

test('a community that is in order takes one line', () => {
  const exchange = { peerId: '12D3KooWabcdefgh', state: 'equal', missing: 0, lastAtMs: NOW, againAtMs: null, error: null } as const
  assert.equal(linesOf(community({ sync: { state: 'synced', peers: 1, lastSyncAtMs: NOW - 120_000, missing: 0, exchanges: [exchange] } })), ['  1 post, 0 comments, 1 author · synced, 1 peer, 2 minutes ago'])
})

test('what does not come is told, and why, and what was not sent', () => {
  const lines = linesOf(community({
    unsent: 2,
    shards: [
      { period: 0, envelopes: 3, digest: '', holding: 'whole', kept: true, asOfMs: null, elsewhere: 0, state: 'synced', missing: 0, agreeing: 1 },
      { period: 202611, envelopes: 3, digest: '', holding: 'partial', kept: true, asOfMs: null, elsewhere: 0, state: 'behind', missing: 7, agreeing: 0 }
    ],
    sync: {
      state: 'behind', peers: 2, lastSyncAtMs: null, missing: 7,
      exchanges: [
        { peerId: '12D3KooWabcdefgh', state: 'silent', missing: 7, lastAtMs: NOW, againAtMs: NOW + 90_000, error: null },
        { peerId: '12D3KooWijklmnop', state: 'failed', missing: 0, lastAtMs: NOW, againAtMs: null, error: 'broken\u001b[31m\npipe' }
      ]
    }
  }))
  assert.equal(lines.slice(1), [
    '  2 changes of yours not sent to anybody yet',
    '  Incomplete: 2026-11 (7 missing)',
    '  …abcdefgh: did not answer in time; it is asked again in 2 min',
    '  …ijklmnop: the exchange broke off (broken\ufffd[31m pipe); it is asked again soon'
  ])
})

test('months that are not kept are told in a line, and are no lack', () => {
  const shard = { envelopes: 0, digest: '', holding: 'absent', state: 'synced', missing: 0, agreeing: 0, elsewhere: 9 } as const
  const lines = linesOf(community({ retain: { months: 1 }, shards: [
    { ...shard, period: 202611, envelopes: 3, holding: 'whole', kept: true, asOfMs: null },
    { ...shard, period: 202610, kept: false, asOfMs: NOW },
    { ...shard, period: 202609, kept: false, asOfMs: null }
  ] }))
  assert.equal(lines.slice(1), ['  Not kept here: 2 months up to 2026-10. What you open of them is fetched.'])
})

test('who is left out of a community that is full here is told in words that fit', () => {
  const full = community({ storage: { bytes: 1_040_000, budgetBytes: 1_048_576, authors: 40, authorsLeftOut: 460, partial: true } })
  const lines = linesOf(full).slice(1)
  assert.match(lines.join(' ').replace(/\s+/g, ' '), /Full: 1015\.6 KiB of the 1\.0 MiB kept of this community are taken\. 460 authors .* are left out/)
  assert.ok(lines.length > 1 && lines.every(line => line.length <= 80))
  assert.equal((statusDocument(status(full))['communities'] as Array<Record<string, unknown>>)[0]?.['storage'], full.storage)
  const unbounded = community({ storage: { ...full.storage, budgetBytes: Infinity, partial: false } })
  const [said] = statusDocument(status(unbounded))['communities'] as Array<{ storage: Record<string, unknown> }>
  assert.is(said?.storage['budgetBytes'], null)
})

test('who signed two pasts is named, in words that fit the terminal', () => {
  const author = 'a'.repeat(64) as EquivocationProof['author']
  const proof: EquivocationProof = {
    community: community({}).address, period: 202611, author, profile: { author, name: 'Ada\u001b[2J', about: null, fingerprint: 'four-words-of-it' }, part: 0, device: 1, seq: 2, kind: 'clock', firstSeenAtMs: 0, isOwn: false, envelopes: [new Uint8Array(1), new Uint8Array(1)]
  }
  const document = statusDocument(status(community({})), [proof, { ...proof, isOwn: true }])
  assert.equal((document['communities'] as Array<Record<string, unknown>>)[0]?.['equivocations'], [false, true].map(isOwn => ({ author, name: 'Ada\u001b[2J', fingerprint: 'four-words-of-it', period: 202611, device: 1, kind: 'clock', isOwn, firstSeenAt: '1970-01-01T00:00:00.000Z' })))
  const lines = renderStatus(document, terminal).split('\n')
  assert.ok(lines.every(line => line.length <= 80))
  const text = lines.join(' ').replaceAll(/\s+/g, ' ')
  assert.match(text, /Ada\ufffd\[2J \(four-words-of-it\) signed two different pasts in 2026-11/)
  assert.match(text, /Two copies of your data were both written to in 2026-11/)
})

test.run()
