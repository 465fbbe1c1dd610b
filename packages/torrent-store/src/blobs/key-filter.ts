// A Bloom filter of hashes that grows: layers, each four times the one before, so that nothing is ever hashed again.
// 16 bits a key and 4 probes let through 1 key in 400 that was never added; all layers together 1 in 100.
// (B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970; layers: Almeida et al., "Scalable
// Bloom filters", 2007; two hashes for all probes: Kirsch and Mitzenmacher, 2006.)
import { FILTER_FIRST_KEYS, FILTER_LAYERS } from '../limits.ts'

const BITS_A_KEY = 16
const PROBES = 4
const GROWTH = 4

interface Layer {
  readonly words: Uint32Array
  /** Of the index of a bit: a power of two minus one. */
  readonly mask: number
  room: number
}

export class KeyFilter {
  readonly #layers: Layer[] = []

  /** Eight bytes of `hash` from `at` on name the key: they have to be those of a hash, for nothing mixes them here. */
  add (hash: Uint8Array, at: number): void {
    if (this.mayHold(hash, at)) return
    const layer = this.#roomy()
    const [first, step] = [wordAt(hash, at), wordAt(hash, at + 4) | 1]
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (first + Math.imul(probe, step)) & layer.mask
      layer.words[bit >>> 5] = (layer.words[bit >>> 5] as number) | (1 << (bit & 31))
    }
    layer.room--
  }

  /** False only for what was never added. */
  mayHold (hash: Uint8Array, at: number): boolean {
    const [first, step] = [wordAt(hash, at), wordAt(hash, at + 4) | 1]
    return this.#layers.some(({ words, mask }) => {
      for (let probe = 0; probe < PROBES; probe++) {
        const bit = (first + Math.imul(probe, step)) & mask
        if (((words[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false
      }
      return true
    })
  }

  /** The last layer; past its bound it fills up, and the filter lets more and more through. */
  #roomy (): Layer {
    const last = this.#layers.at(-1)
    if (last !== undefined && (last.room > 0 || this.#layers.length === FILTER_LAYERS)) return last
    const keys = FILTER_FIRST_KEYS * GROWTH ** this.#layers.length
    const layer: Layer = { words: new Uint32Array(keys * BITS_A_KEY / 32), mask: keys * BITS_A_KEY - 1, room: keys }
    this.#layers.push(layer)
    return layer
  }
}

function wordAt (bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
}
