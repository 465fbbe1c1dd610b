import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../src/errors.ts'
import { CALLS } from '../../src/remote/calls.ts'
import type { TabMessage } from '../../src/remote/protocol.ts'
import { createStreams } from '../../src/remote/streams.ts'
import { createTabCalls, type CallLink } from '../../src/remote/tab-calls.ts'
import { codeOf } from '../nodes.ts'

const test = suite('calls of a tab')

type Call = Extract<TabMessage, { t: 'call' }>

/** A peer that answers when the test says so. */
function fakeLink (): { link: CallLink, sent: TabMessage[], calls: () => Call[] } {
  const sent: TabMessage[] = []
  const post = (message: TabMessage): void => { sent.push(structuredClone(message)) }
  return { link: { post, streams: createStreams(post) }, sent, calls: () => sent.filter(message => message.t === 'call') }
}

test('wait for a peer, and go to it in order', async () => {
  const calls = createTabCalls()
  const answers = [calls.call('status', []), calls.call('posts.create', [{ title: 't' }])]
  const { link, calls: sent } = fakeLink()
  calls.attach(link)
  assert.equal(sent().map(({ name }) => name), ['status', 'posts.create'])
  for (const { id, name } of sent()) calls.handle({ t: 'result', id, value: name })
  assert.equal(await Promise.all(answers as Array<Promise<unknown>>), ['status', 'posts.create'])
})

test('when the peer goes, reads are repeated and writes that were sent are rejected', async () => {
  const calls = createTabCalls()
  const first = fakeLink()
  calls.attach(first.link)
  const read = calls.call('feed', [{ limit: 3 }]) as Promise<unknown>
  const write = calls.call('comments.create', [{ text: 'x' }]) as Promise<unknown>
  calls.detach()
  assert.is(await codeOf(write), 'HOST_LOST')
  const later = calls.call('posts.create', [{ title: 'later' }]) as Promise<unknown>
  const second = fakeLink()
  calls.attach(second.link)
  assert.equal(second.calls().map(({ name, args }) => [name, args]), [['feed', [{ limit: 3 }]], ['posts.create', [{ title: 'later' }]]])
  for (const { id } of second.calls()) calls.handle({ t: 'result', id, value: id })
  assert.type(await read, 'number')
  assert.type(await later, 'number')
})

test('an abort reaches the peer, whose answer is then ignored, and the caller gets its own reason', async () => {
  const calls = createTabCalls()
  const { link, sent, calls: made } = fakeLink()
  calls.attach(link)
  const abort = new AbortController()
  const call = calls.call('thread', ['id', { timeoutMs: 1, signal: abort.signal }]) as Promise<unknown>
  assert.equal([made()[0]?.signal, made()[0]?.args], [1, ['id', { timeoutMs: 1, signal: undefined }]])
  const reason = new Error('changed my mind')
  abort.abort(reason)
  assert.is(await call.catch((error: unknown) => error), reason)
  assert.equal(sent.at(-1), { t: 'abort', id: made()[0]?.id })
  calls.handle({ t: 'result', id: made()[0]?.id ?? 0, value: 'late' })
  assert.is(await (calls.call('feed', [{ signal: AbortSignal.abort(reason) }]) as Promise<unknown>).catch((error: unknown) => error), reason)
  assert.is(made().length, 1, 'what is aborted before is not sent')
})

test('a waiting call that is aborted before there is a peer is never sent', async () => {
  const calls = createTabCalls()
  const abort = new AbortController()
  const call = calls.call('sync', [{ signal: abort.signal }]) as Promise<unknown>
  abort.abort(new Error('too late'))
  assert.match(await codeOf(call) ?? '', 'too late')
  const { link, sent } = fakeLink()
  calls.attach(link)
  assert.equal(sent, [])
})

test('errors keep their codes; those of another release become INTERNAL', async () => {
  const calls = createTabCalls()
  const { link } = fakeLink()
  calls.attach(link)
  const known = calls.call('status', []) as Promise<unknown>
  calls.handle({ t: 'error', id: 1, error: { code: 'UNKNOWN_ID', message: 'none' } })
  assert.ok(await known.catch((error: unknown) => error) instanceof SeedbedError)
  assert.is(await codeOf(known), 'UNKNOWN_ID')
  const unknown = calls.call('status', []) as Promise<unknown>
  calls.handle({ t: 'error', id: 2, error: { code: 'FROM_THE_FUTURE', message: 'none' } })
  assert.is(await codeOf(unknown), 'INTERNAL')
})

test('what cannot be cloned is refused here, and the end rejects everything', async () => {
  const calls = createTabCalls()
  const { link } = fakeLink()
  calls.attach(link)
  assert.is(await codeOf(calls.call('feed', [{ limit: () => 3 }]) as Promise<unknown>), 'USAGE')
  const waiting = calls.call('status', []) as Promise<unknown>
  calls.close(new SeedbedError('CLOSED', 'closed'))
  assert.is(await codeOf(waiting), 'CLOSED')
  assert.is(await codeOf(calls.call('status', []) as Promise<unknown>), 'CLOSED')
  assert.is(await codeOf(Array.fromAsync(calls.call('archives.export', [{ community: 'x' }]) as AsyncIterable<unknown>)), 'CLOSED')
})

test('what makes something new is never repeated', () => {
  for (const [name, kind] of Object.entries(CALLS)) if (name.endsWith('.create') && name !== 'invitations.create') assert.is(kind, 'once', name)
})

test.run()
