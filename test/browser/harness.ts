// Programs in a real browser: bundles an entry module, serves it on loopback and opens it in Debian's Chromium.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { build, type Plugin, type Rollup } from 'vite'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Nothing but the pages under test may use the network; root has no sandbox; software rendering is enough. */
const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=WebRtcHideLocalIpsWithMdns']

const CONTENT_TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html', '.css': 'text/css', '.wasm': 'application/wasm', '.json': 'application/json' }

export interface BundleSize {
  readonly file: string
  readonly bytes: number
  readonly code: string
  readonly isEntry: boolean
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
  /** Path of the module that the chunk was made for; null where several others share it. */
  readonly module: string | null
  /** Its modules by path, with their bytes before minification, comments and indentation not counted. */
  readonly modules: ReadonlyMap<string, number>
}

/** Bundles modules for a browser, from the packages' sources: name -> absolute path. Output lies in `outDir`. */
export async function bundle (entries: Readonly<Record<string, string>>, outDir: string, { minify = false, plugins = [] }: { minify?: boolean, plugins?: readonly Plugin[] } = {}): Promise<BundleSize[]> {
  const built = await build({
    configFile: false, logLevel: 'error', root: path.dirname(Object.values(entries)[0] ?? '.'),
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    plugins: [...plugins],
    worker: { format: 'es', plugins: () => [...plugins] },
    build: {
      outDir, emptyOutDir: false, minify, target: 'es2023', modulePreload: false, reportCompressedSize: false,
      rollupOptions: { input: { ...entries }, preserveEntrySignatures: 'strict', output: { entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js', format: 'es' } }
    }
  })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap(result => 'output' in result ? result.output : [])
  return outputs.flatMap(part => part.type === 'chunk' ? [sizeOf(part)] : [])
}

export function sizeOf (chunk: Rollup.OutputChunk): BundleSize {
  const { fileName: file, code, isEntry, imports, dynamicImports, facadeModuleId: module } = chunk
  const modules = new Map(Object.entries(chunk.modules).map(([id, each]) => [id, bytesWithoutComments(each.code ?? '')]))
  return { file, bytes: Buffer.byteLength(code), code, isEntry, imports, dynamicImports, module, modules }
}

/** About what a minifier leaves, up to the names; comments would make the well explained look heavy. */
function bytesWithoutComments (code: string): number {
  return Buffer.byteLength(code.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/\s+/g, ' '))
}

export interface StaticServer extends AsyncDisposable { readonly url: string, readonly folder: string }

/** Serves a folder on loopback; every other path answers an empty page. */
export async function serveFolder (folder: string): Promise<StaticServer> {
  const server: Server = createServer((request, response) => {
    const name = path.normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
    readFile(path.join(folder, name)).then(
      bytes => { response.setHeader('content-type', CONTENT_TYPES[path.extname(name)] ?? 'application/octet-stream').end(bytes) },
      () => { response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>test</title>') })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, folder,
    async [Symbol.asyncDispose] () {
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}

export interface Profile extends AsyncDisposable {
  readonly context: BrowserContext
  /** What pages of this profile threw and nobody caught. */
  readonly errors: string[]
  /** Opens a page; its console goes to this process' stderr when BROWSER_LOG is set. */
  open (url: string, name?: string): Promise<Page>
  /** Ends the browser and starts it again with the same profile folder. */
  restart (): Promise<void>
}

/** A browser of its own with an empty profile folder. */
export async function openProfile (options: { readonly flags?: readonly string[], readonly viewport?: { width: number, height: number } } = {}): Promise<Profile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-profile-'))
  const errors: string[] = []
  const launch = async (): Promise<BrowserContext> => await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM, headless: true, args: [...CHROMIUM_FLAGS, ...options.flags ?? []], ...(options.viewport === undefined ? {} : { viewport: options.viewport })
  })
  let context = await launch()
  return {
    get context () { return context },
    errors,
    async open (url, name = 'page') {
      const page = await context.newPage()
      page.on('pageerror', error => { errors.push(`${name}: ${error.stack ?? error.message}`) })
      if (process.env['BROWSER_LOG'] !== undefined) page.on('console', message => { console.error(`[${name}] ${message.text()}`) })
      await page.goto(url)
      return page
    },
    async restart () {
      await context.close()
      context = await launch()
    },
    async [Symbol.asyncDispose] () {
      await context.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

/** A folder that goes with the test. */
export async function temporaryFolder (): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-browser-'))
  return { folder, [Symbol.asyncDispose]: async () => { await rm(folder, { recursive: true, force: true }) } }
}
