import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '@seedbed/core'
import type { JsonDocument } from '../../../src/cli/command.ts'
import { findRunningPeer } from '../../../src/cli/control/client.ts'
import { readControlFile, removeControlFile, writeControlFile, type ControlAddress } from '../../../src/cli/control/control-file.ts'
import { createControlServer, type ControlRequest, type ControlServer } from '../../../src/cli/control/server.ts'
import { MAX_REQUEST_BYTES } from '../../../src/cli/limits.ts'

interface Context { dir: string, server: ControlServer, requests: ControlRequest[], answer: (request: ControlRequest, signal: AbortSignal) => Promise<JsonDocument> }

const test = suite<Context>('cli/control')
const signal = new AbortController().signal
const startedAt = '2026-11-22T12:00:00.000Z'

test.before.each(async context => {
  context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-control-'))
  context.requests = []
  context.answer = async () => ({ done: true })
  context.server = await createControlServer({
    startedAt,
    execute: async (request, signal) => {
      context.requests.push(request)
      return await context.answer(request, signal)
    }
  })
})
test.after.each(async context => {
  await context.server.close()
  await rm(context.dir, { recursive: true, force: true })
})

async function raw ({ port, token }: ControlAddress, options: { method?: string, path?: string, headers?: Record<string, string> }, body = ''): Promise<{ status: number, text: string }> {
  return await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...options.headers }
    const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', path: '/v1/command', agent: false, ...options, headers }, response => {
      let text = ''
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, text }) })
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function codeOf (work: Promise<unknown>): Promise<string> {
  try { await work } catch (error) { return error instanceof SeedbedError ? error.code : String(error) }
  return 'no error'
}

test('a command goes to the peer and its answer comes back', async ({ dir, server, requests }) => {
  await writeControlFile(dir, server.address)
  const peer = await findRunningPeer(dir, signal)
  const text = new Uint8Array([0, 255, 10])
  assert.equal(await peer?.execute({ command: 'post', args: { COMMUNITY: 'cats' }, text }, signal), { done: true })
  assert.equal(requests, [{ command: 'post', args: { COMMUNITY: 'cats' }, text }])
})

test('errors keep code and message; what nobody foresaw is INTERNAL', async context => {
  await writeControlFile(context.dir, context.server.address)
  const peer = await findRunningPeer(context.dir, signal) ?? assert.unreachable() as never
  context.answer = async () => { throw new SeedbedError('UNKNOWN_ID', 'No such post.') }
  await peer.execute({ command: 'x', args: {} }, signal).then(() => assert.unreachable(), (error: SeedbedError) => {
    assert.is(error.code, 'UNKNOWN_ID')
    assert.is(error.message, 'No such post.')
  })
  context.answer = async () => { throw new TypeError('oops') }
  assert.is(await codeOf(peer.execute({ command: 'x', args: {} }, signal)), 'INTERNAL')
})

test('the control file is private, replaced whole, and removed only by its owner', async ({ dir, server }) => {
  await writeFile(path.join(dir, 'control.json'), 'old', { mode: 0o644 })
  await writeControlFile(dir, server.address)
  assert.is((await stat(path.join(dir, 'control.json'))).mode & 0o777, 0o600)
  assert.equal(await readdir(dir), ['control.json'])
  assert.equal(await readControlFile(dir), server.address)
  assert.equal(Object.keys(JSON.parse(await readFile(path.join(dir, 'control.json'), 'utf8')) as object), ['pid', 'port', 'token', 'startedAt'])
  await removeControlFile(dir, { ...server.address, token: 'x'.repeat(43) })
  assert.ok(await readControlFile(dir) !== null)
  await removeControlFile(dir, server.address)
  assert.is(await readControlFile(dir), null)
})

test('a token is needed, and the right one', async ({ server, requests }) => {
  const body = JSON.stringify({ command: 'x', args: {} })
  for (const authorization of ['', 'Bearer ', `Bearer ${'A'.repeat(43)}`, server.address.token, `bearer ${server.address.token}`]) {
    assert.is((await raw(server.address, { headers: { authorization } }, body)).status, 401, authorization)
    assert.is((await raw(server.address, { method: 'GET', path: '/v1/ping', headers: { authorization } })).status, 401)
  }
  assert.is(requests.length, 0)
  assert.is((await raw(server.address, {}, body)).status, 200)
})

test('web pages are refused even with the token: foreign Host, any Origin, simple content types', async ({ server, requests }) => {
  const body = JSON.stringify({ command: 'x', args: {} })
  const { port } = server.address
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`, `[::1]:${port}`]) {
    assert.is((await raw(server.address, { headers: { host } }, body)).status, 403, host)
  }
  assert.is((await raw(server.address, { headers: { origin: `http://127.0.0.1:${port}` } }, body)).status, 403)
  assert.is((await raw(server.address, { headers: { origin: 'null' } }, body)).status, 403)
  assert.is((await raw(server.address, { headers: { 'content-type': 'text/plain' } }, body)).status, 400)
  assert.is(requests.length, 0)
  assert.is((await raw(server.address, { headers: { host: `localhost:${port}` } }, body)).status, 200)
})

