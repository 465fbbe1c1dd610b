// Runs before the first paint, so that a dark page never flashes white; its twin is shell/theme.ts.
try { document.documentElement.dataset.theme = localStorage.getItem('seedbed/theme') ?? 'system' } catch {}
