// Every command, in the order of the help.
import type { Command, NodeCommand } from '../command.ts'
import { author } from './author.ts'
import { exportArchive, importArchive } from './archives.ts'
import { communities, communityCreate, leave } from './communities.ts'
import { feed } from './feed.ts'
import { fetchBody } from './fetch.ts'
import { init, phrase, whoami } from './identity.ts'
import { inbox } from './inbox.ts'
import { invite, join } from './invitations.ts'
import { pair } from './pair.ts'
import { profile } from './profile.ts'
import { comment, post } from './publish.ts'
import { edit, history, remove } from './revisions.ts'
import { drop, seeds } from './seeds.ts'
import { retain } from './retain.ts'
import { storage } from './storage.ts'
import { peers, status } from './status.ts'
import { thread } from './thread.ts'
import { label, labels, unlabel } from './labels.ts'
import { appoint, dismiss, moderators } from './moderators.ts'
import { mute, mutes, unmute } from './mutes.ts'
import { magnet, torrent } from './torrents.ts'
import { downvote, unvote, upvote } from './votes.ts'

/** What a running peer carries out for others. */
export const NODE_COMMANDS: readonly NodeCommand[] = [
  communityCreate, join, invite, leave, communities, post, comment, edit, remove, history, upvote, downvote, unvote, feed, thread, author, inbox, label, unlabel, labels, moderators, appoint, dismiss, mute, unmute, mutes, magnet, torrent, fetchBody, seeds, drop, exportArchive, importArchive, profile, pair, retain, storage, peers, status
]

export const IDENTITY_COMMANDS: readonly Command[] = [init, whoami, phrase]
