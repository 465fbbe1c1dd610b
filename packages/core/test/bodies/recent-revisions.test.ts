// An author with any number of edits costs readers no more than one with a few.
import type { ContentId, ItemId, ItemView, Revision } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRecentRevisions } from '../../src/bodies/recent-revisions.ts'
import { MAX_RECENT_REVISIONS } from '../../src/limits.ts'

const test = suite('recent revisions')

const idOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId
const revisionsOf = (edits: number): Revision[] => Array.from({ length: edits + 1 }, (_, n) => ({ contentId: idOf(n), length: 1, editedMs: n === 0 ? null : n, title: null }))
const itemOf = (revisions: readonly Revision[]): ItemView => ({ item: 'item' as ItemId, community: 'c', period: 202601, revision: revisions.at(-1) }) as ItemView

function fakeIndex (revisions: Revision[]): { index: Parameters<typeof createRecentRevisions>[0], asked: () => number, change: (root: string) => void } {
  let asked = 0
  const listeners = new Set<(event: { changes: Array<{ root: string }> }) => void>()
  return {
    index: {
      revisions () {
        asked++
        return revisions
      },
      on (_event: string, listener: never) {
        listeners.add(listener)
        return () => { listeners.delete(listener) }
      }
    },
    asked: () => asked,
    change: root => { for (const listener of listeners) listener({ changes: [{ root }] }) }
  }
}

test('few revisions all count', () => {
  const revisions = revisionsOf(MAX_RECENT_REVISIONS)
  const { index } = fakeIndex(revisions)
  assert.equal(createRecentRevisions(index).of(itemOf(revisions)), revisions)
  const [first] = revisions
  assert.ok(first)
  assert.equal(createRecentRevisions(index).of(itemOf([first])), [first])
})

test('of many the first and the newest count, and they are sorted once until there are new ones', () => {
  const revisions = revisionsOf(5000)
  const { index, asked, change } = fakeIndex(revisions)
  const recent = createRecentRevisions(index)
  const found = recent.of(itemOf(revisions))
  assert.equal(found, [revisions[0], ...revisions.slice(-MAX_RECENT_REVISIONS)])
  for (let i = 0; i < 10; i++) recent.of(itemOf(revisions))
  change('votes')
  recent.of(itemOf(revisions))
  assert.is(asked(), 1)
  revisions.push({ contentId: idOf(9999), length: 1, editedMs: 9999, title: null })
  change('edits')
  assert.is(recent.of(itemOf(revisions)).at(-1)?.contentId, idOf(9999))
  recent.close()
})

test.run()
