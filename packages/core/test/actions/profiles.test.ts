import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fingerprintOf } from '../../src/identity/fingerprint.ts'
import { codeOf, createTestNodes, until } from '../nodes.ts'

const test = suite('profiles')

test('a name is said everywhere, also in communities joined later, and elsewhere where asked for', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const first = await ada.communities.create({ slug: 'first', difficulty: 0 })
  const second = await ada.communities.create({ slug: 'second', difficulty: 0 })
  await bob.communities.join(first.address)
  await bob.profiles.set({ name: 'Bob', about: 'Grows things.' })
  await bob.communities.join(second.address)
  for (const { address } of [first, second]) {
    await until('ada reads the name', () => ada.profiles.get(bob.author, address).name === 'Bob')
    assert.equal(ada.profiles.get(bob.author, address), { author: bob.author, name: 'Bob', about: 'Grows things.', fingerprint: fingerprintOf(bob.author) })
  }
  await bob.profiles.set({ name: 'Robert', community: 'second' })
  await until('ada reads the other name', () => ada.profiles.get(bob.author, second.address).name === 'Robert')
  assert.is(ada.profiles.get(bob.author, first.address).name, 'Bob')
  const { id } = await bob.posts.create({ community: 'first', title: 'Post', text: 'text' })
  await until('ada sees the post', async () => (await ada.feed()).items.some(item => item.id === id))
  assert.is((await ada.feed()).items[0]?.profile.name, 'Bob')
})

test('an empty name or text takes back what was said, also for communities joined later', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start([], { network: false, torrent: false })
  await ada.communities.create({ slug: 'first', difficulty: 0 })
  await ada.profiles.set({ name: 'Ada', about: 'Plants things.' })
  await ada.profiles.set({ name: ' ' })
  assert.equal([ada.profiles.get(ada.author, 'first').name, ada.profiles.get(ada.author, 'first').about], [null, 'Plants things.'])
  await ada.communities.create({ slug: 'second', difficulty: 0 })
  await until('the text is said there', () => ada.profiles.get(ada.author, 'second').about === 'Plants things.')
  assert.is(ada.profiles.get(ada.author, 'second').name, null)
  await ada.profiles.set({ about: '' })
  for (const slug of ['first', 'second']) assert.is(ada.profiles.get(ada.author, slug).about, null)
})

test('a profile has bounds', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start([], { network: false, torrent: false })
  await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  assert.is(await codeOf(ada.profiles.set({})), 'USAGE')
  assert.is(await codeOf(ada.profiles.set({ name: 'x'.repeat(101) })), 'USAGE')
  assert.is(await codeOf(ada.profiles.set({ name: 'two\nlines' })), 'TITLE_CONTROL_CHARACTER')
  assert.is(await codeOf(ada.profiles.set({ about: 'x'.repeat(2001) })), 'USAGE')
  assert.is(ada.profiles.get(ada.author, 'seeds').name, null)
})

test('a fingerprint has four words and differs from key to key', () => {
  const keys = Array.from({ length: 200 }, (_, i) => i.toString(16).padStart(64, '0'))
  const words = keys.map(key => fingerprintOf(key as Parameters<typeof fingerprintOf>[0]))
  assert.is(new Set(words).size, keys.length)
  assert.ok(words.every(text => /^[a-z]+(-[a-z]+){3}$/.test(text)))
})

test.run()
