// Pages and their workers: no sockets, no Buffer, no process.
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Duplex as NodeDuplex } from 'node:stream'
import { concat } from './concat.ts'
import { PageDuplex } from './page-duplex.ts'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  canEncrypt: false,
  sha1,
  sha1Hex: bytes => toHex(sha1(bytes)),
  sha1Latin1: bytes => toLatin1(sha1(bytes)),
  sha256Hex: bytes => toHex(sha256(bytes)),
  randomBytes: length => crypto.getRandomValues(new Uint8Array(length)),
  concat,
  copy: bytes => new Uint8Array(bytes),
  toStore: bytes => bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes),
  toHex,
  fromHex: hex => Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
  toLatin1,
  fromLatin1: text => Uint8Array.from(text, character => character.charCodeAt(0)),
  later,
  afterTick: task => { queueMicrotask(task) },
  unref: () => {}, // no process to hold
  createDuplex (source) {
    const duplex = new PageDuplex(source)
    return { duplex: duplex as unknown as NodeDuplex, push: bytes => duplex.push(bytes) }
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function toHex (bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

function toLatin1 (bytes: Uint8Array): string {
  return Array.from(bytes, byte => String.fromCharCode(byte)).join('')
}

const tasks: Array<() => void> = []
let channel: MessageChannel | null = null

/** By a message to ourselves: browsers hold nested timers back by 4 ms, and more in the background. */
function later (task: () => void): void {
  if (channel === null) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => { tasks.shift()?.() })
    channel.port1.start()
  }
  tasks.push(task)
  channel.port2.postMessage(null)
}
