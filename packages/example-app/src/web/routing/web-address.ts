// Invitations as addresses that any browser opens: the link travels in the fragment, which no server sees.

/** `link`: a `seedbed:` link; `origin`: of the page that a newcomer is to open. */
export function webAddress (link: string, origin: string): string {
  return `${origin}/#join=${encodeURIComponent(link)}`
}

/** Whether an address with this host opens on this machine only. */
export function isOnlyHere (hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || hostname.startsWith('127.')
}
