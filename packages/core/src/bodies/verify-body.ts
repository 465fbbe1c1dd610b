// The only way from an unverified body to a verified one.
import { hexToBytes } from '@noble/hashes/utils.js'
import { SeedbedError } from '../errors.ts'
import { signedBytes } from './body-file.ts'
import type { BodyFields, CheckSignature, UnverifiedBody, VerifySignature } from './body.ts'

/** A class with a private field, so that neither a literal nor a spread copy with changed fields passes for one. */
class CheckedBody {
  readonly #checked: true = true
  readonly state = 'verified' as const
  readonly fields: BodyFields
  readonly signature: Uint8Array
  readonly bytes: Uint8Array

  constructor (body: UnverifiedBody) {
    this.fields = body.fields
    this.signature = body.signature
    this.bytes = body.bytes
  }

  static holds (value: object): value is CheckedBody {
    return #checked in value && value.#checked
  }
}

/** A body file whose signature holds for the author that it names. Only `verifyBody` and `checkBody` make one. */
export type VerifiedBody = CheckedBody

/**
 * Checks the signature under the author key that the file names. That the file is the one an index entry promised
 * (author, community, links) is the caller's to compare. Errors: BAD_BODY.
 */
export function verifyBody (body: UnverifiedBody, verifySignature: VerifySignature): VerifiedBody {
  return conclude(body, verifySignature(body.signature, signedBytes(body), hexToBytes(body.fields.author)))
}

/** The same with a verifier that may be asynchronous. Errors: BAD_BODY. */
export async function checkBody (body: UnverifiedBody, checkSignature: CheckSignature): Promise<VerifiedBody> {
  return conclude(body, await checkSignature(body.signature, signedBytes(body), hexToBytes(body.fields.author)))
}

function conclude (body: UnverifiedBody, isSigned: boolean): VerifiedBody {
  if (!isSigned) throw new SeedbedError('BAD_BODY', 'The signature of the body does not hold for the author that it names.')
  return new CheckedBody(body)
}

/** Whether a value came out of `verifyBody` or `checkBody`; true at run time for nothing else. */
export function isVerifiedBody (value: object): value is VerifiedBody {
  return CheckedBody.holds(value)
}
