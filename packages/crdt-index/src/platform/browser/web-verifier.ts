// Signatures by WebCrypto, which is some ten times quicker than JavaScript and works beside this thread.
import { bytesToHex, hexToBytes } from '../../identity/encoding.ts'
import { VERIFY_SLICE_MS } from '../../limits.ts'
import type { Platform, SignedBytes } from '../platform.ts'
import { verify } from './ed25519.ts'
import { nextTask } from './next-task.ts'

const ALGORITHM = 'Ed25519'

/**
 * On these implementations of ed25519 differ (Chalkias, Garillot, Nikolaenko, "Taming the Many EdDSAs", 2020): keys and
 * commitments with a component of small order. An engine that judges them by another equation is not asked at all, since
 * peers that disagree on validity hold different sets for ever.
 */
const TOUCHSTONES: ReadonlyArray<SignedBytes & { readonly valid: boolean }> = [
  { // a key with a component of order 8, where both equations hold
    valid: true,
    publicKey: '1dd960b291c53514fece1341fc0dcd8a648b3934c2c533666f737a654ff1e1bf',
    bytes: '0500',
    signature: '7db0dc9222f3c183457ddde4c708de8e5ea6bf3d5c4404cca14b32729a05c32a3b53392df073264012e9fbb496aeaddaca65e165ea29b143922d227e69bee603'
  },
  { // the same key, where only the cofactored one holds
    valid: false,
    publicKey: '1dd960b291c53514fece1341fc0dcd8a648b3934c2c533666f737a654ff1e1bf',
    bytes: '0000',
    signature: '7db0dc9222f3c183457ddde4c708de8e5ea6bf3d5c4404cca14b32729a05c32a92e01639ce1c7f28b278483e0d9cea5d36a3001f564673483c3e868cdb1ef50c'
  },
  { // a commitment with a component of order 2, where only the cofactored one holds
    valid: false,
    publicKey: '17ffad8068dc0de9935d36636f3ad1b5de6de3413b12388e453b05f2a4c1d3db',
    bytes: '0000',
    signature: '704f236ddd0c3e7cba82221b38f72171a15940c2a3bbfb335eb4cd8d65fa3cd5a2c42b518ec77158dab26ecb4dafd3c5eb47205b1e0fa25a2d7a8f5748c17606'
  }
].map(({ valid, publicKey, bytes, signature }) => ({ valid, publicKey: hexToBytes(publicKey), bytes: hexToBytes(bytes), signature: hexToBytes(signature) }))

export interface WebVerifierOptions {
  /** Undefined where the platform has none, as in a page that came over plain HTTP. */
  readonly subtle: Pick<SubtleCrypto, 'importKey' | 'verify'> | undefined
  /** Imported keys that are kept, those used last. */
  readonly maxKeys: number
}

/** Verifies by WebCrypto where that knows ed25519 and agrees, otherwise in JavaScript, in slices of this thread. */
export function createWebVerifier ({ subtle, maxKeys }: WebVerifierOptions): Platform['verifyMany'] {
  const keys = new Map<string, Promise<CryptoKey>>()
  let usable: Promise<boolean> | null = null

  function keyOf (crypto: Pick<SubtleCrypto, 'importKey'>, publicKey: Uint8Array): Promise<CryptoKey> {
    const name = bytesToHex(publicKey)
    const key = keys.get(name) ?? crypto.importKey('raw', publicKey as Uint8Array<ArrayBuffer>, ALGORITHM, false, ['verify'])
    keys.delete(name)
    keys.set(name, key)
    const oldest = keys.size > maxKeys ? keys.keys().next().value : undefined
    if (oldest !== undefined) keys.delete(oldest)
    return key
  }

  async function ask (crypto: Pick<SubtleCrypto, 'importKey' | 'verify'>, { signature, bytes, publicKey }: SignedBytes): Promise<boolean> {
    const key = await keyOf(crypto, publicKey)
    return await crypto.verify(ALGORITHM, key, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>)
  }

  async function agrees (): Promise<boolean> {
    if (subtle === undefined) return false
    try {
      for (const touchstone of TOUCHSTONES) if (await ask(subtle, touchstone) !== touchstone.valid) return false
      return true
    } catch { // no ed25519
      return false
    }
  }

  return async batch => {
    if (subtle === undefined || !await (usable ??= agrees())) return await verifyInSlices(batch)
    // An engine that refuses to import a key has not judged the signature.
    return await Promise.all(batch.map(async signed => await ask(subtle, signed).catch(() => verify(signed))))
  }
}

async function verifyInSlices (batch: readonly SignedBytes[]): Promise<boolean[]> {
  const verdicts: boolean[] = []
  let startedMs = performance.now()
  for (const signed of batch) {
    if (performance.now() - startedMs > VERIFY_SLICE_MS) {
      await nextTask()
      startedMs = performance.now()
    }
    verdicts.push(verify(signed))
  }
  return verdicts
}
