import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { project } from './server.ts'

/** Electron's program, or why there is none. */
export function findElectron(): { readonly path: string } | { readonly missing: string } {
  const folder = join(project, 'node_modules', 'electron')
  try {
    const path = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'))
    if (existsSync(path)) return { path }
  } catch {
    // Its binary was never fetched.
  }
  return { missing: "Electron's binary is not installed (its download needs the network, once)" }
}

export interface Display {
  readonly env: NodeJS.ProcessEnv
  close(): void
}

/** Where a window can be shown: this machine's display, or one of Xvfb's; undefined without either. */
export async function findDisplay(): Promise<Display | undefined> {
  const { platform, env } = process
  if (platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY) return { env: {}, close: () => {} }
  const found = (env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, 'Xvfb')))
  if (!found) return undefined
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const number = await firstLine(server)
  return { env: { DISPLAY: `:${number}` }, close: () => server.kill() }
}

/** Xvfb picks a free number and prints it. */
function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    server.stdout!.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('\n')) resolve(text.trim())
    })
    server.on('error', reject)
    server.on('exit', () => reject(new Error('Xvfb ended')))
  })
}
