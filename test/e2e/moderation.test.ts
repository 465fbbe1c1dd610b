// Moderation between peers that are processes, by the command alone: a founder labels and names a moderator, readers see it
// applied and look behind it, mute for themselves, and are told where they are mentioned.
// test-timeout-ms: 600000
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, startPeer } from '../../tools/demo/peer.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

const test = suite('e2e/moderation')

interface Item { readonly id: string, readonly title: string, readonly treatment: string, readonly labels: ReadonlyArray<{ readonly author: string, readonly label: string, readonly reason: string }> }
interface Inbox { readonly unread: number, readonly items: ReadonlyArray<{ readonly id: string, readonly reason: string, readonly post: string }> }

test('labels, moderators, mutes and mentions from a terminal', async () => {
  await using folder = await temporaryFolder('moderation')
  await using stack = new AsyncDisposableStack()
  const start = async (name: string, connect: readonly string[] = []): Promise<Awaited<ReturnType<typeof startPeer>>> =>
    stack.adopt(await startPeer(name, path.join(folder.path, name), connect), async peer => { await peer.kill() })
  const founder = await start('founder')
  const { address } = await founder.command<{ address: string }>(['community', 'create', 'garden', '--difficulty', '0'])
  const [reader, helper] = [await start('reader', [founder.address]), await start('helper', [founder.address])]
  for (const peer of [reader, helper]) await peer.command(['join', address])
  await helper.command(['profile', '--name', 'Helper'])
  await reader.command(['profile', '--name', 'Reader'])
  const { id } = await helper.command<{ id: string }>(['post', 'garden', '--title', 'Buy seeds'], 'cheap')
  const feed = async (peer: typeof reader, ...options: string[]): Promise<readonly Item[]> => (await peer.command<{ items: Item[] }>(['feed', 'garden', ...options])).items
  for (const peer of [founder, reader]) await until('the post is known', async () => (await feed(peer)).length === 1)

  await founder.command(['label', id, 'spam', '--reason', 'an advertisement'])
  await until('the reader does not see it', async () => (await feed(reader)).length === 0)
  const [behind] = await feed(reader, '--all')
  assert.equal([behind?.id, behind?.treatment, behind?.labels.map(({ author, label, reason }) => [author, label, reason])], [id, 'show', [[founder.author, 'spam', 'an advertisement']]])
  assert.equal(await reader.command<unknown>(['thread', id]).then(thread => (thread as { post: { title: string, text: string | null } }).post).then(({ title, text }) => [title, text]), ['', null])
  await founder.command(['unlabel', id])
  await until('it is back', async () => (await feed(reader)).length === 1)
  await until('the helper heard of it too', async () => new Set(await Promise.all([founder, reader, helper].map(async peer => (await peer.status()).communities[0]?.digest))).size === 1)

  const refused = await helper.command(['appoint', 'garden', helper.author]).then(() => null, (error: unknown) => error)
  assert.ok(refused instanceof CommandError && refused.code === 'NOT_FOUNDER', String(refused))
  await helper.command(['label', id, 'heated'])
  assert.equal((await feed(helper)).map(({ treatment }) => treatment), ['show'], 'nobody follows the helper yet')
  await founder.command(['appoint', 'garden', 'helper'])
  await until('the helper moderates, and the label folds', async () => (await feed(reader))[0]?.treatment === 'fold')
  await reader.command(['moderators', 'garden', '--follow', founder.author])
  assert.equal((await feed(reader)).map(({ treatment }) => treatment), ['show'], 'the reader follows the founder alone')
  await reader.command(['moderators', 'garden', '--follow-founder'])
  await founder.command(['dismiss', 'garden', 'helper'])
  await until('no more', async () => (await feed(reader))[0]?.treatment === 'show')

  await until('the founder knows the reader by name', async () => await founder.command(['mute', 'reader']).then(() => true, () => false))
  await founder.command(['unmute', 'reader'])
  const mention = await founder.command<{ id: string }>(['comment', id, '--mention', 'reader'], 'See this.')
  const inbox = async (...options: string[]): Promise<Inbox> => await reader.command<Inbox>(['inbox', ...options])
  await until('the mention arrives', async () => (await inbox()).unread === 1)
  assert.equal((await inbox('--read')).items.map(({ id, reason, post }) => [id, reason, post]), [[mention.id, 'mention', id]])
  assert.is((await inbox()).unread, 0)

  await reader.command(['mute', 'helper'])
  assert.equal(await feed(reader), [])
  assert.equal((await feed(reader, '--all')).map(({ title }) => title), ['Buy seeds'])
  assert.equal((await reader.command<{ items: Array<{ author: string }> }>(['mutes'])).items.map(({ author }) => author), [helper.author])
  await reader.command(['unmute', 'helper'])
  assert.is((await feed(reader)).length, 1)
  assert.equal(await Promise.all([founder, reader, helper].map(async peer => (await peer.status()).communities[0] as unknown as { equivocations: unknown[] })).then(all => all.map(({ equivocations }) => equivocations)), [[], [], []])
})

test.run()
