import { rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createStaticFiles } from '../../../src/seedbox/front/static-files.ts'
import { ask, PAGE, SCRIPT, startFront } from './front-harness.ts'

const SCRIPT_PATH = '/assets/index-Ab3_-xyZ.js'
const test = suite('seedbox files')

test('the page and its files come with types, validators and a strict policy', async () => {
  await using under = await startFront()
  const { port } = under.front
  const page = await ask(port, '/')
  assert.is(page.status, 200)
  assert.is(page.body.toString(), PAGE)
  assert.is(page.headers['content-type'], 'text/html; charset=utf-8')
  assert.is(page.headers['cache-control'], 'no-cache')
  const policy = page.headers['content-security-policy']?.toString() ?? ''
  assert.match(policy, /^default-src 'none'; script-src 'self';/)
  assert.not.match(policy, /unsafe|\*/)
  assert.is(page.headers['x-content-type-options'], 'nosniff')
  assert.is(page.headers['referrer-policy'], 'no-referrer')
  assert.is(page.headers['cross-origin-opener-policy'], 'same-origin')
  const script = await ask(port, SCRIPT_PATH)
  assert.is(script.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.is(script.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.is(script.body.toString(), SCRIPT)
  const same = await ask(port, SCRIPT_PATH, { headers: { 'if-none-match': `"other", ${script.headers.etag}` } })
  assert.is(same.status, 304)
  assert.is(same.body.length, 0)
  const head = await ask(port, SCRIPT_PATH, { method: 'HEAD' })
  assert.is(head.headers['content-length'], String(SCRIPT.length))
  assert.is(head.body.length, 0)
  const packed = await ask(port, SCRIPT_PATH, { headers: { 'accept-encoding': 'br, gzip' } })
  assert.is(packed.headers['content-encoding'], 'gzip')
  assert.is(gunzipSync(packed.body).toString(), SCRIPT)
})

test('the app\'s own routes are its page, missing files are missing', async () => {
  await using under = await startFront()
  const { port } = under.front
  const html = { headers: { accept: 'text/html,*/*' } }
  assert.is((await ask(port, '/c/photography/top?window=day', html)).body.toString(), PAGE)
  assert.is((await ask(port, '/assets/gone-12345678.js', html)).status, 404)
  assert.is((await ask(port, '/c/photography')).status, 404)
  assert.is((await ask(port, '/', { method: 'DELETE' })).status, 405)
  assert.is((await ask(port, '/', { method: 'POST', body: 'x' })).status, 413)
})

test('a path leads nowhere but into the folder', async () => {
  await using under = await startFront()
  await symlink(path.join(under.folder, '../secret.txt'), path.join(under.folder, 'link.txt'))
  await writeFile(path.join(under.folder, '.hidden'), 'hidden')
  for (const pathname of [
    '/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5csecret.txt', '//secret.txt', '/./secret.txt', '/assets//../../secret.txt',
    '/link.txt', '/.hidden', '/%00', '/assets', '/assets/', `/${'a'.repeat(4000)}`, 'http://127.0.0.1/secret.txt', '/C:/secret.txt', '/secret.txt\u00ff'
  ]) {
    const { status, body } = await ask(under.front.port, pathname)
    assert.ok(status === 400 || status === 404, `${pathname}: ${status}`)
    assert.not.ok(body.includes('secret\n') || body.toString() === 'secret' || body.toString() === 'hidden', pathname)
  }
  const files = createStaticFiles(under.folder)
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'assets', 'secret.txt', 'link.txt', '%2e%2e', '\\', '\0', '..\\', '~'), fc.string())
  await fc.assert(fc.asyncProperty(fc.array(part), async parts => {
    const file = await files.get(`/${parts.join('/')}`)
    assert.ok(file === null || parts.join('/') === '', JSON.stringify(parts))
  }))
})

test('a new build is served, and before the first one the page says how to make it', async () => {
  await using under = await startFront()
  const { port } = under.front
  await ask(port, '/')
  await writeFile(path.join(under.folder, 'index.html'), 'newer page')
  assert.is((await ask(port, '/')).body.toString(), 'newer page')
  await rm(path.join(under.folder, 'index.html'))
  const missing = await ask(port, '/')
  assert.is(missing.status, 503)
  assert.match(missing.body.toString(), /not built/)
})

test.run()
