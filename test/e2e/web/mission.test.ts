// The whole of it, as people do it: two of them with browsers meet through a seedbox, write, answer and vote, and peers
// of Node see the same.
// test-timeout-ms: 900000
import * as assert from 'uvu/assert'
import {
  beginCommunity, commentBy, copyInvite, feedOf, join, openUser, postBy, reply, runSeedbox, runTcpPeer, scored, showNew, until, visit, webSuite, writeComment, writePost, type Seedbox,
  type User
} from './harness.ts'

const test = webSuite('mission')
const TEXT = 'Cover the figs **before** the first frost.\n\n- straw\n- fleece'
const COMMENT = 'With what?'
const ANSWER = 'Straw does it.'
const RETORT = 'It does, thank you.'

let seedbox: Seedbox
let ann: User
let ben: User
let community = ''
let post = ''

test('a page begins a community, and another page joins by its link', async context => {
  seedbox = await runSeedbox(context)
  ann = await openUser(context, seedbox, 'Ann')
  ben = await openUser(context, seedbox, 'Ben')
  community = await beginCommunity(ann.page, 'gardens', 'Gardens of the valley')
  const link = await copyInvite(ann.page, community)
  assert.match(link, new RegExp(`^seedbed:${community}`))
  await join(ben.page, link)
  await ben.page.getByRole('heading', { name: 'Gardens of the valley', level: 1 }).waitFor()
})

test('the two are connected directly, by WebRTC', async () => {
  for (const { page } of [ann, ben]) {
    await visit(page, '/network')
    await page.getByRole('listitem').filter({ hasText: 'gardens' }).getByText('direct (WebRTC)').waitFor()
  }
})

test('a post appears at the other by itself, and its text', async () => {
  await visit(ben.page, `/c/${community}`)
  post = await writePost(ann.page, community, 'First frost', TEXT)
  await showsPost(ben, 'First frost')
  await postBy(ben.page, 'First frost').getByRole('link', { name: 'First frost' }).click()
  await ben.page.getByText('Cover the figs before the first frost.').waitFor()
  await ben.page.getByRole('listitem').filter({ hasText: 'fleece' }).waitFor()
})

test('comments and nested answers go both ways', async () => {
  await writeComment(ben.page, COMMENT)
  await commentBy(ann.page, COMMENT).waitFor()
  await reply(ann.page, COMMENT, ANSWER)
  await commentBy(ben.page, ANSWER).waitFor()
  await reply(ben.page, ANSWER, RETORT)
  await commentBy(ann.page, RETORT).waitFor()
  for (const { page } of [ann, ben]) {
    await page.getByRole('heading', { name: '3 comments' }).waitFor()
    for (const [level, text] of [COMMENT, ANSWER, RETORT].entries()) {
      assert.match(await commentBy(page, text).getAttribute('aria-label') ?? '', new RegExp(`level ${level + 1}$`))
    }
  }
})

test('an upvote is shown in its stages, seeds, and counts at the other', async () => {
  await watchStages(ben)
  const vote = postBy(ben.page, 'First frost').getByRole('button', { name: 'Upvote this post' })
  await vote.click()
  await ben.page.locator('.post-open').getByRole('button', { name: 'Upvote this post', pressed: true }).waitFor()
  await scored(postBy(ben.page, 'First frost'), 1)
  await scored(postBy(ann.page, 'First frost'), 1)
  const stages = await seenStages(ben)
  assert.ok(stages.includes('checking it…') && stages.includes('seeding it…'), stages.join())
  assert.ok(await postBy(ann.page, 'First frost').getByRole('button', { name: 'Upvote this post' }).isDisabled(), 'nobody votes on what they wrote')

  await visit(ben.page, '/seeds')
  await ben.page.getByRole('listitem').filter({ hasText: 'First frost' }).getByText('upvoted', { exact: true }).waitFor()
  await visit(ben.page, '/network')
  await ben.page.getByText('Seeds known: 1 of 1 post', { exact: true }).waitFor()
  await visit(ann.page, `/c/${community}`)
  await postBy(ann.page, 'First frost').getByText('2 seeds').waitFor()
})

test('a vote is turned round and taken back', async () => {
  await visit(ben.page, `/p/${post}`)
  const row = postBy(ann.page, 'First frost')
  await postBy(ben.page, 'First frost').getByRole('button', { name: 'Downvote this post' }).click()
  await scored(row, -1)
  await postBy(ben.page, 'First frost').getByRole('button', { name: 'Downvote this post', pressed: true }).click()
  await scored(row, 0)
  await postBy(ben.page, 'First frost').getByRole('button', { name: 'Upvote this post', pressed: false }).click()
  await scored(row, 1)
})

test('comments are voted on', async () => {
  await visit(ann.page, `/p/${post}`)
  await commentBy(ann.page, COMMENT).getByRole('button', { name: 'Upvote this comment' }).click()
  await scored(commentBy(ben.page, COMMENT), 1)
})

test('what was written is edited and deleted', async () => {
  await postBy(ann.page, 'First frost').getByRole('button', { name: 'Edit' }).click()
  await ann.page.getByLabel('Text', { exact: true }).fill('Cover the figs and the roses.')
  await ann.page.getByRole('button', { name: 'Save changes' }).click()
  await ben.page.getByText('Cover the figs and the roses.').waitFor()
  await postBy(ben.page, 'First frost').getByText('edited').waitFor()

  await commentBy(ben.page, RETORT).getByRole('button', { name: 'Delete' }).click()
  await ben.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await ann.page.getByText('Deleted by its author.').waitFor()
  assert.is(await commentBy(ann.page, RETORT).count(), 0)
})

