// The datagram socket under WebTorrent's DHT (BEP 5), behind a gate. The DHT reads whatever arrives with a bencode
// reader that loops for ever on `l-3:e`, and then takes the types of what it read on trust: a token that is a number
// throws out of the event and ends the process, a node id that is one leaves a lookup waiting for ever. So each
// datagram is read here first, strictly, and passed on only if every field that the DHT uses has its type.
// It also binds the address it was given: the DHT itself would bind all of them.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { MAX_DHT_DATAGRAM_BYTES } from '../limits.ts'
import { decodeBencode, type BencodeValue } from '../wire/bencode.ts'
import { mayName } from './address-scope.ts'

const ID_BYTES = 20
/** Of a node in an answer: id, IPv4 address, port (BEP 5). */
const NODE_BYTES = ID_BYTES + 6

/** True for a query, answer or error of BEP 5 (or BEP 44) whose known fields have the right types. */
export function isSoundDatagram (bytes: Uint8Array): boolean {
  if (bytes.length > MAX_DHT_DATAGRAM_BYTES) return false
  const decoded = decodeBencode(bytes)
  const message = decoded?.value
  if (!(message instanceof Map) || decoded?.end !== bytes.length || !isBytes(message.get('t'), 1, 32)) return false
  switch (text(message.get('y'))) {
    case 'q': return isBytes(message.get('q'), 1, 32) && isSoundBody(message.get('a'), true)
    case 'r': return isSoundBody(message.get('r'), false)
    case 'e': return Array.isArray(message.get('e'))
    default: return false
  }
}

/**
 * Takes the port from every node in an answer that whoever sits at `by` may not name: the DHT passes by nodes without
 * one, and would write to all the others. `bytes` are sound, and changed.
 */
export function forgetNearNodes (bytes: Uint8Array, by: string): void {
  const message = decodeBencode(bytes)?.value
  const answer = message instanceof Map ? message.get('r') : undefined
  const nodes = answer instanceof Map ? answer.get('nodes') : undefined
  if (!(nodes instanceof Uint8Array)) return
  for (let end = NODE_BYTES; end <= nodes.length; end += NODE_BYTES) {
    if (!mayName(by, nodes.subarray(end - 6, end - 2).join('.'))) nodes.fill(0, end - 2, end)
  }
}

function isSoundBody (body: BencodeValue | undefined, query: boolean): boolean {
  if (!(body instanceof Map) || !isBytes(body.get('id'), ID_BYTES, ID_BYTES)) return false
  const optional = (key: string, sound: (value: BencodeValue) => boolean): boolean => {
    const value = body.get(key)
    return value === undefined || sound(value)
  }
  const peers = (values: BencodeValue): boolean => Array.isArray(values) && values.every(value => isBytes(value, 6, 18))
  return optional('target', value => isBytes(value, ID_BYTES, ID_BYTES)) && optional('info_hash', value => isBytes(value, ID_BYTES, ID_BYTES)) &&
    optional('token', value => isBytes(value, 1, 64)) && optional('nodes', value => isBytes(value, 0, MAX_DHT_DATAGRAM_BYTES)) && optional('values', peers) &&
    optional('port', Number.isInteger) && optional('implied_port', Number.isInteger) && optional('seq', Number.isSafeInteger) && optional('cas', Number.isSafeInteger) &&
    optional('k', value => isBytes(value, 32, 32)) && optional('sig', value => isBytes(value, 64, 64)) && optional('salt', value => isBytes(value, 0, 64)) &&
    (!query || optional('v', value => isBytes(value, 0, 1000)))
}

function isBytes (value: BencodeValue | undefined, least: number, most: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= least && value.length <= most
}

function text (value: BencodeValue | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : ''
}

/** The part of a dgram.Socket that the DHT uses. Emits `message`, `listening`, `error`, `close`. */
export class DhtSocket extends EventEmitter {
  readonly #socket: Socket
  readonly #host: string
  readonly #port: number
  #open = true

  /** `port` 0: any free one. */
  constructor (host: string, port: number) {
    super()
    this.#host = host
    this.#port = port
    this.#socket = createSocket('udp4')
    this.#socket.on('message', (bytes: Buffer, from: RemoteInfo) => { this.#receive(bytes, from) })
    this.#socket.on('error', error => { this.emit('error', error) })
    this.#socket.on('listening', () => { this.emit('listening') })
    this.#socket.on('close', () => { this.emit('close') })
  }

  bind (): void {
    this.#socket.bind({ address: this.#host, port: this.#port })
  }

  address (): { address: string, port: number } {
    return this.#socket.address()
  }

  send (bytes: Uint8Array, offset: number, length: number, port: number, address: string): void {
    if (this.#open) this.#socket.send(bytes, offset, length, port, address, () => {}) // whom it does not reach does not answer
  }

  close (): void {
    if (!this.#open) return
    this.#open = false
    this.#socket.close()
  }

  #receive (bytes: Buffer, from: RemoteInfo): void {
    if (!isSoundDatagram(bytes)) return
    forgetNearNodes(bytes, from.address)
    try {
      this.emit('message', bytes, from)
    } catch {} // a message that is sound and still breaks the DHT is one message lost
  }
}
