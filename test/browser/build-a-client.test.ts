// docs/build-a-client.md, as it is read: its files are taken from the page, checked, built, and used in Chromium against
// a seedbox.
// test-timeout-ms: 900000
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as assert from 'uvu/assert'
import { build } from 'vite'
import { json, processSuite, runPeer } from '../../packages/example-app/test/cli/process/harness.ts'
import { openProfile, serveFolder } from './harness.ts'

const root = path.resolve(import.meta.dirname, '../..')
const test = processSuite('docs/build-a-client.md')
const WAIT_MS = 150_000

/** Blocks whose fence names a file. */
function filesOf (page: string): Map<string, string> {
  const text = readFileSync(path.join(root, page), 'utf8')
  return new Map([...text.matchAll(/^```\w+ ([\w.-]+)\n(.*?)^```$/gms)].map(([, name = '', body = '']) => [name, body]))
}

test('the client is small, sound, and does what it says', async context => {
  const files = filesOf('docs/build-a-client.md')
  assert.equal([...files.keys()], ['index.html', 'peer.ts', 'client.ts', 'vite.config.ts'])
  assert.ok((files.get('client.ts') ?? '').split('\n').length < 150)

  const folder = mkdtempSync(path.join(root, 'test/browser/small-client-')) // where the workspace's packages are found
  try {
    for (const [name, body] of files) writeFileSync(path.join(folder, name), body)
    checkTypes(folder)
    await build({ root: folder, configFile: path.join(folder, 'vite.config.ts'), logLevel: 'error' })
    await use(path.join(folder, 'dist'), context)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function checkTypes (folder: string): void {
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: { composite: false, declaration: false, declarationMap: false, isolatedDeclarations: false, noEmit: true, module: 'esnext', moduleResolution: 'bundler' },
    include: ['client.ts', 'peer.ts', path.join(root, 'packages/*/src/**/*.d.ts')] // declarations of packages that have none; shipped ones are built in
  }))
  const { status, stdout } = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
  assert.is(status, 0, stdout)
}

async function use (built: string, context: Parameters<typeof runPeer>[0]): Promise<void> {
  const seedbox = await runPeer(context, ['--no-mdns', '--http', '127.0.0.1:0', '--relay'])
  await json(context, ['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0'])
  const first = await json(context, ['post', 'gardens', '--title', 'First frost'], 'Cover the figs.')
  const { link } = await json(context, ['invite', 'gardens'])
  await using server = await serveFolder(built)
  await using profile = await openProfile()
  const page = await profile.open(`${server.url}/index.html`)
  page.setDefaultTimeout(WAIT_MS)

  await page.getByLabel('Invitation link or address').fill(String(link))
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('link', { name: 'First frost' }).waitFor()

  await page.getByLabel('Title').fill('Second frost')
  await page.getByLabel('Text').fill('Cover the <b>roses</b>.')
  await page.getByRole('button', { name: 'Post', exact: true }).click()
  await page.getByRole('link', { name: 'Second frost' }).waitFor()

  await json(context, ['post', 'gardens', '--title', 'Third frost'], 'Too late.')
  await page.getByRole('link', { name: 'Third frost' }).waitFor() // by itself

  await page.getByRole('link', { name: 'First frost' }).click()
  await page.getByText('Cover the figs.').waitFor()
  await page.getByRole('button', { name: '▲ 0' }).click()
  await page.getByRole('button', { name: '▲ 1', pressed: true }).waitFor()
  await page.getByRole('button', { name: 'Answer', exact: true }).click()
  await page.getByLabel('Answer').fill('Done, thank you.')
  await page.getByRole('button', { name: 'Send answer' }).click()
  await page.getByText('Done, thank you.').waitFor()

  await untilSeen(context, String(first['id']))
  assert.equal(profile.errors, [])
  seedbox.child.kill('SIGINT')
  await seedbox.ended
}

/** What the page wrote is what the seedbox shows, texts included. */
async function untilSeen (context: Parameters<typeof runPeer>[0], id: string): Promise<void> {
  let seen = ''
  for (const endMs = Date.now() + WAIT_MS; Date.now() < endMs;) {
    const thread = JSON.stringify(await json(context, ['thread', id]))
    const feed = await json(context, ['feed', 'gardens', '--sort', 'new']) as { items: Array<{ title: string, score: number, comments: number }> }
    const rows = feed.items.map(({ title, score, comments }) => `${title} ${score} ${comments}`).sort()
    seen = `${rows.join('\n')}\n${thread}`
    if (rows.join() === 'First frost 1 1,Second frost 0 0,Third frost 0 0' && thread.includes('Done, thank you.')) return
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  throw new Error(`the seedbox saw only:\n${seen}`)
}

test.run()
