// Builds the web app into packages/example-app/dist/web when what it is made from has changed since the last build.
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)

export interface WebSources {
  /** Absolute. */
  readonly root: string
  /** Files and folders that the app is made from, relative to it. */
  readonly include: readonly string[]
  /** Names, relative to it, that are left out of those. */
  readonly exclude: readonly string[]
}

const SOURCES: WebSources = {
  root,
  include: ['packages/core', 'packages/crdt-index', 'packages/example-app', 'packages/torrent-store', 'pnpm-lock.yaml', 'tools/lean-bundle.ts', 'tsconfig.base.json'],
  exclude: [
    ...['core', 'crdt-index', 'example-app', 'torrent-store'].flatMap(name => ['dist', 'node_modules', 'test', 'README.md'].map(part => `packages/${name}/${part}`)),
    'packages/example-app/src/cli', 'packages/example-app/src/seedbox'
  ]
}
const APP = path.join(root, 'packages/example-app')
const OUT = path.join(APP, 'dist/web')
/** In the output, so that it goes with it; a dot file is served to nobody. */
const STAMP = path.join(OUT, '.sources')

/** SHA-256 in hex over names and contents. */
export async function hashSources ({ root, include, exclude }: WebSources): Promise<string> {
  const left = new Set(exclude)
  const files: string[] = []
  const visit = async (name: string): Promise<void> => {
    if (left.has(name)) return
    const entries = await readdir(path.join(root, name), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') files.push(name)
      else if (error.code !== 'ENOENT') throw error
      return []
    })
    for (const entry of entries) {
      const child = `${name}/${entry.name}`
      if (entry.isDirectory()) await visit(child)
      else if (entry.isFile() && !left.has(child)) files.push(child)
    }
  }
  for (const name of include) await visit(name)
  const hash = createHash('sha256')
  for (const name of files.sort()) {
    const bytes = await readFile(path.join(root, name))
    hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

/** Whether the web app is what its sources make now. */
export async function isWebBuilt (): Promise<boolean> {
  return await readFile(STAMP, 'utf8').catch(() => null) === await hashSources(SOURCES)
}

/** Errors: what the bundler fails with. */
async function buildWeb (): Promise<void> {
  const before = await hashSources(SOURCES)
  const { build } = await import('vite') // nobody else has to wait for a bundler
  await build({ root: APP, configFile: path.join(APP, 'vite.config.ts'), logLevel: 'error' })
  await writeFile(STAMP, before)
}

if (import.meta.main) {
  try {
    if (!await isWebBuilt()) await buildWeb()
  } catch (error) {
    process.stderr.write(`The web app cannot be built: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
