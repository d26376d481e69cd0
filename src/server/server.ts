/**
 * The browser mode's server: the window's files and a WebSocket to the host, for this machine's browsers only.
 *
 * - It listens on 127.0.0.1 and nowhere else. Every request must name it in `Host` by one of its own names
 *   (`127.0.0.1`, `localhost` or `[::1]`, with the port), so that a name that an attacker points here (DNS
 *   rebinding) gets 403.
 * - The window's files hold nothing of a person's, and are given to whoever asks by the right name.
 * - `GET /host` becomes a WebSocket. Its `Origin` must be the very server that `Host` names: another site's page,
 *   `null` and a missing `Origin` get 403. The key comes as a subprotocol, `diptych, token.<key>`, which is the
 *   one thing that a page may choose in a WebSocket's handshake and stays out of addresses and logs. A wrong or
 *   missing key closes the socket with code 4401 before anything is said.
 * - Keys: the printed address carries a ticket in its fragment (`/#token=<ticket>`), which a browser sends to
 *   nobody. The page takes it out of the address bar and opens its socket with it. A ticket works once: the
 *   socket's first message is `{"session":"<key>"}`, the session's key, which the page keeps in `sessionStorage`,
 *   so that a reload or a lost connection goes on, and an address in a shell's history is useless. After a ticket
 *   was used, `onTicketUsed` gets a fresh address for a person who wants another window.
 * - `POST /ticket` with `Authorization: Bearer <session key>` and the right `Origin` answers `{"ticket":"…"}`, for
 *   a second tab that is opened from the first.
 *
 * Keys live as long as the server.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Workbench } from '../host/workbench.ts'
import { type Refusal, refuseHost, refuseOrigin } from './guard.ts'
import { pageHeaders } from './headers.ts'
import { socketTransport } from './socket-transport.ts'
import { sendFile } from './static-files.ts'
import { Tokens } from './tokens.ts'

export interface ServerOptions {
  readonly workbench: Workbench
  /** Folder of the built window. */
  readonly root: string
  /** 0: any that is free. */
  readonly port: number
  /** An address was used; this is a fresh one. */
  readonly onTicketUsed?: (address: string) => void
}

const MAX_MESSAGE = 32 << 20
const PROTOCOL = 'diptych'
/** The close code of a window without a valid key. */
const UNAUTHORIZED = 4401
const PING_MS = 20_000

export class BrowserServer {
  private readonly options: ServerOptions
  private readonly http: Server
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: offered => (offered.has(PROTOCOL) ? PROTOCOL : false),
  })
  private readonly tokens = new Tokens()
  private readonly pings: NodeJS.Timeout
  private readonly alive = new WeakSet<WebSocket>()
  /** The port that it listens on. */
  port = 0

  private constructor(options: ServerOptions) {
    this.options = options
    this.http = createServer((request, response) => void this.serve(request, response))
    this.http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head))
    this.http.on('clientError', (_, socket) => socket.destroy())
    this.pings = setInterval(() => this.ping(), PING_MS)
    this.pings.unref()
  }

  static async start(options: ServerOptions): Promise<BrowserServer> {
    const server = new BrowserServer(options)
    await new Promise<void>((resolve, reject) => {
      server.http.once('error', reject)
      server.http.listen(options.port, '127.0.0.1', () => {
        server.http.off('error', reject)
        resolve()
      })
    })
    server.port = (server.http.address() as AddressInfo).port
    return server
  }

  /** An address that opens one window. */
  address(): string {
    return `http://127.0.0.1:${this.port}/#token=${this.tokens.ticket()}`
  }

  async close(): Promise<void> {
    clearInterval(this.pings)
    for (const socket of this.sockets.clients) socket.terminate()
    this.http.closeAllConnections()
    await new Promise<void>(resolve => this.http.close(() => resolve()))
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(pageHeaders(this.port))) response.setHeader(name, value)
    try {
      const refused = refuseHost(request, this.port)
      if (refused) answer(response, refused)
      else if (request.url === '/ticket') this.giveTicket(request, response)
      else if (request.method !== 'GET' && request.method !== 'HEAD')
        answer(response, { status: 405, message: 'Only GET and HEAD.' })
      else if (!(await sendFile(this.options.root, request, response)))
        answer(response, { status: 404, message: 'There is no such page.' })
    } catch (e) {
      console.error(e)
      if (response.headersSent) response.destroy()
      else answer(response, { status: 500, message: 'Something went wrong here.' })
    }
  }

  private giveTicket(request: IncomingMessage, response: ServerResponse): void {
    const refused =
      request.method === 'POST' ? refuseOrigin(request, this.port) : { status: 405, message: 'Only POST.' }
    const key = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
    if (refused) answer(response, refused)
    else if (key === undefined || !this.tokens.isSession(key))
      answer(response, { status: 401, message: 'This needs the key of an open window.' })
    else {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      response.end(JSON.stringify({ ticket: this.tokens.ticket() }))
    }
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const refused =
      refuseHost(request, this.port) ??
      (request.url === '/host' ? undefined : { status: 404, message: 'There is no such socket.' }) ??
      refuseOrigin(request, this.port)
    if (refused) {
      socket.end(`HTTP/1.1 ${refused.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    this.sockets.handleUpgrade(request, socket, head, ws => this.admit(ws, keyOf(request)))
  }

  private admit(socket: WebSocket, key: string | undefined): void {
    socket.on('error', () => {
      // A frame that is too large or no WebSocket's: `ws` closes it, which ends the session.
    })
    const redeemed = key === undefined ? undefined : this.tokens.redeem(key)
    if (!redeemed) {
      socket.close(UNAUTHORIZED, 'a valid key is needed')
      return
    }
    if (redeemed.kind === 'ticket') {
      socket.send(JSON.stringify({ session: redeemed.session }))
      this.options.onTicketUsed?.(this.address())
    }
    const session = this.options.workbench.connect(socketTransport(socket))
    this.alive.add(socket)
    socket.on('pong', () => this.alive.add(socket))
    socket.on('message', (data, isBinary) => {
      const frame = isBinary ? undefined : parse(String(data))
      if (frame === undefined) socket.close(1007, 'not JSON')
      else session.receive(frame)
    })
    socket.on('close', () => session.closed())
  }

  /** Finds windows that went away without a word. */
  private ping(): void {
    for (const socket of this.sockets.clients) {
      if (this.alive.delete(socket)) socket.ping()
      else socket.terminate()
    }
  }
}

function answer(response: ServerResponse, { status, message }: Refusal): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${message}\n`)
}

/** The key among the subprotocols that a page offers. */
function keyOf(request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(s => s.trim())
  if (!offered.includes(PROTOCOL)) return undefined
  return offered.find(s => s.startsWith('token.'))?.slice('token.'.length)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
