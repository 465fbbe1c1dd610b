// A front over a small web app, and requests to it as no browser would make them.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createFront, type Front, type FrontOptions } from '../../../src/seedbox/front/front.ts'

export interface FrontUnderTest extends AsyncDisposable {
  readonly front: Front
  readonly folder: string
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
}

export const PAGE = '<!doctype html><title>page</title>'
export const SCRIPT: string = `export const text = '${'x'.repeat(3000)}'\n`

export async function startFront (options: Partial<FrontOptions> = {}): Promise<FrontUnderTest> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-front-'))
  const web = path.join(folder, 'web')
  await mkdir(path.join(web, 'assets'), { recursive: true })
  await writeFile(path.join(folder, 'secret.txt'), 'secret')
  await writeFile(path.join(web, 'index.html'), PAGE)
  await writeFile(path.join(web, 'assets/index-Ab3_-xyZ.js'), SCRIPT)
  const front = await createFront({ host: '127.0.0.1', port: 0, webFolder: web, pairing: { renew: () => ({ secret: '', untilMs: 0 }), redeem: async () => null }, ...options })
  return {
    front, folder: web, url: `http://127.0.0.1:${front.port}`,
    async [Symbol.asyncDispose] () {
      await front.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

export interface Answer { readonly status: number, readonly headers: IncomingHttpHeaders, readonly body: Buffer }

/** A request with the path and headers exactly as given, on a connection of its own. */
export async function ask (port: number, pathname: string, { method = 'GET', headers = {}, body }: { readonly method?: string, readonly headers?: Readonly<Record<string, string>>, readonly body?: string } = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: pathname, method, agent: false, headers: { ...headers } }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      response.once('end', () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }) })
      response.once('error', reject)
    })
    request.once('error', reject)
    request.end(body)
  })
}
