// Text and answers from a person or a pipe.
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { SeedbedError } from '@seedbed/core'

export type InputStream = Readable & { readonly isTTY?: boolean }

/**
 * All of a stream, cut off one byte after `maxBytes`, so that the caller can tell; `prompt` is shown to a person.
 * Aborting `signal` rejects with its reason and ends the stream, whose next byte may never come.
 */
export async function readStream (input: InputStream, output: Writable, maxBytes: number, prompt: string, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted()
  if (input.isTTY === true) output.write(`${prompt}\n`)
  const chunks: Uint8Array[] = []
  let length = 0
  const giveUp = (): void => { input.destroy(signal.reason as Error) }
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) break
    }
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  signal.throwIfAborted()
  return new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes + 1))
}

/** A file, cut off likewise. Errors: STORAGE_FAILED. */
export async function readBoundedFile (file: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r')
    return await readStream(handle.createReadStream({ autoClose: false }), process.stderr, maxBytes, '', signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw new SeedbedError('STORAGE_FAILED', `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause })
  }
}

/** A person's answer; null when nobody sits at a terminal. */
export async function ask (input: InputStream, output: Writable, question: string, signal: AbortSignal): Promise<string | null> {
  if (input.isTTY !== true) return null
  const lines = createInterface({ input, output })
  const left = new AbortController() // a terminal in raw mode makes no signal of Ctrl-C
  lines.once('SIGINT', () => { left.abort() })
  lines.once('close', () => { left.abort() })
  try {
    return await lines.question(question, { signal: AbortSignal.any([signal, left.signal]) })
  } finally {
    lines.close()
  }
}
