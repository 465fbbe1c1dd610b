// What the fragment of the address asks for, done before the peer starts. Fragments never reach a server, and they are
// taken out of the address at once, so that neither the history nor a copied address carries a secret.
import { toastDone, toastFailure } from '../components/toasts.tsx'
import { openPairing } from '../pairing.ts'
import { parseErrand, pathOf } from '../routing/routes.ts'
import { takePhrase } from './start.ts'

export async function runErrand (): Promise<void> {
  const errand = parseErrand(location.hash)
  if (errand === null) return
  if (errand.name === 'join') return goTo(pathOf({ name: 'join', link: errand.link }))
  goTo(`${location.pathname}${location.search}`)
  try {
    await takePhrase(await openPairing(errand.secret))
    toastDone('This page is now one of your devices', 'It writes and votes as the author of the seedbox that made the link.')
  } catch (error) {
    toastFailure('This page was not paired', error)
  }
}

function goTo (path: string): void {
  history.replaceState({}, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}
