// What moderators label and readers mute, between a Node peer and a page: a label folds or hides with who and why, anybody
// looks behind it, a muted author is gone from lists, and what is written to somebody arrives in their inbox by itself.
// test-timeout-ms: 900000
import * as assert from 'uvu/assert'
import {
  beginCommunity, commentBy, copyInvite, join, openUser, postBy, runSeedbox, runTcpPeer, showNew, until, visit, webSuite, writePost, type Seedbox, type User
} from './harness.ts'

const test = webSuite('moderation')

let seedbox: Seedbox
let noise: Seedbox
let ann: User
let community = ''
let advert = ''
let heated = ''

const main = (user: User): ReturnType<User['page']['getByRole']> => user.page.getByRole('main')

test('posts of a stranger are in the feed', async context => {
  seedbox = await runSeedbox(context)
  await seedbox.json(['profile', '--name', 'Founder'])
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  noise = await runTcpPeer(context, 'noise', seedbox)
  await noise.json(['profile', '--name', 'Noise'])
  await noise.json(['join', community])
  ann = await openUser(context, seedbox, 'Ann')
  await join(ann.page, String((await seedbox.json(['invite', community]))['link']))
  advert = String((await noise.json(['post', 'gardens', '--title', 'Buy cheap seeds'], 'Only today.'))['id'])
  heated = String((await noise.json(['post', 'gardens', '--title', 'Slugs are a plot'], 'Wake up.'))['id'])
  await visit(ann.page, `/c/${community}?sort=new`)
  for (const title of ['Buy cheap seeds', 'Slugs are a plot']) {
    await until(`${title} is listed`, async () => {
      await showNew(ann.page)
      return await postBy(ann.page, title).isVisible()
    })
  }
})

test('the founder labels in a terminal; the page folds or hides, and says who and why', async () => {
  await until('the founder knows the posts', async () => (await seedbox.json(['feed', 'gardens'])) as { items: unknown[] }, ({ items }) => items.length === 2)
  await seedbox.json(['label', heated, 'heated', '--reason', 'cool off'])
  const folded = main(ann).locator('.concealed').filter({ hasText: 'cool off' })
  await folded.getByText('Post that moderators labelled').waitFor()
  await folded.getByRole('link', { name: /Founder/ }).waitFor()
  assert.is(await postBy(ann.page, 'Slugs are a plot').count(), 0)
  await folded.getByRole('button', { name: 'Show anyway' }).click()
  await postBy(ann.page, 'Slugs are a plot').getByText('cool off').waitFor()
  assert.ok(await ann.page.evaluate(() => document.activeElement?.textContent.includes('Slugs are a plot') === true && document.activeElement.matches('[data-post]')), 'whoever pressed the button stays there')

  await seedbox.json(['label', advert, 'spam', '--reason', 'an advertisement'])
  await postBy(ann.page, 'Buy cheap seeds').getByText('No longer listed').waitFor()
  await visit(ann.page, '/')
  await visit(ann.page, `/c/${community}?sort=top&window=all`)
  await main(ann).locator('.concealed').filter({ hasText: 'cool off' }).waitFor()
  assert.is(await postBy(ann.page, 'Buy cheap seeds').count(), 0)
  await ann.page.getByRole('button', { name: 'Show hidden posts too' }).click()
  const hidden = main(ann).locator('.concealed').filter({ hasText: 'an advertisement' })
  await hidden.getByRole('button', { name: 'Show anyway' }).click()
  await postBy(ann.page, 'Buy cheap seeds').waitFor()
  await ann.page.getByRole('button', { name: 'Showing hidden posts too' }).click()
  await until('it is hidden again', async () => await postBy(ann.page, 'Buy cheap seeds').count() === 0)

  await visit(ann.page, `/p/${advert}`)
  await ann.page.getByRole('heading', { name: 'Hidden post', level: 1 }).waitFor()
  await main(ann).getByText('an advertisement').waitFor()
  assert.is(await main(ann).getByText('Only today.').count(), 0)
  await main(ann).getByRole('button', { name: 'Show anyway' }).click()
  await ann.page.getByRole('heading', { name: 'Buy cheap seeds', level: 1 }).waitFor()
  await main(ann).getByText('Only today.').waitFor()
})

