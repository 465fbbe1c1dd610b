import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEFAULT_LIMITS, MAX_REMEMBERED_ADDRESSES } from '../../src/limits.ts'
import { createAdmission, type Admission, type Seat } from '../../src/wire/admission.ts'

const test = suite('admission')
const SMALL = { ...DEFAULT_LIMITS, maxConnections: 8, maxConnectionsPerAddress: 6 }

interface Guest { readonly address: string, readonly seat: Seat, lastSentMs: number, finished: boolean, closed: boolean, close: () => void }

function party (limits = SMALL): { admission: Admission, clock: { nowMs: number }, come: (address: string) => Guest | null } {
  const clock = { nowMs: 1_000_000 }
  const admission = createAdmission(limits, () => clock.nowMs)
  return {
    admission,
    clock,
    come (address) {
      const seat = admission.enter(address)
      if (seat === null) return null
      const guest: Guest = {
        address,
        seat,
        lastSentMs: clock.nowMs,
        finished: false,
        closed: false,
        close () {
          guest.closed = true
          seat.leave()
        }
      }
      seat.take(guest)
      return guest
    }
  }
}

test('an address has its share and no more, of both families', () => {
  for (const [one, same, other] of [['192.0.2.1', '::ffff:192.0.2.1', '192.0.3.2'], ['2001:db8::1', '2001:db8:0:0:ff::2', '2001:db8:1::1']] as const) {
    const { admission, come } = party()
    for (let i = 0; i < 6; i++) assert.ok(come(i % 2 === 0 ? one : same) !== null)
    assert.is(come(one), null)
    assert.ok(come(other) !== null)
    assert.is(admission.size, 7)
  }
})

test('who came with many makes room for who comes alone, the one that was served least lately first', () => {
  const { clock, come } = party()
  const crowd = Array.from({ length: 6 }, () => come('192.0.2.1'))
  const alone = [come('192.0.3.1'), come('192.0.4.1')]
  clock.nowMs += 100
  for (const [i, guest] of crowd.entries()) if (guest !== null && i !== 4) guest.lastSentMs = clock.nowMs
  const late = come('192.0.5.1')
  assert.ok(late !== null)
  assert.equal(crowd.map(guest => guest?.closed), [false, false, false, false, true, false])
  assert.ok(alone.every(guest => guest?.closed === false))
  assert.is(come('192.0.2.1'), null) // but nobody makes room for one more of the crowd
})

test('who needs nothing more makes room for more of the same address, the first of them first and after a while', () => {
  const { clock, come } = party()
  const crowd = Array.from({ length: 6 }, () => {
    clock.nowMs++
    return come('192.0.2.1') as Guest
  })
  for (const i of [1, 4]) (crowd[i] as Guest).finished = true
  assert.is(come('192.0.2.1'), null) // it may still be closing itself
  clock.nowMs += 1_100
  for (const left of [[1], [1, 4]]) {
    assert.ok(come('192.0.2.1') !== null)
    assert.equal([...crowd.keys()].filter(i => crowd[i]?.closed), left)
  }
  assert.is(come('192.0.2.1'), null) // the others are not done
})

test('who needs nothing more goes before who was only not served for long', () => {
  const { clock, come } = party()
  const crowd = Array.from({ length: 5 }, () => come('192.0.2.1') as Guest)
  const others = Array.from({ length: 3 }, (_, i) => come(`192.0.${i + 3}.1`) as Guest)
  clock.nowMs += 500
  const [first, second] = [crowd[3] as Guest, others[1] as Guest]
  for (const guest of [first, second]) Object.assign(guest, { finished: true, lastSentMs: clock.nowMs })
  clock.nowMs += 1_100
  assert.ok(come('198.51.100.1') !== null)
  assert.ok(first.closed && !second.closed) // of the crowd first
  assert.ok(come('192.0.2.1') !== null)
  assert.equal([...crowd, ...others].filter(({ closed }) => closed), [first, second])
  assert.is(come('192.0.2.1'), null)
})

test('one address with all it may have keeps nobody out', () => {
  const { come } = party({ ...DEFAULT_LIMITS, maxConnections: 20, maxConnectionsPerAddress: 20 })
  for (let i = 0; i < 20; i++) come('192.0.2.66')
  const others = Array.from({ length: 9 }, (_, i) => come(`192.0.2.${i}`))
  assert.ok(others.every(guest => guest !== null))
  assert.ok(!others.some(guest => guest?.closed ?? true))
})

