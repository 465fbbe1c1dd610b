// Packs the public packages as they would be published and holds them to what a stranger needs: publint and
// arethetypeswrong find nothing, and a bare npm project that installs the tarballs type-checks and runs an example.
// Needs the npm registry for the packages' own dependencies, so it is a step of its own and no test.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = path.dirname(import.meta.dirname)
const PACKAGES = ['torrent-store', 'crdt-index', 'core']
/** ESM only: resolution modes that cannot load ESM are not promised. */
const PROMISED = new Set(['node16-esm', 'bundler'])
const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-pack-'))
const faults: string[] = []

function run (command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

const EXAMPLE = `
import { createNode, SeedbedError, type SeedbedNode } from '@seedbed/core'
import { createCrdtIndex, createSigner } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore } from '@seedbed/torrent-store'

const node: SeedbedNode = await createNode({ dataDir: './data', network: { listen: ['/ip4/127.0.0.1/tcp/0'] } })
const { address } = await node.communities.create({ slug: 'garden', difficulty: 0 })
const { id } = await node.posts.create({ community: address, title: 'Hello', text: 'from a bare project' })
const { items } = await node.feed()
const { text } = await node.bodies.read(id)
await node.votes.up(id).catch((error: unknown) => { if (!(error instanceof SeedbedError) || error.code !== 'OWN_CONTENT') throw error })
await node.close()
const store = await createTorrentStore({ db: createMemoryBlobs() })
const ref = await store.put(new TextEncoder().encode('alone'))
await store.close()
console.log(JSON.stringify({ title: items[0]?.title, text, infoHash: ref.infoHash, author: createSigner(new Uint8Array(32)).author.length, index: typeof createCrdtIndex }))
`

try {
  run(path.join(root, 'node_modules/.bin/tsc'), ['-b'], root)
  mkdirSync(path.join(folder, 'tarballs'))
  for (const name of PACKAGES) run('pnpm', ['pack', '--pack-destination', path.join(folder, 'tarballs')], path.join(root, 'packages', name))
  const tarballs = readdirSync(path.join(folder, 'tarballs')).map(file => path.join(folder, 'tarballs', file))
  for (const [i, name] of PACKAGES.entries()) {
    const file = tarballs.find(tarball => path.basename(tarball).startsWith(`seedbed-${name}-`)) ?? tarballs[i] ?? ''
    const bytes = readFileSync(file)
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) } })
    for (const message of messages) faults.push(`publint ${name}: ${formatMessage(message, pkg) ?? message.code}`)
    const analysis = await checkPackage(createPackageFromTarballData(bytes))
    if (analysis.types === false) faults.push(`arethetypeswrong ${name}: no types`)
    else for (const problem of analysis.problems) if (!('resolutionKind' in problem) || PROMISED.has(problem.resolutionKind)) faults.push(`arethetypeswrong ${name}: ${JSON.stringify(problem)}`)
    console.log(`packed ${path.basename(file)}, ${(bytes.length / 1024).toFixed(0)} KiB`)
  }

  const project = path.join(folder, 'project')
  mkdirSync(project)
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'bare', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], project)
  writeFileSync(path.join(project, 'example.ts'), EXAMPLE)
  writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'es2023', lib: ['es2024', 'esnext.disposable', 'dom'], module: 'nodenext', strict: true, noEmit: true, types: [], skipLibCheck: true },
    files: ['example.ts']
  }))
  run(path.join(root, 'node_modules/.bin/tsc'), ['-p', '.'], project)
  const output = JSON.parse(run(process.execPath, ['example.ts'], project)) as Record<string, unknown>
  if (output['title'] !== 'Hello' || output['text'] !== 'from a bare project' || output['author'] !== 64) faults.push(`the example in a bare npm project printed ${JSON.stringify(output)}`)
  else console.log('a bare npm project installs, type-checks and runs them')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
