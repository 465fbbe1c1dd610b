// What people do rather than read, as one part of a bundle (acts.ts loads it).
export { createImport } from '../swarm/import-body.ts'
export { labelOf, signLabel, signRole, wordsOf } from '../moderation/sign.ts'
export { createSeeds } from '../retention/seeds.ts'
export { createPublishing } from './publish.ts'
export { createRevising } from './revisions.ts'
export { createVoting } from './votes.ts'
// Reading, but of what a page shows only when it is asked for.
export { createAuthored } from '../queries/authored.ts'