test('among equals the idle go, and only after a while', () => {
  const { clock, come } = party()
  const guests = Array.from({ length: 8 }, (_, i) => come(`192.0.${i}.2`))
  assert.is(come('198.51.100.1'), null)
  clock.nowMs += 9_000
  const busy = guests[0]
  if (busy != null) busy.lastSentMs = clock.nowMs
  clock.nowMs += 1_001
  assert.ok(come('198.51.100.1') !== null)
  assert.equal(guests.map(guest => guest?.closed), [false, true, ...Array.from({ length: 6 }, () => false)])
})

/** Addresses of one holder: of each /64 of a /48, and of a /24. */
const HOLDERS: Readonly<Record<string, (n: number) => string>> = {
  'a /48': n => `2001:db8:7:${n.toString(16)}::1`,
  'a /24': n => `203.0.113.${n % 256}`
}
for (const [what, addressOf] of Object.entries(HOLDERS)) {
  test(`${what} cannot fill a listener, whatever addresses of it come`, () => {
    const { admission, come } = party({ ...DEFAULT_LIMITS, maxConnections: 100, maxConnectionsPerAddress: 10 })
    for (let n = 0; n < 1000; n++) come(addressOf(n))
    assert.is(admission.size, 50)
    const others = Array.from({ length: 50 }, (_, n) => come(`198.51.${n}.1`))
    assert.ok(others.every(guest => guest !== null))
    for (let n = 0; n < 1000; n++) come(addressOf(n + 1000))
    assert.is(admission.size, 100)
    assert.ok(others.every(guest => guest !== null && !guest.closed), 'nobody of theirs went for it')
  })

  test(`${what} makes room for others once all is taken, and of it who has most`, () => {
    const { admission, come } = party({ ...DEFAULT_LIMITS, maxConnections: 100, maxConnectionsPerAddress: 10 })
    const holder = Array.from({ length: 50 }, (_, n) => come(addressOf(n < 10 ? 0 : n)))
    for (let n = 0; n < 50; n++) come(`198.51.${n}.1`)
    const late = Array.from({ length: 9 }, (_, n) => come(`192.0.${n}.1`))
    assert.ok(late.every(guest => guest?.closed === false))
    assert.equal(holder.map(guest => guest?.closed).slice(10), Array.from({ length: 40 }, () => false))
    assert.is(holder.slice(0, 10).filter(guest => guest?.closed).length, 9)
    assert.is(admission.size, 100)
  })

  test(`${what} has its share of the rates and no more`, () => {
    const { come } = party({ ...DEFAULT_LIMITS, maxEncryptedHandshakesPerSecond: 20, maxEncryptedHandshakesPerSecondPerAddress: 2, maxServeBytesPerSecond: 4000, maxServeBytesPerSecondPerAddress: 1000 })
    let allowed = 0
    for (let n = 0; n < 200; n++) {
      const guest = come(addressOf(n))
      if (guest?.seat.quota.mayEncrypt() === true) allowed++
      if (n < 8) assert.is(guest?.seat.quota.sendDelayMs(1000), 0)
      if (n === 8) assert.is(guest?.seat.quota.sendDelayMs(1000), 500) // two thousand bytes a second for all of it
      guest?.close()
    }
    assert.is(allowed, 40) // four seconds' worth of ten
    const other = come('198.51.100.1')
    assert.ok(other?.seat.quota.mayEncrypt())
    assert.is(other?.seat.quota.sendDelayMs(1000), 0)
  })
}

for (const [what, addressOf] of Object.entries<(n: number) => string>({ 'a house': n => `192.168.1.${n}`, 'the same in IPv6': n => `fd00:0:0:${n + 1}::1`, 'one machine': n => `127.0.0.${n + 1}` })) {
  test(`${what} may have all of a listener in its own network`, () => {
    const { admission, come } = party({ ...DEFAULT_LIMITS, maxConnections: 40, maxConnectionsPerAddress: 4 })
    const guests = Array.from({ length: 40 }, (_, n) => come(addressOf(n % 10)))
    assert.ok(guests.every(guest => guest?.closed === false))
    assert.ok(come('198.51.100.1') !== null, 'who has fewer still gets in')
    assert.is(admission.size, 40)
  })
}

