// Nobody is in charge: pages go on without the seedbox that brought them together, a page opens and works without any
// network, and what was written meanwhile reaches everybody later.
// test-timeout-ms: 900000
import { freePort } from '../../free-port.ts'
import {
  commentBy, feedOf, join, openUser, postBy, runSeedbox, scored, showNew, until, visit, webSuite, writeComment, writePost, type Seedbox, type User
} from './harness.ts'

const test = webSuite('survive')
let seedbox: Seedbox
let ann: User
let ben: User
let community = ''
let first = ''

test('two pages meet through a seedbox, which has their post', async context => {
  seedbox = await runSeedbox(context, { port: await freePort() }) // it comes back to it
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  const link = String((await seedbox.json(['invite', community]))['link'])
  ann = await openUser(context, seedbox, 'Ann')
  ben = await openUser(context, seedbox, 'Ben')
  for (const { page } of [ann, ben]) await join(page, link)
  first = await writePost(ann.page, community, 'Before', 'While all were here.')
  await until('the post at the seedbox', async () => (await feedOf(seedbox, community)).has('Before'))
  for (const { page } of [ann, ben]) {
    await page.evaluate(async () => { await navigator.serviceWorker.ready })
    await visit(page, '/network')
    await page.getByRole('listitem').filter({ hasText: 'gardens' }).getByText('direct (WebRTC)').waitFor()
  }
})

test('the seedbox is killed, and the pages go on', async () => {
  await seedbox.kill()
  await visit(ben.page, `/c/${community}`)
  const id = await writePost(ann.page, community, 'Without', 'Nobody else is needed.')
  await shows(ben, 'Without')
  await visit(ben.page, `/p/${id}`)
  await ben.page.getByText('Nobody else is needed.').waitFor()
  await postBy(ben.page, 'Without').getByRole('button', { name: 'Upvote this post' }).click()
  await scored(postBy(ann.page, 'Without'), 1)
  await writeComment(ben.page, 'Right.')
  await commentBy(ann.page, 'Right.').waitFor()
})

test('everything reaches it when it is back', async context => {
  seedbox = await runSeedbox(context, { port: seedbox.port })
  await until('the posts at the seedbox', async () => (await feedOf(seedbox, community)).get('Without'), post => post?.score === 1 && post.comments === 1)
  const { id = '' } = (await feedOf(seedbox, community)).get('Without') ?? {}
  await until('their texts', async () => JSON.stringify(await seedbox.json(['thread', id])), text => text.includes('Nobody else is needed.') && text.includes('Right.'))
})

test('what is written offline says that it waits, and is sent later', async context => {
  await ben.profile.context.close()
  await seedbox.kill()
  await ann.profile.context.setOffline(true)
  const { page } = ann
  const banner = page.getByText('You are offline.')
  await banner.waitFor()
  await page.getByText('Nobody is connected').waitFor() // what a connection takes that has just died counts as sent
  await writePost(page, community, 'From the train', 'No network here.')
  await page.getByText('1 thing waits to be sent.').waitFor()
  await postBy(page, 'From the train').getByText('No network here.').waitFor()

  seedbox = await runSeedbox(context, { port: seedbox.port })
  await page.context().setOffline(false)
  await banner.waitFor({ state: 'detached' })
  await until('the post at the seedbox', async () => (await feedOf(seedbox, community)).has('From the train'))
  await visit(page, `/c/${community}`)
  await page.getByRole('complementary').getByText(/^Up to date with \d+ peers?\.$/).waitFor() // nothing waits
})

test('a page opens while the server is down, reads and writes', async context => {
  await seedbox.kill()
  await ann.restart(`p/${first}`)
  const { page } = ann
  await page.getByText('While all were here.').waitFor()
  await writeComment(page, 'Nobody served this page.')
  await writePost(page, community, 'From a cache', 'Its files were kept.')
  await visit(page, `/c/${community}`)
  for (const title of ['Before', 'Without', 'From the train', 'From a cache']) await postBy(page, title).waitFor()
  await page.getByRole('complementary').getByText('2 things of yours wait to be sent.').waitFor()

  seedbox = await runSeedbox(context, { port: seedbox.port })
  await until('the post at the seedbox', async () => (await feedOf(seedbox, community)).has('From a cache'))
  await until('the comment at the seedbox', async () => JSON.stringify(await seedbox.json(['thread', first])), text => text.includes('Nobody served this page.'))
})

test('a text outlives the page that wrote it', async context => {
  const kept = async (): Promise<unknown> => ((await seedbox.json(['seeds'])) as { items: Array<{ title: string | null, why: string }> }).items.find(({ title }) => title === 'From a cache')?.why
  await until('the copy at the seedbox', kept, why => why === 'cached') // nobody opened it there
  await ann.profile.context.close()
  const cleo = await openUser(context, seedbox, 'Cleo')
  await join(cleo.page, String((await seedbox.json(['invite', community]))['link']))
  await shows(cleo, 'From a cache')
  await postBy(cleo.page, 'From a cache').getByRole('link', { name: 'From a cache' }).click()
  await cleo.page.getByText('Its files were kept.').waitFor()
  cleo.assertClean()
})

test('nothing was asked of anybody else, and nothing went wrong unseen', () => {
  for (const user of [ann, ben]) user.assertClean()
})

async function shows ({ page }: User, title: string): Promise<void> {
  await until(`${title} in the feed`, async () => {
    await showNew(page)
    return await postBy(page, title).isVisible()
  })
}

test.run()
