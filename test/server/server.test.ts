import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { BrowserServer } from '../../src/server/server.ts'
import { Tokens } from '../../src/server/tokens.ts'
import { eventually, makeFolder, putGraph, startHost, TestWindow } from '../host/kit.ts'

async function startServer() {
  const host = await startHost()
  const root = join(makeFolder(), 'renderer')
  mkdirSync(join(root, 'assets'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>Diptych</title>')
  writeFileSync(join(root, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(join(root, 'assets', 'font.woff2'), 'font')
  writeFileSync(join(root, 'secret.txt'), 'no')
  writeFileSync(join(root, '..', 'outside.html'), 'no')
  const used: string[] = []
  const server = await BrowserServer.start({
    workbench: host.workbench,
    root,
    port: 0,
    onTicketUsed: address => used.push(address),
  })
  onTestFinished(() => server.close())
  return { host, root, server, port: server.port, used, own: `127.0.0.1:${server.port}` }
}

const ticketOf = (address: string): string => new URL(address).hash.slice('#token='.length)

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** A request as it stands: no client puts its own headers into it. */
function ask(port: number, { method = 'GET', path = '/', headers = {} }: Asked) {
  return new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>(
    (resolve, reject) => {
      const flat = Object.entries(headers).flatMap(([k, v]) => [v].flat().flatMap(one => [k, String(one)]))
      const sent = request(
        { port, host: '127.0.0.1', method, path, headers: flat, setHost: false },
        answer => {
          let body = ''
          answer.setEncoding('utf8').on('data', text => {
            body += text
          })
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }))
        },
      )
      sent.on('error', reject)
      sent.end()
    },
  )
}

/** Tries to open a socket: the status of a refusal, or the code it was closed with, or `open`. */
function tryOpen(
  port: number,
  headers: Readonly<Record<string, string>>,
  key: string | undefined,
  path = '/host',
) {
  return new Promise<number | 'open'>(resolve => {
    const protocols = key === undefined ? ['diptych'] : ['diptych', `token.${key}`]
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers })
    onTestFinished(() => socket.terminate())
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => {})
    socket.on('close', code => resolve(code))
    socket.on('open', () => {
      // An answer shows that the server has let it in.
      socket.on('message', () => resolve('open'))
      socket.send(JSON.stringify({ id: 1, method: 'session.hello', params: { client: 'test' } }))
    })
  })
}

