import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyOf } from '../../src/documents/schema.ts'
import { MAX_MODERATORS } from '../../src/limits.ts'
import type { AuthorId, EntryChange, EntryValue, RootName } from '../../src/model.ts'
import { createMetaView, type MetaView } from '../../src/views/meta-view.ts'
import { authorNumber, communityNumber } from './world.ts'

const test = suite('meta view')

const community = communityNumber(0)
const [founder, other] = [authorNumber(0), authorNumber(1)]

/** A pen that remembers what its author wrote. */
function pen (view: MetaView, author: AuthorId): (root: RootName, key: string, value: EntryValue | undefined) => void {
  const state = new Map<string, EntryValue>()
  return (root, key, value) => {
    const change: EntryChange = { root, key, before: state.get(`${root}/${key}`), after: value }
    if (value === undefined) state.delete(`${root}/${key}`)
    else state.set(`${root}/${key}`, value)
    view.apply(author, [change], (root, key) => state.get(`${root}/${key}`))
  }
}

test('only the founder describes the community and names moderators', () => {
  const view = createMetaView({ community, founder })
  const [founders, others] = [pen(view, founder), pen(view, other)]
  others('community', 'title', ['Mine', 1])
  others('roles', keyOf(other), ['moderator', 1])
  assert.equal([view.description(), view.moderators()], [{ title: null, about: null }, []])
  founders('community', 'title', ['Gardens', 1])
  founders('community', 'about', ['Seeds\nand beds', 1])
  founders('roles', keyOf(other), ['moderator', 1])
  assert.equal([view.description(), view.moderators()], [{ title: 'Gardens', about: 'Seeds\nand beds' }, [other]])
  founders('community', 'title', undefined)
  founders('roles', keyOf(other), ['none', 2])
  assert.equal([view.description(), view.moderators()], [{ title: null, about: 'Seeds\nand beds' }, []])
  founders('roles', keyOf(other), ['moderator', 3])
  founders('roles', keyOf(other), undefined)
  assert.equal(view.moderators(), [])
})

test('a founder\'s word counts for so many moderators, the first by their keys', () => {
  const view = createMetaView({ community, founder })
  const named = Array.from({ length: MAX_MODERATORS + 20 }, (_, n) => authorNumber(n + 1))
  const founders = pen(view, founder)
  for (const author of named) founders('roles', keyOf(author), ['moderator', 1])
  const sorted = named.toSorted()
  assert.equal(view.moderators(), sorted.slice(0, MAX_MODERATORS))
  for (const author of sorted.slice(0, 20)) founders('roles', keyOf(author), ['none', 2])
  assert.equal(view.moderators(), sorted.slice(20))
})

test('nobody describes a community without a founder', () => {
  const view = createMetaView({ community, founder: null })
  pen(view, founder)('community', 'title', ['Mine', 1])
  assert.equal(view.description(), { title: null, about: null })
})

test('everybody describes themselves; a value that does not fit counts as absent', () => {
  const view = createMetaView({ community, founder })
  const writes = pen(view, other)
  writes('profile', 'name', ['Bob', 1])
  writes('profile', 'about', ['Grows beans', 1])
  assert.equal([view.profile(other), view.authors()], [{ name: 'Bob', about: 'Grows beans' }, [other]])
  writes('profile', 'name', ['two\nlines', 2])
  assert.equal(view.profile(other), { name: null, about: 'Grows beans' })
  writes('profile', 'about', undefined)
  assert.equal([view.profile(other), view.authors()], [{ name: null, about: null }, []])
  writes('profile', 'name', ['Bob', 3])
  assert.equal([view.profile(other).name, view.profile(founder).name], ['Bob', null])
  writes('profile', 'name', ['', 4])
  assert.equal([view.profile(other), view.authors()], [{ name: null, about: null }, []], 'an empty text takes back what was said')
})

test('the version grows with changes only', () => {
  const view = createMetaView({ community, founder })
  const { version } = view
  view.apply(other, [], () => undefined)
  assert.is(view.version, version)
  pen(view, other)('profile', 'name', ['Bob', 1])
  assert.ok(view.version > version)
})

test.run()
