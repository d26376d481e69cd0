import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'

const run = promisify(execFile)

/** A Chromium to test with, or why there is none. */
export type Found =
  | { readonly path: string; readonly args: readonly string[]; readonly from: string }
  | { readonly missing: string }

/** What a headless browser on a bare machine needs: no sandbox for root, nothing that asks the network. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const INSTALL_MS = 240_000

const onPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap(folder => NAMES.map(name => join(folder, name)))
    .find(existsSync)

/** True where the program starts at all: a browser without its libraries does not. */
const starts = (path: string): Promise<boolean> =>
  run(path, ['--version', '--no-sandbox'], { timeout: 30_000 }).then(
    () => true,
    () => false,
  )

/** The pinned npm build, which needs no installation; its files are unpacked to the temporary folder. */
async function fromNpm(): Promise<Found | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    const path = await packed.executablePath()
    if (await starts(path)) return { path, args: [...packed.args, ...ARGS], from: '@sparticuz/chromium' }
  } catch {
    // Not installed, or made for other systems.
  }
  return undefined
}

/** Debian's package, where this process may install one. */
async function fromDebian(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return undefined
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => run('apt-get', ['-qq', '-y', ...args], { env, timeout: INSTALL_MS })
  try {
    await apt('update')
    await apt('install', '--no-install-recommends', 'chromium')
  } catch {
    return undefined
  }
  return onPath()
}

/**
 * Looks for a Chromium: `DIPTYCH_CHROMIUM`, the path, Playwright's own, the pinned npm build, Debian's package
 * (as root).
 */
export async function findChromium(): Promise<Found> {
  const named = process.env.DIPTYCH_CHROMIUM
  if (named)
    return (await starts(named))
      ? { path: named, args: ARGS, from: 'DIPTYCH_CHROMIUM' }
      : { missing: `DIPTYCH_CHROMIUM names ${named}, which does not start` }
  const path = onPath()
  if (path && (await starts(path))) return { path, args: ARGS, from: 'the path' }
  const own = chromium.executablePath()
  if (existsSync(own) && (await starts(own))) return { path: own, args: ARGS, from: 'Playwright' }
  const packed = await fromNpm()
  if (packed) return packed
  const installed = await fromDebian()
  if (installed && (await starts(installed))) return { path: installed, args: ARGS, from: "Debian's package" }
  return { missing: 'no Chromium was found (set DIPTYCH_CHROMIUM, or install chromium)' }
}