test('the table: who may open a socket', async () => {
  const { server, port, own } = await startServer()
  const session = new Tokens().ticket()
  const NONE = undefined
  const good = { host: own, origin: `http://${own}` }
  const table: readonly [string, Record<string, string>, 'ticket' | string | undefined, number | 'open'][] = [
    ['the printed address', good, 'ticket', 'open'],
    [
      'by the name localhost',
      { host: `localhost:${port}`, origin: `http://localhost:${port}` },
      'ticket',
      'open',
    ],
    ['by the IPv6 address', { host: `[::1]:${port}`, origin: `http://[::1]:${port}` }, 'ticket', 'open'],
    ['no key', good, NONE, 4401],
    ['an empty key', good, '', 4401],
    ['a wrong key', good, session, 4401],
    ['no Origin', { host: own }, 'ticket', 403],
    ['Origin null', { host: own, origin: 'null' }, 'ticket', 403],
    ['another site', { host: own, origin: 'https://evil.example' }, 'ticket', 403],
    ['another port of this machine', { host: own, origin: 'http://127.0.0.1:1' }, 'ticket', 403],
    ['no port in Origin', { host: own, origin: 'http://127.0.0.1' }, 'ticket', 403],
    ['https', { host: own, origin: `https://${own}` }, 'ticket', 403],
    ['own names mixed', { host: own, origin: `http://localhost:${port}` }, 'ticket', 403],
    ['a suffix in Origin', { host: own, origin: `http://${own}.evil.example` }, 'ticket', 403],
    [
      'a rebinding name',
      { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
      'ticket',
      403,
    ],
    [
      'a rebinding name, own Origin',
      { host: `evil.example:${port}`, origin: `http://${own}` },
      'ticket',
      403,
    ],
    [
      'a name that resolves here',
      { host: `127.0.0.1.nip.io:${port}`, origin: `http://${own}` },
      'ticket',
      403,
    ],
    ['no port in Host', { host: '127.0.0.1', origin: `http://${own}` }, 'ticket', 403],
    ['a trailing dot', { host: `localhost.:${port}`, origin: `http://localhost.:${port}` }, 'ticket', 403],
    ['the unspecified address', { host: `0.0.0.0:${port}`, origin: `http://0.0.0.0:${port}` }, 'ticket', 403],
  ]
  for (const [what, headers, key, expected] of table) {
    const given = key === 'ticket' ? ticketOf(server.address()) : key
    expect(await tryOpen(port, headers, given), what).toBe(expected)
  }
  // Elsewhere than /host there is none; a refused try has not used the ticket up.
  const ticket = ticketOf(server.address())
  expect(await tryOpen(port, good, ticket, '/')).toBe(404)
  expect(await tryOpen(port, good, ticket, `/host?token=${ticket}`)).toBe(404)
  expect(await tryOpen(port, { host: own, origin: 'null' }, ticket)).toBe(403)
  expect(await tryOpen(port, good, ticket)).toBe('open')
})

test('the table: who gets pages', async () => {
  const { port, own } = await startServer()
  const get = async (given: Asked) => (await ask(port, given)).status
  const good = { host: own }
  for (const host of [own, `localhost:${port}`, `[::1]:${port}`])
    expect(await get({ headers: { host } })).toBe(200)
  const refused = [
    '127.0.0.1',
    'localhost',
    `evil.example:${port}`,
    `127.0.0.1.nip.io:${port}`,
    `0.0.0.0:${port}`,
    '',
  ]
  for (const host of refused) expect(await get({ headers: { host } }), host).toBe(403)
  expect(await get({ headers: {} })).toBe(400)
  expect(await get({ headers: { host: [own, own] } })).toBe(403)
  expect(await get({ headers: good, method: 'POST' })).toBe(405)
  const paths = ['/assets/index-abc.js', '/assets/font.woff2', '/index.html', '/?x=1']
  for (const path of paths) expect(await get({ headers: good, path }), path).toBe(200)
  const missing = [
    '/secret.txt',
    '/../outside.html',
    '/%2e%2e/outside.html',
    '/..%2foutside.html',
    '/assets/../../outside.html',
    '/assets//index-abc.js',
    '/assets',
    '/%00',
    '/%',
    '/assets%5cindex-abc.js',
    'http://evil.example/',
    '/host',
  ]
  for (const path of missing) expect(await get({ headers: good, path }), path).toBe(404)
})

test('pages say how they may behave', async () => {
  const { port, own } = await startServer()
  const page = await ask(port, { headers: { host: own } })
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe-eval')
  expect(policy).not.toMatch(/style-src 'self' 'unsafe-inline'/)
  expect(page.headers['access-control-allow-origin']).toBeUndefined()
  const script = await ask(port, { headers: { host: own }, path: '/assets/index-abc.js' })
  expect(script.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': expect.stringContaining('immutable'),
  })
  expect((await ask(port, { headers: { host: own }, method: 'HEAD' })).body).toBe('')
})

/** Opens a window as the page does; resolves with the session's key where the server gives one. */
async function openWindow(port: number, key: string) {
  const own = `127.0.0.1:${port}`
  const socket = new WebSocket(`ws://${own}/host`, ['diptych', `token.${key}`], { origin: `http://${own}` })
  onTestFinished(() => socket.terminate())
  let session: string | undefined
  const window = new TestWindow(frame => socket.send(JSON.stringify(frame)))
  socket.on('message', (data, isBinary) => {
    if (isBinary) return
    const frame = JSON.parse(String(data))
    if ('session' in frame) session = frame.session
    else window.take(frame)
  })
  const closed = new Promise<number>(resolve => socket.on('close', resolve))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  expect(socket.protocol).toBe('diptych')
  await window.hello()
  return { window, socket, closed, session }
}

