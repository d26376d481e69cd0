import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cacheFolder } from '../../host/cache-folder.ts'
import { configFolder } from '../../host/config-folder.ts'
import { systemCode } from '../../host/fault.ts'
import { fetchWith } from '../../host/plugin.ts'
import { fileSettings } from '../../host/settings.ts'
import { Workbench } from '../../host/workbench.ts'
import { BrowserServer } from '../../server/server.ts'
import { CliError, EXIT } from '../exit.ts'
import { onInterrupt, type StopSignal, signalCode } from '../interrupts.ts'
import type { Io } from '../io.ts'

export interface ServeFlags {
  readonly port: number
  readonly open?: boolean
  readonly whenClosed: 'go-on' | 'stop'
  /** Milliseconds that a window which is reloaded has to come back. */
  readonly grace?: number
}

/** The bundle lies in `out/`, in the project's folder. */
const project = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Serves the workbench to browsers on this machine until Ctrl-C; resolves to the exit code. */
export async function serveCommand(
  graph: string | undefined,
  flags: ServeFlags,
  version: string,
  io: Io,
): Promise<number> {
  const welcome = graph === undefined ? project('graphs/clip-emoji.json') : resolve(graph)
  if (!existsSync(welcome)) throw new CliError(`${graph}: there is no such file.`)
  const config = configFolder()
  let end: (code: number) => void = () => {}
  const ended = new Promise<number>(done => {
    end = done
  })
  const workbench = new Workbench({
    cacheFolder: cacheFolder(),
    configFolder: config,
    graphsFolder: project('graphs'),
    welcome,
    settings: fileSettings(join(config, 'settings.json')),
    version,
    shell: 'browser',
    fetchPlugin: fetchWith(project('scripts/setup/fetch-plugin.mjs')),
    whenClosed: flags.whenClosed,
    graceMs: flags.grace,
    onIdle: () => {
      io.err.line('The last window was closed. Everything is saved.')
      end(EXIT.ok)
    },
    onEngineLog: process.env.DIPTYCH_DEBUG === '1' ? chunk => process.stderr.write(chunk) : undefined,
  })
  const server = await listen(workbench, flags.port, io)
  await workbench.start()
  const release = onInterrupt(stopBy(workbench, io, end))
  // Nobody reads what is printed: the windows go on.
  io.onBrokenPipe = () => {}
  const address = server.address()
  io.out.line(`Diptych is ready. Open it in a browser on this machine:\n\n  ${address}\n`)
  io.out.line('The address opens one window. Ctrl-C ends Diptych; a run commits a checkpoint first.')
  if (flags.open) await openBrowser(address, config)
  try {
    return await ended
  } finally {
    release()
    await server.close()
  }
}

async function listen(workbench: Workbench, port: number, io: Io): Promise<BrowserServer> {
  try {
    return await BrowserServer.start({
      workbench,
      root: project('out/renderer'),
      port,
      onTicketUsed: address => io.out.line(`\nFor another window:\n\n  ${address}`),
    })
  } catch (e) {
    if (systemCode(e) === 'EADDRINUSE')
      throw new CliError(`Port ${port} is in use. Without --port, one that is free is taken.`)
    if (systemCode(e) === 'EACCES') throw new CliError(`Port ${port} may not be used.`)
    throw e
  }
}

/** The first Ctrl-C ends in order, the second at once. */
function stopBy(workbench: Workbench, io: Io, end: (code: number) => void): (signal: StopSignal) => void {
  let presses = 0
  return signal => {
    if (++presses === 1) {
      if (workbench.isBusy)
        io.err.line('Stopping the run at the next step, with a checkpoint. Once more ends at once.')
      void workbench.close('checkpoint').then(() => end(signalCode(signal)))
    } else void workbench.engine.kill().then(() => end(signalCode(signal)))
  }
}

const OPENED_MS = 30_000

/** Opens the address through a private file: other users of this machine can read a command's arguments. */
async function openBrowser(address: string, config: string): Promise<void> {
  const page = join(config, `open-${process.pid}.html`)
  await mkdir(config, { recursive: true })
  await rm(page, { force: true })
  await writeFile(page, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">\n`, {
    mode: 0o600,
  })
  setTimeout(() => void rm(page, { force: true }), OPENED_MS).unref()
  const url = pathToFileURL(page).href
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', url]
        : ['xdg-open', url]
  const child = spawn(command!, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {
    // No browser to start: the address is printed.
  })
  child.unref()
}
