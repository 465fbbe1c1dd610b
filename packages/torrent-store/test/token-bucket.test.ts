import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTokenBucket } from '../src/token-bucket.ts'

const test = suite('token bucket')

test('a bucket gives its burst, then its rate', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 4000 }), fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 50 }), (perSecond, burst, waits) => {
    const bucket = createTokenBucket(perSecond, burst)
    let [nowMs, taken] = [5000, 0]
    for (const waitMs of waits) {
      nowMs += waitMs
      while (taken < 100_000 && bucket.take(1, nowMs)) taken++
      assert.ok(taken <= burst + (nowMs - 5000) * perSecond / 1000 + 1e-6)
    }
    nowMs += burst * 1000 / perSecond
    assert.ok(bucket.take(burst, nowMs) && !bucket.take(1, nowMs))
  }))
})

test('it says when the next token is there, and how many are', () => {
  const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 2000 }), takes: fc.nat(5) }), { maxLength: 30 })
  fc.assert(fc.property(fc.constantFrom(0.1, 0.25, 1, 2, 5, 8, 1000), fc.integer({ min: 1, max: 20 }), steps, (perSecond, burst, all) => {
    let nowMs = 1000
    const bucket = createTokenBucket(perSecond, burst, nowMs)
    assert.is(bucket.tokens(nowMs), burst)
    for (const { waitMs, takes } of all) {
      nowMs += waitMs
      for (let i = 0; i < takes; i++) {
        const there = bucket.tokens(nowMs)
        assert.is(bucket.take(1, nowMs), there > 0)
        assert.is(bucket.tokens(nowMs), Math.max(0, there - 1))
      }
      const nextMs = bucket.nextMs()
      assert.is(nextMs > nowMs + 1e-3, bucket.tokens(nowMs) === 0)
      assert.ok(bucket.tokens(Math.max(nowMs, nextMs + 1e-3)) > 0)
    }
  }))
})

test.run()
