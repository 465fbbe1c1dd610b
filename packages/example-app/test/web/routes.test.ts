import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEFAULT_SORTING, isWindowed, parseErrand, parseRoute, pathOf, SORTS, WINDOWS, type Route } from '../../src/web/routing/routes.ts'

const test = suite('addresses of the web app')
const ADDRESS = 'ab'.repeat(32)
const ID = 'cd'.repeat(20)

test('every place has an address that leads back to it', () => {
  const routes: Route[] = [
    { name: 'home', sorting: DEFAULT_SORTING }, { name: 'community', address: ADDRESS, sorting: DEFAULT_SORTING },
    { name: 'post', id: ID, focus: null }, { name: 'post', id: ID, focus: 'ef'.repeat(20) }, { name: 'author', author: ADDRESS },
    { name: 'submit', community: null }, { name: 'submit', community: ADDRESS }, { name: 'join', link: '' }, { name: 'join', link: 'seedbed:1f?peer=/ip4/1.2.3.4&post=1 2' },
    { name: 'moderators', address: ADDRESS }, { name: 'inbox' }, { name: 'communities' }, { name: 'create' }, { name: 'saved' }, { name: 'seeds' }, { name: 'network' }, { name: 'settings' }, { name: 'missing' }
  ]
  for (const route of routes) assert.equal(parseRoute(pathOf(route)), route)
  for (const sort of SORTS) {
    for (const window of WINDOWS) {
      const sorting = { sort, window: isWindowed(sort) ? window : DEFAULT_SORTING.window }
      assert.equal(parseRoute(pathOf({ name: 'home', sorting })), { name: 'home', sorting })
    }
  }
})

test('what is no address of ours is missing, whatever it is', () => {
  for (const path of ['/c/abc', `/c/${ADDRESS}/x`, `/c/${ADDRESS}/moderators/x`, '/c/abc/moderators', `/p/${ADDRESS}`, `/p/${ID}/x`, `/p/${ID}/${ID}/y`, '/u', '/settings/x', '/constructor', '/__proto__', '/..', '/%00', `/c/${ADDRESS.toUpperCase()}`]) {
    assert.equal(parseRoute(path), { name: 'missing' }, path)
  }
  assert.equal(parseRoute('/?sort=worst&window=eternity'), { name: 'home', sorting: DEFAULT_SORTING })
  assert.equal(parseRoute('/submit?c=nothing'), { name: 'submit', community: null })
})

test('a fragment may ask to join or to pair, and nothing else', () => {
  assert.equal(parseErrand('#join=seedbed:1f%3Fpeer=x'), { name: 'join', link: 'seedbed:1f?peer=x' })
  assert.equal(parseErrand('join=seedbed:1f?peer=/ip4/1.2.3.4&post=2'), { name: 'join', link: 'seedbed:1f?peer=/ip4/1.2.3.4&post=2' })
  assert.equal(parseErrand('#device=abc-_'), { name: 'device', secret: 'abc-_' })
  assert.equal(parseErrand('#join=100%'), { name: 'join', link: '100%' })
  for (const fragment of ['', '#', '#main', '#join=', '#other=x', '#xjoin=y']) assert.is(parseErrand(fragment), null)
})

test.run()
