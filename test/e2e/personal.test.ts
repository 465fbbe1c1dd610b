// test-timeout-ms: 600000
// What only one author's devices know: a laptop, a phone and a seedbox of the same author, which meet at the seedbox and
// exchange it directly.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNode, createPhrase, type NetworkOptions, type PersonalState, type SeedbedNode } from '@seedbed/core'
import { openSeedbox, type Seedbox } from '../../packages/example-app/src/seedbox/seedbox.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

const test = suite('personal document')

interface Box { readonly node: SeedbedNode, readonly front: Seedbox, readonly address: string }

class Devices implements AsyncDisposable {
  readonly folder: string
  readonly #open = new Set<{ close (): Promise<void> }>()

  constructor (folder: string) { this.folder = folder }

  async seedbox (name: string, phrase: string): Promise<Box> {
    const dataDir = path.join(this.folder, name)
    const front = await openSeedbox({ host: '127.0.0.1', port: 0, orFree: true, publicUrl: null, behindProxy: false, dataDir, clock: Date.now })
    this.#open.add(front)
    const node = await this.start(name, phrase, { relay: true, ...front.network })
    const status = await node.status()
    front.admit(status)
    return { node, front, address: status.addresses.find(text => text.includes(`/tcp/${new URL(front.url).port}/ws`)) ?? '' }
  }

  async start (name: string, phrase: string, network: NetworkOptions | false = {}): Promise<SeedbedNode> {
    const node = await createNode({ dataDir: path.join(this.folder, name), phrase, torrent: false, network })
    this.#open.add(node)
    return node
  }

