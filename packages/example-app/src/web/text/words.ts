// Which posts match the words that somebody looks for.

/** Without case and accents, so that `cafe` finds `Café`. */
function folded (text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

export function wordsOf (text: string): string[] {
  return folded(text).split(/\s+/).filter(word => word !== '')
}

/** `words` as `wordsOf` gives them: all of them have to be in the title or the author's name, also as parts of words. */
export function postHas ({ title, profile: { name, fingerprint } }: { readonly title: string, readonly profile: { readonly name: string | null, readonly fingerprint: string } }, words: readonly string[]): boolean {
  const text = folded(`${title}\n${name ?? ''}\n${fingerprint}`)
  return words.every(word => text.includes(word))
}