test('an author who is muted from a menu is gone from the feed, and comes back', async () => {
  await visit(ann.page, `/p/${heated}`)
  await main(ann).getByRole('button', { name: 'Show anyway' }).click()
  await main(ann).getByRole('button', { name: 'More' }).click()
  const dialog = ann.page.getByRole('dialog', { name: 'About this post' })
  await dialog.getByText('cool off').waitFor()
  await dialog.getByRole('button', { name: 'Mute this author' }).click()
  await ann.page.getByText('Muted: what they write is no longer shown').waitFor()
  await visit(ann.page, `/c/${community}?sort=top&window=all`)
  await main(ann).getByText('All 2 posts here are hidden').waitFor()
  assert.is(await main(ann).locator('.concealed').count(), 0)
  await noise.json(['post', 'gardens', '--title', 'More noise'], 'Listen.')
  await until('the seedbox lists it', async () => (await seedbox.json(['feed', 'gardens', '--all'])) as { items: unknown[] }, ({ items }) => items.length === 3)
  await ann.page.getByRole('button', { name: 'Show hidden posts too' }).click()
  await until('three stand folded', async () => await main(ann).locator('.concealed').count() === 3)
  await ann.page.getByRole('button', { name: 'Showing hidden posts too' }).click()
  await visit(ann.page, '/settings')
  await ann.page.getByRole('region', { name: 'Authors you muted' }).getByRole('button', { name: 'Unmute' }).click()
  await visit(ann.page, `/c/${community}?sort=new`)
  await postBy(ann.page, 'More noise').waitFor()
})

test('an answer and a mention arrive in the inbox while something else is looked at, and are read by opening them', async () => {
  const post = await writePost(ann.page, community, 'When to prune', 'Asking for a friend.')
  await visit(ann.page, '/settings')
  const inbox = ann.page.getByRole('banner').getByRole('link', { name: /^Inbox/ })
  assert.is(await inbox.getAttribute('aria-label'), 'Inbox')
  await until('the seedbox knows the post', async () => (await seedbox.json(['feed', 'gardens'])) as { items: Array<{ id: string }> }, ({ items }) => items.some(({ id }) => id === post))
  await seedbox.json(['comment', post], 'In March.')
  await ann.page.getByRole('link', { name: 'Inbox, 1 new' }).waitFor()
  await ann.page.goto(`${seedbox.url}settings`) // mentioning goes by name, which Ann has not yet
  const author = await until('the own author id', async () => await ann.page.locator('details', { hasText: 'Author id' }).locator('.address').textContent() ?? '', id => id.length === 64)
  const other = await until('the peer knows the founder\'s comment', async () => await noise.json(['thread', post]).catch(() => ({ comments: [] })) as { comments: Array<{ id: string }> }, ({ comments }) => comments.length === 1)
  await noise.json(['comment', heated, '--mention', author], 'Ask them.')
  assert.is(other.comments.length, 1)
  await ann.page.getByRole('link', { name: 'Inbox, 2 new' }).click()
  const messages = ann.page.getByRole('list', { name: 'Messages' })
  await messages.getByRole('article', { name: 'Answer by Founder' }).getByText('Answered your post').waitFor()
  await messages.getByRole('article', { name: 'Mention by Noise' }).getByText('Mentioned you in').waitFor()
  await messages.getByRole('article', { name: 'Answer by Founder' }).getByRole('link', { name: 'When to prune' }).click()
  await commentBy(ann.page, 'In March.').waitFor()
  await main(ann).getByRole('link', { name: 'Show all comments' }).click()
  const field = main(ann).getByLabel('Add a comment')
  await field.pressSequentially('Thanks @foun')
  await main(ann).getByRole('group', { name: 'Mention' }).getByRole('button', { name: 'Founder' }).click()
  await field.pressSequentially('and all')
  assert.match(await field.inputValue(), /^Thanks @[a-z]+(-[a-z]+){3} and all$/)
  await main(ann).getByText('Mentions Founder.').waitFor()
  await main(ann).getByRole('button', { name: 'Comment', exact: true }).click()
  await until('the founder is told', async () => (await seedbox.json(['inbox'])) as { items: Array<Record<string, unknown>> }, ({ items }) => items.some(({ reason, post: of }) => reason === 'mention' && of === post))
  await ann.page.getByRole('link', { name: 'Inbox, 1 new' }).click()
  await ann.page.getByRole('button', { name: 'Mark all as read' }).click()
  await ann.page.getByText('Nothing new.').waitFor()
  await ann.page.getByRole('banner').getByRole('link', { name: 'Inbox', exact: true }).waitFor()
})

