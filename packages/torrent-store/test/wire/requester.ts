// The asking side of sb_bodies by hand, so that a test decides what is said when.
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { InfoHash } from '../../src/index.ts'
import { readBatchMessage, writeIds, writeWanted, type BatchMessage } from '../../src/wire/batch-message.ts'
import { extended, handshake, until } from '../bodies.ts'

/** The extension's id at our server: ut_metadata comes first. */
const THEIRS = 2
const OURS = 7

export interface Requester {
  readonly socket: Duplex
  /** As they came. */
  readonly answers: BatchMessage[]
  want (ids: readonly InfoHash[], priority?: number): void
  raise (ids: readonly InfoHash[], priority: number): void
  cancel (ids: readonly InfoHash[]): void
  /** Infohashes of the bodies that came. */
  bodies (): InfoHash[]
  absent (): InfoHash[]
}

/** Opened on the door `infoHash`, and ready to ask. */
export async function openRequester ({ host, port }: { host: string, port: number }, infoHash: InfoHash): Promise<Requester> {
  return await openRequesterOver(connect({ host, port, noDelay: true }), infoHash)
}

/** The same over a connection that is there. */
export async function openRequesterOver (socket: Duplex, infoHash: InfoHash): Promise<Requester> {
  socket.on('error', () => {})
  const answers: BatchMessage[] = []
  let unread = Buffer.alloc(0)
  let greeted = false
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    if (!greeted && unread.length >= 68) {
      greeted = true
      unread = unread.subarray(68)
    }
    while (greeted && unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE(0)) {
      const message = unread.subarray(4, 4 + unread.readUInt32BE(0))
      unread = unread.subarray(4 + message.length)
      if (message[0] === 20 && message[1] === 0) ready = true
      const answer = message[0] === 20 && message[1] === OURS ? readBatchMessage(message.subarray(2)) : null
      if (answer !== null) answers.push(answer)
    }
  })
  let ready = false
  socket.write(handshake(infoHash))
  await until(() => ready)
  socket.write(extended(0, `d1:md9:sb_bodiesi${OURS}eee`))
  const send = (payload: Uint8Array): void => { socket.write(extended(THEIRS, payload)) }
  return {
    socket,
    answers,
    want: (ids, priority = 0) => { for (let at = 0; at < ids.length; at += 512) send(writeWanted('want', priority, ids.slice(at, at + 512))) },
    raise: (ids, priority) => { send(writeWanted('raise', priority, ids)) },
    cancel: ids => { send(writeIds('cancel', ids)) },
    bodies: () => answers.flatMap(answer => answer.type === 'body' ? [answer.infoHash] : []),
    absent: () => answers.flatMap(answer => answer.type === 'absent' ? answer.ids : [])
  }
}
