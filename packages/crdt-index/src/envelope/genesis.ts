// A community's birth certificate. Its address is the hash of these bytes, so nothing in it ever changes.
//   1 byte signature length (0 or 64) || signature || DAG-CBOR ['seedbed/genesis/1', founder, slug, difficulty, nonce]
import { decode, encode } from '@ipld/dag-cbor'
import { CrdtIndexError } from '../errors.ts'
import { concatBytes, equalBytes, hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, communityAddressOfBytes, KEY_BYTES } from '../identity/ids.ts'
import { verifySignature, type Signer } from '../identity/keys.ts'
import { sha256 } from '../identity/sha256.ts'
import { GENESIS_NONCE_BYTES, MAX_DIFFICULTY, MAX_GENESIS_BYTES, MAX_SLUG_BYTES, SIGNATURE_BYTES } from '../limits.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'

const DOMAIN = 'seedbed/genesis/1'
const SLUG = new RegExp(`^[a-z0-9][a-z0-9-]{0,${MAX_SLUG_BYTES - 1}}$`)

export interface GenesisFields {
  /** Null: a community that nobody founded, with no moderators of its own. */
  readonly founder: AuthorId | null
  /** `[a-z0-9][a-z0-9-]{0,39}`: a name for people; it need not be unique. */
  readonly slug: string
  /** Leading zero bits that an author's admission stamp needs, 0 to 32; 0 asks for none. */
  readonly difficulty: number
  /** 16 random bytes: equal slugs give different communities. */
  readonly nonce: Uint8Array
}

export interface Genesis extends GenesisFields {
  /** sha256 of the bytes. */
  readonly address: CommunityAddress
  /** As signed and received. */
  readonly bytes: Uint8Array
}

/** Makes a genesis, signed by its founder. Throws BAD_GENESIS for a field out of its bounds. */
export function createGenesis ({ slug, founder, difficulty, nonce }: Omit<GenesisFields, 'founder'> & { readonly founder: Signer | null }): Genesis {
  const payload = encodePayload({ slug, founder: founder?.author ?? null, difficulty, nonce })
  const signature = founder?.sign(payload) ?? new Uint8Array()
  return decodeGenesis(concatBytes(Uint8Array.of(signature.length), signature, payload))
}

/**
 * Reads and verifies a genesis of at most 512 bytes. Throws BAD_GENESIS for what is too long, not canonical, out of
 * bounds, or not signed by the founder it names (a genesis without founder carries no signature).
 */
export function decodeGenesis (bytes: Uint8Array): Genesis {
  if (bytes.length > MAX_GENESIS_BYTES) throw bad(`over ${MAX_GENESIS_BYTES} bytes`)
  const signatureLength = bytes[0]
  if (signatureLength !== 0 && signatureLength !== SIGNATURE_BYTES) throw bad('signature length')
  const signature = bytes.subarray(1, 1 + signatureLength)
  const payload = bytes.subarray(1 + signatureLength)
  const fields = decodePayload(payload)
  if (fields.founder === null ? signatureLength !== 0 : !verifySignature(signature, payload, hexToBytes(fields.founder))) throw bad('signature')
  return { ...fields, address: communityAddressOfBytes(sha256(bytes)), bytes }
}

function encodePayload ({ founder, slug, difficulty, nonce }: GenesisFields): Uint8Array {
  return encode([DOMAIN, founder === null ? null : hexToBytes(founder), slug, difficulty, nonce])
}

function decodePayload (payload: Uint8Array): GenesisFields {
  let value: unknown
  try {
    value = decode(payload)
  } catch (cause) {
    throw bad('DAG-CBOR', { cause })
  }
  if (!Array.isArray(value) || value.length !== 5) throw bad('shape')
  const [domain, founder, slug, difficulty, nonce] = value as unknown[]
  if (domain !== DOMAIN) throw bad('domain tag')
  if (founder !== null && !(founder instanceof Uint8Array && founder.length === KEY_BYTES)) throw bad('founder')
  if (typeof slug !== 'string' || !SLUG.test(slug)) throw bad('slug')
  if (typeof difficulty !== 'number' || !Number.isInteger(difficulty) || difficulty < 0 || difficulty > MAX_DIFFICULTY) throw bad('difficulty')
  if (!(nonce instanceof Uint8Array) || nonce.length !== GENESIS_NONCE_BYTES) throw bad('nonce')
  const fields = { founder: founder === null ? null : authorIdOfBytes(founder), slug, difficulty, nonce: new Uint8Array(nonce) }
  if (!equalBytes(encodePayload(fields), payload)) throw bad('not canonical')
  return fields
}

function bad (what: string, options?: ErrorOptions): CrdtIndexError {
  return new CrdtIndexError('BAD_GENESIS', `genesis: ${what}`, options)
}
