import type { IncomingMessage } from 'node:http'

/** Names that a browser on this machine may know the server by. A rebinding name is none of them. */
export const hostsOf = (port: number): readonly string[] => [
  `127.0.0.1:${port}`,
  `localhost:${port}`,
  `[::1]:${port}`,
]

/** Why a request is refused: the status, and a word for whoever looks. */
export interface Refusal {
  readonly status: number
  readonly message: string
}

/** Every request must name this server, once, by one of its own names. */
export function refuseHost(request: IncomingMessage, port: number): Refusal | undefined {
  const hosts = headers(request, 'host')
  if (hosts.length === 1 && hostsOf(port).includes(hosts[0]!)) return undefined
  return { status: 403, message: 'This server answers only to its own name.' }
}

/** What does more than read the page must come from the page: its origin is this server, under the name in use. */
export function refuseOrigin(request: IncomingMessage, port: number): Refusal | undefined {
  const origins = headers(request, 'origin')
  const [host = ''] = headers(request, 'host')
  if (origins.length === 1 && hostsOf(port).includes(host) && origins[0] === `http://${host}`)
    return undefined
  return { status: 403, message: 'Only this server’s own page may ask for this.' }
}

/** All headers of a name: Node keeps only the first of some. */
function headers(request: IncomingMessage, name: string): string[] {
  const found: string[] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]!.toLowerCase() === name) found.push(request.rawHeaders[i + 1]!)
  return found
}
