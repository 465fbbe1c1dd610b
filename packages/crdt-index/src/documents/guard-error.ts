/** What the guard refuses; envelope/verify.ts turns it into a verdict, nobody else sees it. */
export class GuardError extends Error {
  constructor (message: string) {
    super(message)
    this.name = 'GuardError'
  }
}
