import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { customerOf } from '../../../src/seedbox/front/remote-address.ts'
import { createVisitors } from '../../../src/seedbox/front/visitors.ts'
import { BURST_REQUESTS, FORGET_INTERVAL_MS, REQUESTS_PER_SECOND } from '../../../src/seedbox/limits.ts'

const test = suite('seedbox access')

test('a customer is an IPv4 address or the /64 of an IPv6 one', () => {
  for (const [address, customer] of [
    ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['::1', '0:0:0:0::/64'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'], ['2001:db8::', '2001:db8:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64']
  ] as const) assert.is(customerOf(address), customer)
})

test('rates refill, connections are counted off once, and who is idle is forgotten', () => {
  let nowMs = 0
  const visitors = createVisitors({ maxConnectionsPerAddress: 2, now: () => nowMs })
  const [first, second] = [visitors.enter('192.0.2.1'), visitors.enter('192.0.2.1')]
  assert.is(visitors.enter('::ffff:192.0.2.1'), null)
  assert.ok(visitors.enter('192.0.2.2'))
  first?.()
  first?.()
  assert.ok(visitors.enter('192.0.2.1'))
  assert.is(visitors.enter('192.0.2.1'), null)
  assert.ok(second)
  for (let count = 0; count < BURST_REQUESTS; count++) assert.ok(visitors.mayRequest('192.0.2.3'))
  assert.not.ok(visitors.mayRequest('192.0.2.3'))
  nowMs += 1000
  for (let count = 0; count < REQUESTS_PER_SECOND; count++) assert.ok(visitors.mayRequest('192.0.2.3'))
  assert.not.ok(visitors.mayRequest('192.0.2.3'))
  assert.is(visitors.size, 3)
  nowMs += FORGET_INTERVAL_MS
  visitors.forget()
  assert.is(visitors.size, 2, 'those with connections are remembered')
  visitors.close()
})

test.run()
