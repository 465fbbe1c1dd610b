// The built web app, from memory: names that cannot leave their folder, types, validators, compression.
import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { MAX_FILE_BYTES, MAX_PATH_LENGTH, MIN_COMPRESSED_BYTES } from '../limits.ts'

export interface StaticFile {
  readonly bytes: Uint8Array
  /** Null where it would not be smaller. */
  readonly gzipped: Uint8Array | null
  readonly contentType: string
  /** A strong validator (RFC 9110, 8.8.3), in quotes. */
  readonly etag: string
  readonly cacheControl: string
}

export interface StaticFiles {
  /** The file of a request's path, `/` being the page itself; null when there is none. */
  get (pathname: string): Promise<StaticFile | null>
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json',
  '.webmanifest': 'application/manifest+json', '.txt': 'text/plain; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon',
  '.webp': 'image/webp', '.woff2': 'font/woff2', '.wasm': 'application/wasm'
}
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.txt', '.svg', '.wasm'])

/** A part of a path that is a plain name: no `..`, no hidden file, nothing that a file system reads in a way of its own. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/
/** The bundler's names carry a hash of what is in the file. */
const HASHED = /^assets\/.*-[\w-]{8}\.\w+$/

const compress = promisify(gzip)

/** Files of a folder that may be built anew at any time. */
export function createStaticFiles (folder: string): StaticFiles {
  const held = new Map<string, { readonly file: Promise<StaticFile>, readonly version: string }>()
  return {
    async get (pathname) {
      const name = nameOf(pathname)
      if (name === null) return null
      const file = path.join(folder, ...name.split('/'))
      const found = await lstat(file).catch(() => null)
      if (found?.isFile() !== true || found.size > MAX_FILE_BYTES) {
        held.delete(name)
        return null
      }
      const version = `${found.size} ${found.mtimeMs}`
      const known = held.get(name)
      if (known?.version === version) return await known.file
      const read = load(file, name)
      held.set(name, { file: read, version })
      return await read.catch(() => {
        held.delete(name)
        return null // gone between the two looks
      })
    }
  }
}

async function load (file: string, name: string): Promise<StaticFile> {
  const bytes = await readFile(file)
  const extension = path.extname(name)
  const gzipped = COMPRESSED.has(extension) && bytes.length >= MIN_COMPRESSED_BYTES ? await compress(bytes, { level: 9 }) : null
  return {
    bytes,
    gzipped: gzipped !== null && gzipped.length < bytes.length ? gzipped : null,
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    cacheControl: HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache'
  }
}

/** A relative file name with `/` between its parts; null for what cannot be one. */
function nameOf (pathname: string): string | null {
  if (pathname === '/') return 'index.html'
  if (pathname.length > MAX_PATH_LENGTH || !pathname.startsWith('/')) return null
  const parts = pathname.slice(1).split('/') // percent signs are no part of a name, so nothing has to be decoded
  return parts.every(part => NAME.test(part)) ? parts.join('/') : null
}
