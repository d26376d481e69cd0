import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Where one of the project's scripts is, as an import writes it. */
export const scriptUrl = (path: string): string => pathToFileURL(join(root, 'scripts', path)).href

/** A script's exports. The scripts are plain JavaScript, for they run before anything is installed. */
export const loadScript = async <T>(path: string): Promise<T> => import(/* @vite-ignore */ scriptUrl(path))

/** A temporary folder with these files, gone after the test. */
export function makeTree(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-setup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  putFiles(folder, files)
  return folder
}

export function putFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), contents)
  }
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a Node program; it is killed at the end of the test if it is still there. */
export function startNode(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ran = new Promise<Ran>(resolve => {
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
  return { child, ran }
}

export const runNode = (...given: Parameters<typeof startNode>): Promise<Ran> => startNode(...given).ran

/** Waits until something is so, for at most ten seconds. */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo(); ) {
    if (Date.now() > end) throw new Error(`still not so after 10 s: ${isSo}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
