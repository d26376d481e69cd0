import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}

/** Sends a file of `root`; false where there is none of that name. */
export async function sendFile(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const name = fileName(request.url ?? '')
  if (name === undefined) return false
  const type = TYPES[extname(name)]
  const path = join(root, name)
  if (!type || !path.startsWith(root + sep)) return false
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) return false
  // Names of built assets have a hash of their content; the page itself has none.
  const cache = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-store'
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': stats.size, 'Cache-Control': cache })
  if (request.method === 'HEAD') response.end()
  else
    await pipeline(createReadStream(path), response).catch(() => {
      // The browser has gone, or the file has: the connection is cut, which says so.
      response.destroy()
    })
  return true
}

/** The path below the root that a URL asks for; undefined for anything but a plain name. */
function fileName(url: string): string | undefined {
  if (!url.startsWith('/')) return undefined
  let path: string
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0]!)
  } catch {
    return undefined
  }
  if (path === '/') return 'index.html'
  const parts = path.slice(1).split('/')
  return parts.every(part => /^[\w@-][\w.@-]*$/.test(part)) ? parts.join('/') : undefined
}
