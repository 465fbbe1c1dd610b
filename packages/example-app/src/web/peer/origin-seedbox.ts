// The seedbox that served this page: where it can be dialled.

/**
 * `/ip4/127.0.0.1/tcp/8700/ws/p2p/ID` for a page of `http://127.0.0.1:8700`; null where the page came from something else
 * than a seedbox, or offline.
 */
export async function originSeedbox (page: URL, fetchJson: (path: string) => Promise<unknown>): Promise<string | null> {
  let answer: unknown
  try {
    answer = await fetchJson('/seedbed.json')
  } catch {
    return null
  }
  if (typeof answer !== 'object' || answer === null || !('peerId' in answer) || typeof answer.peerId !== 'string' || !/^\w{40,80}$/.test(answer.peerId)) return null
  return `${hostPart(page)}/p2p/${answer.peerId}`
}

function hostPart ({ protocol, hostname, port }: URL): string {
  const secure = protocol === 'https:'
  const bare = hostname.replace(/^\[|\]$/g, '')
  const kind = bare.includes(':') ? 'ip6' : /^\d+(?:\.\d+){3}$/.test(bare) ? 'ip4' : 'dns4'
  return `/${kind}/${bare}/tcp/${port === '' ? secure ? '443' : '80' : port}/${secure ? 'wss' : 'ws'}`
}