test('malformed requests are usage errors, and there is nothing else to find', async ({ server, requests }) => {
  for (const body of ['', 'x', '[]', 'null', '7', '{}', '{"command":7}', '{"command":"x","args":[]}', '{"command":"x","args":null}', '{"command":"x","text":7}']) {
    const { status, text } = await raw(server.address, {}, body)
    assert.is(status, 400, body)
    assert.is((JSON.parse(text) as { error: { code: string } }).error.code, 'USAGE', body)
  }
  assert.is((await raw(server.address, { path: '/' })).status, 404)
  assert.is((await raw(server.address, { method: 'GET' })).status, 404)
  assert.is(requests.length, 0)
})

test('a request that is too large is refused', async ({ server, requests }) => {
  const outcome = await raw(server.address, {}, JSON.stringify({ command: 'x', args: {}, text: 'A'.repeat(MAX_REQUEST_BYTES) })).then(({ status }) => status, () => 'cut off')
  assert.ok(outcome === 400 || outcome === 'cut off', String(outcome))
  assert.is(requests.length, 0)
})

test('a client that goes away aborts its command; closing aborts the rest', async context => {
  await writeControlFile(context.dir, context.server.address)
  const peer = await findRunningPeer(context.dir, signal) ?? assert.unreachable() as never
  const reasons: unknown[] = []
  let arrived = (): void => {}
  let ended = (): void => {}
  context.answer = async (_request, signal) => await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reasons.push((signal.reason as SeedbedError).code)
      reject(signal.reason as Error)
      ended()
    })
    arrived()
  })
  const atWork = async (): Promise<void> => { await new Promise<void>(resolve => { arrived = resolve }) }
  const gone = new AbortController()
  const [working, aborted] = [atWork(), new Promise<void>(resolve => { ended = resolve })]
  const first = codeOf(peer.execute({ command: 'x', args: {} }, gone.signal))
  await working
  gone.abort()
  assert.match(await first, 'AbortError')
  await aborted
  const workingAgain = atWork()
  const second = codeOf(peer.execute({ command: 'x', args: {} }, signal))
  await workingAgain
  await context.server.close()
  assert.match(await second, /^CLOSED$/)
  assert.equal(reasons, ['ABORTED', 'CLOSED'])
})

test('a stale control file means that nothing runs', async ({ dir, server }) => {
  assert.is(await findRunningPeer(dir, signal), null, 'no file')
  for (const content of ['', '{}', 'null', '[]', '{"pid":1', 'x'.repeat(5000), JSON.stringify({ ...server.address, port: 70_000 }), JSON.stringify({ ...server.address, token: 'short' }), JSON.stringify({ ...server.address, pid: 0 })]) {
    await writeFile(path.join(dir, 'control.json'), content)
    assert.is(await findRunningPeer(dir, signal), null, content.slice(0, 40))
  }
  await writeControlFile(dir, { ...server.address, token: 'x'.repeat(43) })
  assert.is(await findRunningPeer(dir, signal), null, 'another peer\'s port')
  await writeControlFile(dir, { ...server.address, pid: 2 ** 30 })
  assert.is(await findRunningPeer(dir, signal), null, 'a process that is gone')
  await writeControlFile(dir, { ...server.address, pid: process.ppid })
  assert.is(await findRunningPeer(dir, signal), null, 'another process')
  await writeControlFile(dir, server.address)
  assert.ok(await findRunningPeer(dir, signal) !== null)
  await server.close()
  assert.is(await findRunningPeer(dir, signal), null, 'nothing listens')
})

test('something else at the port means that nothing runs', async ({ dir, server }) => {
  for (const text of ['hello', '{"pid":1}', '[]']) {
    const other = createServer((_request, response) => response.end(text))
    await new Promise<void>(resolve => { other.listen(0, '127.0.0.1', resolve) })
    await writeControlFile(dir, { ...server.address, port: (other.address() as AddressInfo).port })
    assert.is(await findRunningPeer(dir, signal), null, text)
    await new Promise<void>(resolve => { other.close(() => { resolve() }) })
  }
})

test('a control file that cannot be read is an error, not an absent peer', async ({ dir, server }) => {
  if (process.getuid?.() === 0) return // root reads everything
  await writeControlFile(dir, server.address)
  await chmod(path.join(dir, 'control.json'), 0)
  assert.is(await codeOf(findRunningPeer(dir, signal)), 'STORAGE_FAILED')
})

test.run()
