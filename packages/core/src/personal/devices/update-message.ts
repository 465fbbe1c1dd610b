import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from 'lib0/encoding'

/** y-webrtc's message types: a message of y-protocols' sync, which is an update. */
const SYNC_MESSAGE = 0
const UPDATE = 2

/** A Yjs update as y-webrtc sends it to its peers. */
export function updateMessage (update: Uint8Array): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, SYNC_MESSAGE)
  writeVarUint(encoder, UPDATE)
  writeVarUint8Array(encoder, update)
  return toUint8Array(encoder)
}
