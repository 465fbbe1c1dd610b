// Builds the web app into dist/web: the page, the worker with the peer, and a service worker that knows their files.
import react from '@vitejs/plugin-react'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin, type UserConfig } from 'vite'
import { leanBundle } from '../../tools/lean-bundle.ts'
import { STARTER_FILE } from './src/starter.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const outDir = path.join(here, 'dist/web')
const SERVICE_WORKER = 'service-worker.js'
/** Written by whoever decides whether a build is fresh; no part of the app. */
const NOT_SERVED = /(?:^|\/)\.|\.map$/

const config: UserConfig = defineConfig({
  root: here,
  publicDir: path.join(here, 'src/web/public'),
  plugins: [leanBundle(), react(), starter(), precache()],
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  worker: { format: 'es', plugins: () => [leanBundle()] },
  build: {
    outDir, emptyOutDir: true, target: 'es2023', modulePreload: false, reportCompressedSize: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: { index: path.join(here, 'index.html'), 'service-worker': path.join(here, 'src/web/service-worker.ts') },
      output: { entryFileNames: chunk => chunk.name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js' }
    }
  }
})
// oxlint-disable-next-line import/no-default-export -- Vite reads this one
export default config

/** Puts the community that comes with the app beside its files. */
function starter (): Plugin {
  return {
    name: 'seedbed-starter',
    apply: 'build',
    async generateBundle () {
      this.emitFile({ type: 'asset', fileName: STARTER_FILE, source: await readFile(path.join(here, 'starter', STARTER_FILE)) })
    }
  }
}

/** Writes the list of the built files, and a hash over all of them, into the service worker. */
function precache (): Plugin {
  return {
    name: 'seedbed-precache',
    apply: 'build',
    async writeBundle ({ dir = outDir }) {
      const files = (await readdir(dir, { recursive: true, withFileTypes: true }))
        .filter(entry => entry.isFile())
        .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
        .filter(file => file !== SERVICE_WORKER && !NOT_SERVED.test(file))
        .toSorted()
      const hash = createHash('sha256')
      for (const file of files) hash.update(file).update(await readFile(path.join(dir, file)))
      const worker = path.join(dir, SERVICE_WORKER)
      const code = await readFile(worker, 'utf8')
      const list = JSON.stringify({ version: hash.digest('hex').slice(0, 16), files: files.map(file => `/${file}`) })
      await writeFile(worker, `const PRECACHE=${list};${code}`)
    }
  }
}
