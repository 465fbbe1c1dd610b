// Who writes in a simulation, and what they may write about.
import { createSigner, itemIdOf, type ItemId, type Signer } from '@seedbed/crdt-index'
import { contentNumber } from '../../packages/crdt-index/test/views/world.ts'

const AUTHORS = 4
const signers: readonly Signer[] = Array.from({ length: AUTHORS }, (_, n) => createSigner(new Uint8Array(32).fill(n + 1)))
export const CONTENTS = 4

export function signerOf (author: number): Signer {
  const signer = signers[author]
  if (signer === undefined) throw new RangeError(`no author ${author}`)
  return signer
}

/** The contents that an author may list; each number belongs to one author. */
export const contentOf = (author: number, n: number): ReturnType<typeof contentNumber> => contentNumber(author * CONTENTS + n)
export const itemOf = (author: number, n: number): ItemId => itemIdOf(signerOf(author).author, contentOf(author, n).id)
/** Every item that a schedule may name. */
export const ITEMS: readonly ItemId[] = signers.flatMap((_, author) => Array.from({ length: CONTENTS }, (_, n) => itemOf(author, n)))
