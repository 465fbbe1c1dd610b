// The SDK in a page without a worker.
export { createNode } from '@seedbed/core'
