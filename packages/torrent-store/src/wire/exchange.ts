// What talks to peers, as one part, so that a page which only shows what it holds need not have it (load-exchange.ts).
export { HedgedFetch } from '../hedged-fetch.ts'
export { BatchFetch } from './batch-fetch.ts'
export { fetchOver } from './fetch.ts'
export { serveDuplex } from './serve.ts'
