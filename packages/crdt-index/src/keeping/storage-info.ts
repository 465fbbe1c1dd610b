/** How much of this device a community takes up. */
export interface StorageInfo {
  /** What is held: envelopes, and what keeping each costs. */
  readonly bytes: number
  readonly budgetBytes: number
  /** Authors of whom something is held. */
  readonly authors: number
  /** Authors known to be left out; of whom nothing was ever seen, nobody knows. */
  readonly authorsLeftOut: number
  /** Somebody is left out, so every total is of what is held. */
  readonly partial: boolean
}