  async stop (device: { close (): Promise<void> }): Promise<void> {
    this.#open.delete(device)
    await device.close()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    for (const device of [...this.#open].reverse()) await device.close()
  }
}

const slugs = (node: SeedbedNode): string[] => node.communities.list().flatMap(({ slug }) => slug ?? '').sort()
const drafts = ({ personal }: SeedbedNode): string[] => personal.state().drafts.map(({ key, text }) => `${key} ${text}`).sort()
/** Another author's key, whichever this one is. */
const somebodyElse = (author: string): string => author.replace(/./, digit => digit === '0' ? '1' : '0')
const connected = ({ personal }: SeedbedNode): number => personal.state().sync.devices

test('communities, drafts, follows, mutes and saved posts of one device are on all others', async () => {
  await using folder = await temporaryFolder('personal')
  await using devices = new Devices(folder.path)
  const phrase = createPhrase()
  const box = await devices.seedbox('seedbox', phrase)
  assert.equal(box.node.personal.state().sync, { state: 'searching', devices: 0, signalling: [`${box.front.url.replace('http', 'ws')}signal`] })
  const friend = await devices.start('friend', createPhrase(), { connect: [box.address] })
  const garden = await friend.communities.create({ slug: 'garden', difficulty: 0 })
  const { id } = await friend.posts.create({ community: garden.address, title: 'Beans', text: 'Plant them.' })
  const laptop = await devices.start('laptop', phrase, { connect: [box.address] })
  const phone = await devices.start('phone', phrase, { connect: [box.address] })
  const states: PersonalState[] = []
  using live = phone.live.personal()
  live.subscribe(() => {
    const snapshot = live.getSnapshot()
    if (snapshot.state === 'ready') states.push(snapshot.value)
  })
  await until('all see each other', () => [box.node, laptop, phone].every(node => connected(node) === 2))
  assert.is(connected(friend), 0, 'somebody else\'s')
  assert.is(friend.personal.state().sync.state, 'off', 'the seedbox is not the friend\'s')

  await laptop.communities.join(garden.address)
  for (const node of [box.node, phone]) await until('joined with its genesis', () => slugs(node).join() === 'garden')
  await laptop.personal.follow(friend.author, true)
  await phone.personal.mute(somebodyElse(friend.author), true)
  await until('the laptop lists the post', async () => (await laptop.feed()).items.length === 1)
  await laptop.personal.save(id, true)
  await laptop.personal.markRead(id)
  await laptop.personal.setDraft(`post:${garden.address}`, { title: 'Peas', text: 'Not yet.' })
  await until('the laptop has the mute', () => laptop.personal.state().mutes.length === 1)
  await until('the phone has it all', () => {
    const { follows, mutes, saved, read, drafts } = phone.personal.state()
    return follows.length === 1 && mutes.length === 1 && saved[0]?.id === id && read[id] !== undefined && drafts[0]?.title === 'Peas'
  })
  await until('and its live query', () => states.at(-1)?.drafts[0]?.title === 'Peas')
  assert.equal({ ...phone.personal.state(), sync: null }, { ...laptop.personal.state(), sync: null })
  assert.is(phone.personal.state(), phone.personal.state(), 'the same object as long as nothing changed')

  await phone.personal.setDraft(`post:${garden.address}`, null)
  await phone.personal.save(id, false)
  await phone.communities.leave(garden.address)
  for (const node of [box.node, laptop]) await until('left', () => node.communities.list().length === 0)
  await until('removed', () => laptop.personal.state().drafts.length === 0 && laptop.personal.state().saved.length === 0)
})

test('what devices did while they were apart is merged, and is still there after a restart', async () => {
  await using folder = await temporaryFolder('personal')
  await using devices = new Devices(folder.path)
  const phrase = createPhrase()
  const laptop = await devices.start('laptop', phrase, false)
  const phone = await devices.start('phone', phrase, false)
  assert.is(laptop.personal.state().sync.state, 'off')
  await laptop.personal.setDraft('reply:a', { text: 'from the laptop' })
  await phone.personal.setDraft('reply:b', { text: 'from the phone' })
  await laptop.personal.follow(somebodyElse(laptop.author), true)
  await laptop.communities.create({ slug: 'laptops', difficulty: 0 })
  const phones = await phone.communities.create({ slug: 'phones', difficulty: 0 })
  for (const node of [laptop, phone]) await devices.stop(node)

  const box = await devices.seedbox('seedbox', phrase)
  const again = [await devices.start('laptop', phrase, { connect: [box.address] }), await devices.start('phone', phrase, { connect: [box.address] })]
  for (const node of [...again, box.node]) {
    await until('merged', () => drafts(node).length === 2 && slugs(node).join() === 'laptops,phones' && node.personal.state().follows.length === 1)
    assert.equal(drafts(node), ['reply:a from the laptop', 'reply:b from the phone'])
  }
  for (const node of again) await devices.stop(node)
  const alone = await devices.start('laptop', phrase, false)
  assert.equal([drafts(alone).length, slugs(alone)], [2, ['laptops', 'phones']])
  await alone.communities.leave(phones.address)
  await devices.stop(alone)
  const back = await devices.start('laptop', phrase, { connect: [box.address] })
  await until('the seedbox left too', () => slugs(box.node).join() === 'laptops')
  assert.equal(slugs(back), ['laptops'])
})

test('somebody else\'s seedbox carries the signalling only while it is trusted', async () => {
  await using folder = await temporaryFolder('personal')
  await using devices = new Devices(folder.path)
  const box = await devices.seedbox('seedbox', createPhrase())
  const phrase = createPhrase()
  const laptop = await devices.start('laptop', phrase, { connect: [box.address] })
  const phone = await devices.start('phone', phrase, { connect: [box.address] })
  for (const node of [laptop, phone]) {
    await until('the seedbox is known', () => node.seedboxes.list().length === 1)
    assert.is(node.personal.state().sync.state, 'off')
    for (const { peerId } of node.seedboxes.list()) await node.seedboxes.trust(peerId, true)
    assert.is(node.personal.state().sync.signalling.length, 1)
  }
  await until('they meet', () => connected(laptop) === 1 && connected(phone) === 1)
  assert.is(connected(box.node), 0)
  await laptop.personal.setDraft('reply:x', { text: 'text' })
  await until('and exchange', () => drafts(phone).length === 1)
  for (const { peerId } of laptop.seedboxes.list()) await laptop.seedboxes.trust(peerId, false)
  assert.equal(laptop.personal.state().sync.signalling, [])
})

test('whatever a call acknowledged is there after a kill', async () => {
  await using folder = await temporaryFolder('personal')
  const dataDir = path.join(folder.path, 'node')
  let last = -1
  for (let run = 0; run < 2; run++) {
    const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'personal-child.ts'), dataDir, String(last + 1)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise(resolve => { child.once('close', resolve) }) // everything it said was read
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.split('\n').length > 700) child.kill('SIGKILL') // the log was folded by then
    })
    await ended
    last = Number(output.trim().split('\n').at(-1))
    await using node = await createNode({ dataDir, network: false, torrent: false })
    const { drafts, read } = node.personal.state()
    const marks: Readonly<Record<string, number>> = read
    for (let i = Math.max(0, last - 19); i <= last; i++) {
      const found = Number(drafts.find(({ key }) => key === `reply:${i % 20}`)?.text.split(' ')[0])
      assert.ok(found === i || found === i + 20, `draft ${i}, found ${found}`)
    }
    for (let i = 0; i <= last; i++) assert.ok(marks[i.toString(16).padStart(40, '0')] !== undefined, `read mark ${i}`)
  }
  assert.ok(last > 1000)
})

test('a draft, a list or an id out of bounds is refused', async () => {
  await using folder = await temporaryFolder('personal')
  await using devices = new Devices(folder.path)
  const { personal } = await devices.start('node', createPhrase(), false)
  const codeOf = async (call: Promise<void>): Promise<string> => await call.then(() => 'none', (error: unknown) => (error as { code: string }).code)
  assert.is(await codeOf(personal.follow('no author', true)), 'BAD_ID')
  assert.is(await codeOf(personal.save('no id', true)), 'BAD_ID')
  assert.is(await codeOf(personal.save('0'.repeat(40), true)), 'UNKNOWN_ID')
  assert.is(await codeOf(personal.save('0'.repeat(40), false)), 'none')
  assert.is(await codeOf(personal.setDraft('', { text: 'x' })), 'USAGE')
  assert.is(await codeOf(personal.setDraft('x'.repeat(129), { text: 'x' })), 'USAGE')
  assert.is(await codeOf(personal.setDraft('x', { text: 'x'.repeat(1024 * 1024 + 1) })), 'USAGE')
  for (let i = 0; i < 64; i++) await personal.setDraft(`k${i}`, { text: 'x' })
  assert.is(await codeOf(personal.setDraft('one more', { text: 'x' })), 'USAGE')
  await personal.setDraft('k0', { title: '', text: '' })
  assert.is(await codeOf(personal.setDraft('one more', { text: 'x' })), 'none')
})

test.run()
