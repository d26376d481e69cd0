import { extname, join, sep } from 'node:path'
import { pagePolicy } from '../host/page-policy.ts'

/** The window's own scheme: `file://` would give every page of the disk the same rights. */
export const SCHEME = 'diptych'
export const PAGE = `${SCHEME}://app/index.html`

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
}

const POLICY = pagePolicy()

/** The file that an address of the window's scheme names, with its headers; undefined for anything else. */
export function resolveAsset(
  url: string,
  root: string,
): { readonly path: string; readonly headers: Readonly<Record<string, string>> } | undefined {
  const { protocol, host, pathname } = new URL(url)
  if (protocol !== `${SCHEME}:` || host !== 'app') return undefined
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    return undefined
  }
  const path = join(root, name)
  const type = TYPES[extname(path)]
  if (!type || !path.startsWith(root + sep)) return undefined
  const headers = {
    'Content-Type': type,
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
  }
  return { path, headers }
}
