import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { runErrand } from './peer/errand.ts'
import { startPeer } from './peer/start.ts'
import { watchForUpdates } from './shell/updates.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/shell.css'
import './styles/posts.css'
import './styles/thread.css'
import './styles/moderation.css'
import './styles/toasts.css'

const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<StrictMode><App /></StrictMode>)
// The peer comes first: keeping the files for being offline would compete with it for the same ones.
void runErrand().then(startPeer).then(watchForUpdates)
