// The libp2p key of this data folder: one a device, never the author's, so that two devices of one author differ.
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { Level } from 'level'

const KEY = 'peer-key'

export async function loadOrCreatePeerKey (db: Level): Promise<PrivateKey> {
  const table = db.sublevel<string, Uint8Array>('node', { valueEncoding: 'view' })
  const stored = await table.get(KEY)
  if (stored !== undefined) return privateKeyFromProtobuf(stored)
  const key = await generateKeyPair('Ed25519')
  await table.put(KEY, privateKeyToProtobuf(key))
  return key
}
