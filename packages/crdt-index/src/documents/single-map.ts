/** A map of one entry that nobody changes, in a fifth of a Map's 200 bytes: most documents of a month hold one envelope. */
export function singleMap<K, V> (key: K, value: V): ReadonlyMap<K, V> {
  return new SingleMap(key, value)
}

class SingleMap<K, V> implements ReadonlyMap<K, V> {
  readonly #key: K
  readonly #value: V

  constructor (key: K, value: V) {
    this.#key = key
    this.#value = value
  }

  get size (): number { return 1 }

  has (key: K): boolean { return key === this.#key }

  get (key: K): V | undefined { return key === this.#key ? this.#value : undefined }

  forEach (call: (value: V, key: K, map: ReadonlyMap<K, V>) => void, self?: unknown): void { call.call(self, this.#value, this.#key, this) }

  keys (): MapIterator<K> { return [this.#key].values() }

  values (): MapIterator<V> { return [this.#value].values() }

  entries (): MapIterator<[K, V]> { return [[this.#key, this.#value] as [K, V]].values() }

  [Symbol.iterator] (): MapIterator<[K, V]> { return this.entries() }
}
