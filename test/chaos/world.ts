import { writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { type Browser, chromium, type Page } from '@playwright/test'
import { processesWith } from '../e2e/processes.ts'
import { type Places, Server } from '../e2e/server.ts'
import type { Victim } from './plan.ts'
import { kill9, lastingOrphans } from './processes.ts'

/** An engine whose host is gone may still commit a checkpoint; everything else ends at once. */
const END_MS = 20_000

const PAGE_MS = 30_000
const PICTURE_MS = 5000

export interface Chromium {
  readonly path: string
  readonly args: readonly string[]
}

/** The processes that a person has before them: a server with its engine, a browser with one page. */
export class World {
  private readonly graph: string
  private readonly places: Places
  private readonly chromium: Chromium
  private server: Server | undefined
  private browser: Browser | undefined
  private browserPid: number | undefined
  private page: Page | undefined
  /** Whose address the page was given. */
  private opened: Server | undefined

  constructor(graph: string, places: Places, found: Chromium) {
    this.graph = graph
    this.places = places
    this.chromium = found
  }

  private get mark(): string {
    return `DIPTYCH_CONFIG=${this.places.config}`
  }

  /** Waits for the engine's process. */
  async engineUp(ms: number): Promise<void> {
    for (const end = Date.now() + ms; this.server?.enginePid === undefined; await wait(20))
      if (Date.now() > end) throw new Error('no engine was started')
  }

  /** Starts again what is gone, as a person would, and opens the address that was printed last. */
  async start(): Promise<Page> {
    // The server comes up beside the browser: both take their time.
    this.server ??= new Server(this.graph, this.places)
    const { server } = this
    this.browser ??= await this.launch()
    const fresh = this.page === undefined
    this.page ??= await this.newPage(this.browser)
    if (fresh || this.opened !== server) {
      this.opened = server
      await server.address()
      await this.page.goto(server.lastAddress)
    }
    return this.page
  }

  /** Kills all of these at once. Says which of them were there. */
  async kill(victims: readonly Victim[]): Promise<readonly Victim[]> {
    const found = victims.map(async victim => [victim, await this.pidsOf(victim)] as const)
    const pids = await Promise.all(found)
    for (const pid of pids.flatMap(([, own]) => own)) kill9(pid)
    const isGone = (victim: Victim) => pids.some(([v, own]) => v === victim && own.length > 0)
    if (isGone('host')) {
      await this.server?.ended()
      this.server = undefined
    }
    if (isGone('browser')) {
      await this.browser?.close().catch(() => {})
      this.browser = undefined
      this.page = undefined
    } else if (isGone('page')) {
      // The tab says that it has crashed: a person closes it and opens another.
      await this.page?.close().catch(() => {})
      this.page = undefined
    }
    return victims.filter(isGone)
  }

  /** @throws where a process is left that nobody has any more */
  async refuseOrphans(): Promise<void> {
    const left = await lastingOrphans(this.mark, () => this.roots(), END_MS)
    if (left.length > 0)
      throw new Error(
        `left over, under none of ${[...this.roots()].join(', ')}: ` +
          left.map(({ pid, command }) => `${pid} ${command}`).join('\n'),
      )
  }

  /** Ends everything in order. @throws where something is left */
  async end(): Promise<void> {
    await this.browser?.close().catch(() => {})
    this.browser = undefined
    await this.server?.stop()
    this.server = undefined
    await this.refuseOrphans()
  }

  /** Keeps what a person sees, as `<path>.png` and `<path>.txt`; says where. */
  async photograph(path: string): Promise<string> {
    if (!this.page) return 'No window was open.'
    try {
      await writeFile(`${path}.txt`, await this.page.locator('body').ariaSnapshot({ timeout: PICTURE_MS }))
      await this.page.screenshot({ path: `${path}.png`, timeout: PICTURE_MS })
      return `The window is kept in ${path}.png and .txt.`
    } catch {
      return 'The window could not be seen.'
    }
  }

  /** Ends everything, after a failure. */
  async drop(): Promise<void> {
    await this.browser?.close().catch(() => {})
    for (const { pid } of processesWith(this.mark)) kill9(pid)
  }

  private roots(): ReadonlySet<number> {
    return new Set([this.server?.child.pid, this.browserPid].filter(pid => pid !== undefined))
  }

  private async launch(): Promise<Browser> {
    const { path, args } = this.chromium
    const env = { ...process.env, DIPTYCH_CONFIG: this.places.config } as Record<string, string>
    const browser = await chromium.launch({ executablePath: path, args: [...args], env })
    this.browserPid = (await processesOf(browser)).find(({ type }) => type === 'browser')?.id
    return browser
  }

  private async newPage(browser: Browser): Promise<Page> {
    // Of a browser that is killed meanwhile Playwright may wait for its page for ever.
    const gone = new Promise<never>((_, reject) => {
      browser.once('disconnected', () => reject(new Error('the browser is gone')))
    })
    const page = await Promise.race([browser.newPage({ viewport: { width: 1440, height: 900 } }), gone])
    page.setDefaultTimeout(PAGE_MS)
    // It asks whether edits should be given up, when its server is gone and another address is opened.
    page.on('dialog', dialog => void dialog.accept().catch(() => {}))
    return page
  }

  private async pidsOf(victim: Victim): Promise<readonly number[]> {
    switch (victim) {
      case 'host':
        return this.server?.child.pid === undefined ? [] : [this.server.child.pid]
      case 'engine':
        return this.server?.enginePid === undefined ? [] : [this.server.enginePid]
      case 'browser':
        return this.browser && this.browserPid !== undefined ? [this.browserPid] : []
      case 'page':
        return this.page && this.browser ? renderersOf(this.browser) : []
    }
  }
}

interface OwnProcess {
  readonly type: string
  readonly id: number
}

/** A browser's processes, as it tells them itself. */
async function processesOf(browser: Browser): Promise<readonly OwnProcess[]> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return processInfo
}

/** The processes that draw pages; the browser itself where it draws them in its own. */
async function renderersOf(browser: Browser): Promise<readonly number[]> {
  const all = await processesOf(browser)
  const of = (wanted: string) => all.filter(({ type }) => type === wanted).map(({ id }) => id)
  const renderers = of('renderer')
  return renderers.length > 0 ? renderers : of('browser')
}
