import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const BYTES = 32
/** More tabs than anyone has; the eldest sessions end first. */
const MOST_SESSIONS = 256
const MOST_TICKETS = 64

/** What a token is worth. */
export type Redeemed =
  /** A window that was here before. */
  | { readonly kind: 'session' }
  /** The address was used for the first and last time: the window goes on with `session`. */
  | { readonly kind: 'ticket'; readonly session: string }

/**
 * The keys to this server, 256 bits each. A ticket stands in a printed address and works once; it is exchanged for
 * a session's token, which a tab keeps to itself. Only hashes are kept, and compared in constant time.
 */
export class Tokens {
  private tickets: Buffer[] = []
  private sessions: Buffer[] = []

  /** For an address. */
  ticket(): string {
    const token = randomBytes(BYTES).toString('base64url')
    this.tickets = [...this.tickets, digest(token)].slice(-MOST_TICKETS)
    return token
  }

  redeem(token: string): Redeemed | undefined {
    const given = digest(token)
    if (contains(this.sessions, given)) return { kind: 'session' }
    if (!contains(this.tickets, given)) return undefined
    this.tickets = this.tickets.filter(known => !timingSafeEqual(known, given))
    const session = randomBytes(BYTES).toString('base64url')
    this.sessions = [...this.sessions, digest(session)].slice(-MOST_SESSIONS)
    return { kind: 'ticket', session }
  }

  /** True for a session's token; a ticket stays as it is. */
  isSession(token: string): boolean {
    return contains(this.sessions, digest(token))
  }
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Looks at all, so that the time tells nothing. */
function contains(known: readonly Buffer[], given: Buffer): boolean {
  let found = false
  for (const one of known) if (timingSafeEqual(one, given)) found = true
  return found
}