test('an address works once; its window goes on with a key of its own', async () => {
  const { server, port, used, own } = await startServer()
  const ticket = ticketOf(server.address())
  const { session } = await openWindow(port, ticket)
  expect(session).toMatch(/^[\w-]{43}$/)
  // The person gets a fresh address, in case they want another window.
  expect(used).toHaveLength(1)
  const good = { host: own, origin: `http://${own}` }
  expect(await tryOpen(port, good, ticket)).toBe(4401)
  // A reload, and a second tab of the same session.
  expect(await openWindow(port, session!)).toMatchObject({ session: undefined })
  expect(await openWindow(port, session!)).toMatchObject({ session: undefined })
  expect(used).toHaveLength(1)

  const give = (headers: Record<string, string>, method = 'POST') =>
    ask(port, { method, path: '/ticket', headers })
  const authorization = `Bearer ${session}`
  const table: [string, Record<string, string>, number][] = [
    ['the open window', { ...good, authorization }, 200],
    ['no key', good, 401],
    ['a wrong key', { ...good, authorization: `Bearer ${ticket}` }, 401],
    ['a ticket', { ...good, authorization: `Bearer ${ticketOf(server.address())}` }, 401],
    ['no Origin', { host: own, authorization }, 403],
    ['Origin null', { host: own, origin: 'null', authorization }, 403],
    ['another site', { host: own, origin: 'https://evil.example', authorization }, 403],
    ['a rebinding name', { host: `evil.example:${port}`, origin: `http://${own}`, authorization }, 403],
  ]
  for (const [what, headers, status] of table) expect((await give(headers)).status, what).toBe(status)
  expect((await give({ ...good, authorization }, 'GET')).status).toBe(405)
  const { ticket: second } = JSON.parse((await give({ ...good, authorization })).body)
  expect((await openWindow(port, second)).session).toMatch(/^[\w-]{43}$/)
})

test('a window works over its socket, and what is no frame ends only that window', async () => {
  const { host, server, port } = await startServer()
  const { window, socket, closed } = await openWindow(port, ticketOf(server.address()))
  const other = await openWindow(port, ticketOf(server.address()))
  const path = putGraph(makeFolder())
  expect(await window.open(path)).toMatchObject({ path, lease: { mode: 'writer' } })
  expect(await other.window.open(path)).toMatchObject({ lease: { mode: 'reader' } })
  socket.send('{"half":')
  expect(await closed).toBe(1007)
  await eventually(() => other.window.events('document.lease').at(-1)?.lease.mode === 'writer')
  expect(host.workbench.windows).toBe(1)
  other.socket.send(Buffer.alloc(33 << 20))
  expect(await other.closed).toBe(1009)
  await eventually(() => host.workbench.windows === 0)
})

test('it listens on this machine only, and what is no HTTP is dropped', async () => {
  const { server, port } = await startServer()
  const answer = await new Promise<string>(resolve => {
    let text = ''
    const socket = connectTcp(port, '127.0.0.1', () => socket.write('\0\0\0 nonsense\r\n\r\n'))
    socket.on('data', data => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  expect(answer).toBe('')
  const taken = BrowserServer.start({ workbench: (await startHost()).workbench, root: '/', port })
  await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(server.address()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/)
})

test('keys are of full length, and old addresses end', () => {
  const tokens = new Tokens()
  const keys = new Set(Array.from({ length: 100 }, () => tokens.ticket()))
  expect(keys.size).toBe(100)
  for (const key of keys) expect(Buffer.from(key, 'base64url')).toHaveLength(32)
  // Only so many tickets are good at a time: the eldest went first.
  const [first] = keys
  expect(tokens.redeem(first!)).toBeUndefined()
  expect(tokens.redeem([...keys].at(-1)!)).toMatchObject({ kind: 'ticket' })
})
