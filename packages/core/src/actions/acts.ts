// What people do rather than read: write, edit, delete, look through what is held, fetch from the open swarm. A page
// shows something first, for which it has to be small, and loads all of it right after: somebody who goes offline then
// can still write.
import { backgroundTimer } from '../background-timer.ts'
import type { NodeEvents, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { SeedsOptions } from '../retention/seeds.ts'
import type * as EveryAct from './every-act.ts'
import type { OpenTorrents } from '../swarm/open-torrents.ts'

export type Acts = Pick<SeedbedNode, 'posts' | 'comments' | 'votes' | 'revisions' | 'delete' | 'seeds' | 'import'>

export interface ActsOptions {
  readonly parts: NodeParts
  readonly swarm: OpenTorrents['swarm'] | null
  readonly seeds: SeedsOptions
  readonly onVote: (progress: NodeEvents['vote']) => void
}

const load = async (): Promise<typeof EveryAct> => await import('./every-act.ts')

export function createActs ({ parts, swarm, seeds, onVote }: ActsOptions): Acts {
  const { torrents } = parts
  backgroundTimer(() => { load().catch(() => {}) }, 0) // what fails now is told by the first act
  const publishing = async (): Promise<ReturnType<typeof EveryAct.createPublishing>> => (await load()).createPublishing(parts)
  const revising = async (): Promise<ReturnType<typeof EveryAct.createRevising>> => (await load()).createRevising(parts)
  const voting = async (): Promise<SeedbedNode['votes']> => (await load()).createVoting(parts, (id, stage) => { onVote({ id, stage }) })
  return {
    // Of what is being written nothing is evicted meanwhile.
    posts: { create: torrents.protect(async options => await (await publishing()).createPost(options)) },
    comments: { create: torrents.protect(async options => await (await publishing()).createComment(options)) },
    votes: {
      up: torrents.protect(async (...vote: Parameters<SeedbedNode['votes']['up']>) => await (await voting()).up(...vote)),
      down: torrents.protect(async (...vote: Parameters<SeedbedNode['votes']['down']>) => await (await voting()).down(...vote)),
      clear: async (...vote) => await (await voting()).clear(...vote)
    },
    revisions: {
      create: torrents.protect(async options => await (await revising()).revisions.create(options)),
      list: async (id, options) => await (await revising()).revisions.list(id, options),
      read: async (id, revision, options) => await (await revising()).revisions.read(id, revision, options)
    },
    delete: async (id, options) => await (await revising()).delete(id, options),
    seeds: {
      list: async options => await (await load()).createSeeds(seeds).list(options),
      drop: async (id, options) => await (await load()).createSeeds(seeds).drop(id, options)
    },
    import: async (source, options) => await (await load()).createImport(parts, swarm)(source, options)
  }
}