test('a founder in a page names a moderator and labels a comment, which a terminal sees', async () => {
  const own = await beginCommunity(ann.page, 'orchard', 'Orchard')
  await seedbox.json(['join', await copyInvite(ann.page, own)])
  await seedbox.json(['profile', '--name', 'Founder'])
  const post = await writePost(ann.page, own, 'Apples', 'Which ones?')
  await until('the seedbox knows the post', async () => (await seedbox.json(['feed', 'orchard'])) as { items: unknown[] }, ({ items }) => items.length === 1)
  const { id } = await seedbox.json(['comment', post], 'All of them, and pears.')
  const comment = commentBy(ann.page, 'All of them, and pears.')
  await comment.getByRole('button', { name: 'More' }).click()
  const dialog = ann.page.getByRole('dialog', { name: 'About this comment' })
  await dialog.getByText('Nobody has labelled this comment.').waitFor()
  await dialog.getByText('You moderate this community').waitFor()
  await dialog.getByLabel('Label it').selectOption('off-topic')
  await dialog.getByLabel('Why').fill('pears')
  await dialog.getByRole('button', { name: 'Label', exact: true }).click()
  await ann.page.getByRole('list', { name: 'Comments' }).locator('.concealed').filter({ hasText: 'pears' }).waitFor()
  const { items } = await until('the terminal knows the label', async () => (await seedbox.json(['labels', String(id)])) as { items: Array<Record<string, unknown>> }, ({ items }) => items.length === 1)
  assert.equal([items[0]?.['label'], items[0]?.['reason'], items[0]?.['counts']], ['off-topic', 'pears', true])

  await visit(ann.page, `/c/${own}`)
  await ann.page.getByRole('complementary').getByRole('link', { name: 'Moderators' }).click()
  await ann.page.getByRole('heading', { name: 'Moderators of orchard', level: 1 }).waitFor()
  await ann.page.getByRole('textbox', { name: 'Name a moderator' }).fill('nobody at all')
  await ann.page.getByRole('button', { name: 'Name', exact: true }).click()
  await main(ann).getByRole('alert').waitFor()
  await ann.page.getByRole('textbox', { name: 'Name a moderator' }).fill('founder')
  await ann.page.getByRole('button', { name: 'Name', exact: true }).click()
  await ann.page.getByRole('list', { name: 'Moderators' }).getByRole('listitem').filter({ hasText: 'Named by the founder' }).waitFor()
  await until('the terminal knows its role', async () => (await seedbox.json(['moderators', 'orchard'])) as { items: Array<Record<string, unknown>> }, ({ items }) => items.some(({ author, role }) => author === seedbox.author && role === 'moderator'))

  const choice = ann.page.getByRole('list', { name: 'Moderators' }).getByRole('listitem').filter({ hasText: 'Began the community' }).getByRole('checkbox')
  await choice.uncheck()
  await ann.page.getByText('You chose for yourself whose labels count here.').waitFor()
  await visit(ann.page, `/p/${post}`)
  await commentBy(ann.page, 'All of them, and pears.').waitFor()
  assert.is(await main(ann).locator('.concealed').count(), 0)
})

test('nothing went wrong unseen', () => {
  ann.assertClean()
})

test.run()
