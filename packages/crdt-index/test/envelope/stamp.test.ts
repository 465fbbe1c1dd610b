import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHash } from 'node:crypto'
import { checkStamp, findStamp, stampBits } from '../../src/envelope/stamp.ts'
import type { AuthorId, CommunityAddress } from '../../src/model.ts'

const test = suite('admission stamps')
const community = 'c0'.repeat(32) as CommunityAddress
const author = 'a1'.repeat(32) as AuthorId

test('a stamp that was found meets its difficulty, for one author in one community', () => {
  for (const difficulty of [1, 7, 8, 12]) {
    const stamp = findStamp(community, author, difficulty)
    assert.ok(checkStamp({ community, author, stamp }, difficulty))
    const digest = createHash('sha256').update('seedbed/stamp/1').update(Buffer.from(community + author, 'hex')).update(stamp).digest('hex')
    assert.is(stampBits({ community, author, stamp }), 256 - BigInt(`0x${digest}`).toString(2).length)
    assert.not.ok(checkStamp({ community, author, stamp }, stampBits({ community, author, stamp }) + 1))
  }
  const stamp = findStamp(community, author, 12)
  assert.not.ok(checkStamp({ community, author: 'a2'.repeat(32) as AuthorId, stamp }, 12))
  assert.not.ok(checkStamp({ community: 'c1'.repeat(32) as CommunityAddress, author, stamp }, 12))
})

test('difficulty 0 takes the empty stamp only', () => {
  assert.equal(findStamp(community, author, 0), new Uint8Array())
  assert.ok(checkStamp({ community, author, stamp: new Uint8Array() }, 0))
  assert.not.ok(checkStamp({ community, author, stamp: Uint8Array.of(1) }, 0))
})

test.run()
