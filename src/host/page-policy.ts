/**
 * The window's Content-Security-Policy, in a browser and in the desktop window: no code and no connection but its
 * own. `connections`: where it may connect to; nowhere without any.
 */
export function pagePolicy(connections: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // KaTeX and the canvas place things by style attributes; style sheets still come from the page only.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    ...(connections.length > 0 ? [`connect-src ${connections.join(' ')}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
