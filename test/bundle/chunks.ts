// What a bundle weighs on the wire: what is always loaded, what comes when it is first needed, and which packages it is of.
import { gzipSync } from 'node:zlib'
import type { BundleSize } from '../browser/harness.ts'

export interface Weight {
  /** Gzipped, the chunks one by one, as a server sends them. */
  readonly bytes: number
  /** Package -> its share of that, estimated from the bytes before minification; heaviest first. */
  readonly packages: ReadonlyMap<string, number>
}

export interface Weights {
  /** Loaded whenever the entries are. */
  readonly eager: Weight
  /** Loaded when a lazy part is first used, eager ones not counted. */
  readonly lazy: Weight
}

export const gzipBytes = (data: string | Uint8Array): number => gzipSync(data, { level: 9 }).length

/** `entries`: files. `isLazy`: whether a module that is imported dynamically waits for its use; others are loaded at the start anyway. */
export function weigh (chunks: readonly BundleSize[], entries: readonly string[], isLazy: (module: string) => boolean): Weights {
  const byFile = new Map(chunks.map(chunk => [chunk.file, chunk]))
  const starts = entries.map(entry => byFile.get(entry) ?? fail(`no chunk ${entry}`))
  const eager = reach(starts, byFile, chunk => chunk.module === null || !isLazy(chunk.module))
  const all = reach(starts, byFile, () => true)
  return { eager: weightOf([...eager]), lazy: weightOf([...all].filter(chunk => !eager.has(chunk))) }
}

function reach (starts: readonly BundleSize[], byFile: ReadonlyMap<string, BundleSize>, follows: (chunk: BundleSize) => boolean): Set<BundleSize> {
  const reached = new Set(starts)
  for (const chunk of reached) { // a set visits what is added meanwhile
    for (const file of chunk.imports) reached.add(byFile.get(file) ?? fail(`no chunk ${file}`))
    for (const file of chunk.dynamicImports) {
      const target = byFile.get(file) ?? fail(`no chunk ${file}`)
      if (follows(target)) reached.add(target)
    }
  }
  return reached
}

export function weightOf (chunks: readonly BundleSize[]): Weight {
  const packages = new Map<string, number>()
  let bytes = 0
  for (const { code, modules } of chunks) {
    const size = gzipBytes(code)
    const source = [...modules.values()].reduce((sum, length) => sum + length, 0)
    bytes += size
    for (const [module, length] of modules) packages.set(packageOf(module), (packages.get(packageOf(module)) ?? 0) + size * length / source)
  }
  return { bytes, packages: new Map([...packages].sort(([, a], [, b]) => b - a)) }
}

/** With its version, so that a package that is there twice shows. */
export function packageOf (module: string): string {
  const path = module.replaceAll('\0', '').replaceAll('\\', '/')
  const installed = /.*\/node_modules\/\.pnpm\/([^/]+)\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)
  if (installed !== null) {
    const version = /@([^@_()]+)(?:[_(].*)?$/.exec(installed[1] ?? '')?.[1] ?? ''
    return `${installed[2]}@${version}`
  }
  return /\/packages\/([^/]+)\//.exec(path)?.[1] ?? path.split('?')[0] ?? path
}

/** The heaviest packages, a line each. */
export function breakdown ({ packages }: Weight, lines = 30): string {
  return [...packages].slice(0, lines).map(([name, bytes]) => `${(bytes / 1024).toFixed(1).padStart(8)} KB  ${name}`).join('\n')
}

function fail (what: string): never {
  throw new Error(what)
}