test('every order of a feed can be reached, and has its posts', async () => {
  const second = await writePost(ben.page, community, 'Second frost', 'Earlier than last year.')
  assert.match(second, /^[0-9a-f]{40}$/)
  const { page } = ann
  await visit(page, `/c/${community}`)
  const order = page.getByRole('navigation', { name: 'Order' })
  await showsPost(ann, 'Second frost')
  for (const sort of ['New', 'Hot', 'Top']) {
    await order.getByRole('link', { name: sort }).click()
    await order.locator('[aria-current=page]', { hasText: sort }).waitFor()
    for (const title of ['First frost', 'Second frost']) await postBy(page, title).waitFor()
  }
  for (const window of ['Day', 'Week', 'Month', 'Year', 'All time']) {
    await page.getByRole('navigation', { name: 'Time' }).getByRole('link', { name: window }).click()
    await page.getByRole('navigation', { name: 'Time' }).locator('[aria-current=page]', { hasText: window }).waitFor()
    await until(`top of ${window}`, async () => await titles(ann), shown => shown.join() === 'First frost,Second frost') // by score
  }
  await order.getByRole('link', { name: 'New' }).click()
  await until('the newest first', async () => await titles(ann), shown => shown.join() === 'Second frost,First frost')
})

test('a name that one gives oneself is read by the other', async () => {
  await visit(ann.page, '/settings')
  await ann.page.getByRole('link', { name: 'Your profile' }).click()
  await ann.page.getByLabel('Name', { exact: true }).fill('Ann of the valley')
  await ann.page.getByRole('button', { name: 'Save', exact: true }).click()
  await ann.page.getByRole('heading', { name: 'Ann of the valley', level: 1 }).waitFor()
  await visit(ben.page, `/p/${post}`)
  await postBy(ben.page, 'First frost').getByRole('link', { name: /^Ann of the valley/ }).waitFor()
})

test('the seedbox joins, and has the same totals and texts', async () => {
  await seedbox.json(['join', await copyInvite(ann.page, community)])
  await sameAt(seedbox)
})

test('a peer of Node without WebRTC joins through it, and both pages see what it writes', async context => {
  const carl = await runTcpPeer(context, 'carl', seedbox)
  const { link } = await seedbox.json(['invite', community])
  await carl.json(['join', String(link)])
  await sameAt(carl)
  const { id } = await carl.json(['post', community, '--title', 'Third frost'], 'From a terminal.')
  for (const user of [ann, ben]) {
    await visit(user.page, `/c/${community}`)
    await showsPost(user, 'Third frost')
    await visit(user.page, `/p/${String(id)}`)
    await user.page.getByText('From a terminal.').waitFor()
  }
  await writeComment(ben.page, 'Read in a page.')
  await until('the comment at the terminal', async () => JSON.stringify(await carl.json(['thread', String(id)])), text => text.includes('Read in a page.'))
})

test('nothing was asked of anybody else, and nothing went wrong unseen', () => {
  for (const user of [ann, ben]) user.assertClean()
})

/** The post of others may wait behind the button that tells of new ones. */
async function showsPost ({ page }: User, title: string): Promise<void> {
  await until(`${title} in the feed`, async () => {
    await showNew(page)
    return await postBy(page, title).isVisible()
  })
}

async function titles ({ page }: User): Promise<string[]> {
  return await page.getByRole('main').locator('[data-post]').evaluateAll(rows => rows.map(row => row.getAttribute('aria-label') ?? ''))
}

/** What a peer of Node lists is what Ann's page shows. */
async function sameAt (peer: Seedbox): Promise<void> {
  await visit(ann.page, `/c/${community}?sort=new`)
  await showsPost(ann, 'First frost')
  const shown = await ann.page.getByRole('main').locator('[data-post]').evaluateAll(rows => rows.map(row => `${row.getAttribute('aria-label')}: ${row.querySelector('.score .unseen')?.textContent}, ${row.querySelector('a.fact')?.textContent?.trim()}`))
  assert.equal(shown, ['Second frost: Score 0, 0 comments', 'First frost: Score 1, 2 comments']) // a third one is deleted
  const listed = async (): Promise<string[]> => [...(await feedOf(peer, community)).values()].map(({ title, score, comments }) => `${title}: Score ${score}, ${comments} comments`)
  await until('the same posts and totals', listed, rows => rows.join() === shown.join())
  await until('the same texts', async () => JSON.stringify(await peer.json(['thread', post])), text => ['Cover the figs and the roses.', COMMENT, ANSWER].every(part => text.includes(part)))
}

/** Notes every stage that a vote shows, however briefly. */
async function watchStages ({ page }: User): Promise<void> {
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seenStages: seen })
    new MutationObserver(() => {
      const text = document.querySelector('.vote-stage')?.textContent
      if (text != null && seen.at(-1) !== text) seen.push(text)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
}

async function seenStages ({ page }: User): Promise<string[]> {
  return await page.evaluate(() => (globalThis as unknown as { seenStages: string[] }).seenStages)
}

test.run()
