import { hostsOf } from './guard.ts'

/** What every answer says about how the page may behave: no code and no connection but this server's. */
export function pageHeaders(port: number): Readonly<Record<string, string>> {
  // Older browsers do not count a socket as 'self'; none can read an IPv6 address here.
  const sockets = hostsOf(port)
    .filter(host => !host.startsWith('['))
    .map(host => `ws://${host}`)
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // KaTeX and the canvas place things by style attributes; style sheets still come from here only.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    `connect-src 'self' ${sockets.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  }
}
