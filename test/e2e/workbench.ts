import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, test as base, chromium, expect } from '@playwright/test'
import { cacheFolder } from '../../src/host/cache-folder.ts'
import { pluginState } from '../../src/host/machine.ts'
import type { Found } from './find-chromium.ts'
import { type GraphWish, smallGraph } from './graphs.ts'
import { type Places, Server } from './server.ts'
import { WorkbenchWindow } from './window.ts'

export const found = JSON.parse(
  process.env.DIPTYCH_E2E_CHROMIUM ?? '{"missing":"the global set-up did not run"}',
) as Found

export interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cache?: string
}

/** A folder with a graph in it, servers on it, and windows on those. All of it is gone at the end. */
export class Workbench {
  readonly folder: string
  readonly graph: string
  readonly places: Places
  private readonly context: BrowserContext
  private readonly servers: Server[] = []
  private readonly windows: WorkbenchWindow[] = []

  constructor(folder: string, cache: string, context: BrowserContext) {
    this.folder = folder
    this.graph = join(folder, 'graph.json')
    this.places = { cache, config: join(folder, 'config') }
    this.context = context
  }

  async write(wish: GraphWish, path = this.graph): Promise<void> {
    await writeFile(path, smallGraph(wish))
  }

  serve({ args, env, cache = this.places.cache }: StartOptions = {}): Server {
    const server = new Server(this.graph, { ...this.places, cache }, args, env)
    this.servers.push(server)
    return server
  }

  async window(address?: string): Promise<WorkbenchWindow> {
    const page = await this.context.newPage()
    const window = new WorkbenchWindow(page)
    this.windows.push(window)
    if (address !== undefined) await window.open(address)
    return window
  }

  /** A graph, a server, a window that shows it. */
  async start(
    wish: GraphWish,
    options: StartOptions = {},
  ): Promise<{ readonly server: Server; readonly window: WorkbenchWindow }> {
    await this.write(wish)
    const server = this.serve(options)
    const window = await this.window(await server.address())
    return { server, window }
  }

  async end(): Promise<void> {
    const problems = this.windows.flatMap(window => window.unexpected)
    await this.context.close()
    const failed = (await Promise.allSettled(this.servers.map(server => server.stop()))).flatMap(r =>
      r.status === 'rejected' ? [String(r.reason)] : [],
    )
    expect(problems, 'errors in the window').toEqual([])
    expect(failed, 'every process has ended').toEqual([])
  }
}

interface WorkerFixtures {
  readonly chromiumBrowser: Browser | null
  /** Why there is no XLA plugin; null where there is one. */
  readonly noPlugin: string | null
}

interface Fixtures {
  readonly workbench: Workbench
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  chromiumBrowser: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures this one needs
    async ({}, use) => {
      if ('missing' in found) return use(null)
      const browser = await chromium.launch({ executablePath: found.path, args: [...found.args] })
      await use(browser)
      await browser.close()
    },
    { scope: 'worker' },
  ],
  noPlugin: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures this one needs
    async ({}, use) => {
      const { state } = await pluginState(cacheFolder())
      const ready = state === 'ready' || process.env.DIPTYCH_PJRT_PLUGIN
      await use(ready ? null : 'the XLA plugin is not in the cache ("npm run setup" fetches it)')
    },
    { scope: 'worker' },
  ],
  workbench: async ({ chromiumBrowser, noPlugin }, use, info) => {
    info.skip(noPlugin !== null, noPlugin ?? '')
    if (!chromiumBrowser) return info.skip(true, 'missing' in found ? found.missing : 'no browser')
    const folder = await mkdtemp(join(tmpdir(), 'diptych-e2e-'))
    const { viewport, colorScheme } = info.project.use
    const context = await chromiumBrowser.newContext({ viewport, colorScheme })
    context.setDefaultTimeout(15_000)
    const workbench = new Workbench(folder, await sharedCache(), context)
    try {
      await use(workbench)
    } finally {
      await workbench.end().finally(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    }
  },
})

export { expect }

/** Packs and compiled programs of the whole suite; the plugin is this machine's. */
export async function sharedCache(): Promise<string> {
  const folder = process.env.DIPTYCH_E2E_CACHE
  if (!folder) throw new Error('the global set-up did not run')
  await linkPlugin(folder)
  return folder
}

/** Gives a cache folder the plugin that this machine has. */
export async function linkPlugin(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  await symlink(join(cacheFolder(), 'plugins'), join(cache, 'plugins')).catch(() => {
    // Another test was first.
  })
}
