import { pagePolicy } from '../host/page-policy.ts'
import { hostsOf } from './guard.ts'

/** What every answer says about how the page may behave: no code and no connection but this server's. */
export function pageHeaders(port: number): Readonly<Record<string, string>> {
  // Older browsers do not count a socket as 'self'; none can read an IPv6 address here.
  const sockets = hostsOf(port)
    .filter(host => !host.startsWith('['))
    .map(host => `ws://${host}`)
  return {
    'Content-Security-Policy': pagePolicy(["'self'", ...sockets]),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  }
}
