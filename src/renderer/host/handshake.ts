/** How the server is told the key: as a subprotocol, the one thing that a browser lets a page choose. */
export function openSocket(url: string, token: string): WebSocket {
  const socket = new WebSocket(url, ['diptych', `token.${token}`])
  socket.binaryType = 'arraybuffer'
  return socket
}

/** The key to go on with, where a message is one: an address works once, and is exchanged for it. */
export function sessionKey(message: object): string | undefined {
  return 'session' in message && typeof message.session === 'string' ? message.session : undefined
}

/** Why the server will have none of this window; undefined where trying again makes sense. */
export function refusal(code: number): string | undefined {
  if (code !== 4401) return undefined
  return 'This address was used before, or Diptych was started anew since. Use the address that it printed last.'
}