test('where all is taken by one network, one more of it gets in for who has more', () => {
  const { come } = party({ ...DEFAULT_LIMITS, maxConnections: 40, maxConnectionsPerAddress: 20 })
  const greedy = Array.from({ length: 20 }, () => come('2001:db8:7:1::1'))
  const modest = Array.from({ length: 5 }, (_, n) => come(`2001:db8:7:${n + 2}::1`))
  assert.ok(modest.every(guest => guest?.closed === false))
  assert.is(greedy.filter(guest => guest?.closed).length, 5)
})

test('there are never more than allowed, and every seat comes free again', () => {
  const action = fc.record({ address: fc.integer({ min: 0, max: 5 }), what: fc.constantFrom('come', 'come', 'come', 'leave', 'serve', 'wait') })
  fc.assert(fc.property(fc.array(action, { maxLength: 200 }), actions => {
    const { admission, clock, come } = party()
    let guests: Guest[] = []
    for (const { address, what } of actions) {
      const own = guests.filter(guest => guest.address === `192.0.${address}.1`)
      if (what === 'come') {
        const guest = come(`192.0.${address}.1`)
        if (guest !== null) guests.push(guest)
        else assert.ok(own.length === 6 || guests.length === 8)
      }
      if (what === 'leave') own[0]?.close()
      if (what === 'serve' && own[0] !== undefined) own[0].lastSentMs = clock.nowMs
      if (what === 'wait') clock.nowMs += 3000
      guests = guests.filter(({ closed }) => !closed)
      assert.is(admission.size, guests.length)
      assert.ok(guests.length <= 8)
    }
    for (const guest of guests) {
      guest.close()
      guest.seat.leave() // twice
    }
    assert.is(admission.size, 0)
  }), { numRuns: 300 })
})

test('rates count for the address and for all, and outlast a connection', () => {
  const { clock, come } = party({ ...DEFAULT_LIMITS, maxEncryptedHandshakesPerSecond: 3, maxEncryptedHandshakesPerSecondPerAddress: 2, maxInboundBytesPerSecondPerAddress: 1000 })
  let allowed = 0
  for (let i = 0; i < 50; i++) {
    const guest = come('192.0.2.1')
    if (guest?.seat.quota.mayEncrypt() === true) allowed++
    guest?.close()
  }
  assert.is(allowed, 8) // four seconds' worth
  const other = come('192.0.3.1')
  assert.equal(Array.from({ length: 6 }, () => other?.seat.quota.mayEncrypt()), [true, true, true, true, false, false]) // of twelve in all
  clock.nowMs += 1000
  assert.is(come('192.0.2.1')?.seat.quota.mayEncrypt(), true)
  assert.is(other?.seat.quota.mayReceive(4000), true)
  assert.is(other?.seat.quota.mayReceive(1), false)
  clock.nowMs += 1000
  assert.is(other?.seat.quota.mayReceive(1000), true)
})

test('sending beyond the rate is delayed, for the address or for all', () => {
  const { clock, come } = party({ ...DEFAULT_LIMITS, maxServeBytesPerSecond: 3000, maxServeBytesPerSecondPerAddress: 1000 })
  const guest = come('192.0.2.1')?.seat.quota
  assert.is(guest?.sendDelayMs(4000), 0)
  assert.is(guest?.sendDelayMs(500), 500)
  clock.nowMs += 500
  assert.is(guest?.sendDelayMs(1000), 1000)
  assert.is(come('192.0.3.1')?.seat.quota.sendDelayMs(4000), 0)
})

test('addresses that are gone are forgotten, however many come', () => {
  const { admission, come } = party({ ...DEFAULT_LIMITS, maxEncryptedHandshakesPerSecond: 1e9 })
  for (let i = 0; i < 3 * MAX_REMEMBERED_ADDRESSES; i++) {
    const guest = come(`2001:db8:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`)
    guest?.seat.quota.mayEncrypt()
    guest?.close()
  }
  assert.ok(admission.addresses <= MAX_REMEMBERED_ADDRESSES)
})

test.run()
