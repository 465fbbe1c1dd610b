// What only a start from a checkpoint needs, in one piece that a first visit does not load.
export { decodeHead, join } from './checkpoint-format.ts'
export { restoreHeld } from './held-columns.ts'
