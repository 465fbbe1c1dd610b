// invite, join
import { optionalText, text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { plainLine } from '../terminal/terminal.ts'
import { COMMUNITY, communityDocument, renderCommunity, textOf } from './documents.ts'

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/

export const invite: NodeCommand = {
  kind: 'node',
  name: 'invite',
  summary: 'Make a link that lets others join a community.',
  positionals: [COMMUNITY],
  options: { post: { type: 'text', value: 'ID', summary: 'Post or comment to open first.' } },
  notes: ['The link carries the addresses of this peer: whoever has it can try to connect here. Addresses of this machine alone work on this machine alone; see --listen of seedbed run.'],
  needsPeer: true,
  async execute ({ node, args }, signal) {
    const post = optionalText(args, 'post')
    const invitation = await node.invitations.create({ community: text(args, 'COMMUNITY'), ...(post === undefined ? {} : { post }), signal })
    return { link: invitation.link, community: invitation.community, peers: invitation.peers, post: invitation.post }
  },
  async finish (answer, _args, surroundings) {
    const peers = Array.isArray(answer['peers']) ? answer['peers'].map(String) : []
    if (peers.every(address => LOOPBACK.test(address))) surroundings.note('Its addresses work on this machine alone; for others start the peer with --listen /ip4/0.0.0.0/tcp/4001.')
    if (!surroundings.json) surroundings.note('Quote the link in a shell: seedbed join \'LINK\'')
    return answer
  },
  render: document => plainLine(textOf(document, 'link'))
}

export const join: NodeCommand = {
  kind: 'node',
  name: 'join',
  summary: 'Take part in a community.',
  positionals: [{ name: 'LINK|ADDRESS', summary: 'Invitation link, or address of 64 hex characters.' }],
  options: {},
  notes: ['Quote the link: it has characters that mean something to a shell.'],
  async execute ({ node, args }, signal) {
    const { post, ...community } = await node.communities.join(text(args, 'LINK|ADDRESS'), { signal })
    return { ...communityDocument(community), post }
  },
  render (document, terminal) {
    const post = textOf(document, 'post')
    return [renderCommunity(document, terminal), ...(post === '' ? [] : ['', `Read on: seedbed thread ${plainLine(post)}`])].join('\n')
  }
}
