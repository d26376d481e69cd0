import { expect, type Locator, type Page } from '@playwright/test'
import type { Event, StepEvent } from '../../src/protocol/messages.ts'

/** A message of the host, as far as the tests look into it. */
interface Heard {
  readonly event?: string
  readonly data?: { readonly events?: readonly Event[] }
}

/** Cards of this width, in pixels, show their ports and bodies. */
const READABLE = 200

export interface Point {
  readonly x: number
  readonly y: number
}

/** One window of the workbench: what a person does in it, and what a person sees, by role and name. */
export class WorkbenchWindow {
  readonly page: Page
  /** What the host told this window of runs, in order. */
  readonly events: Event[] = []
  readonly problems: string[] = []
  private expected: RegExp[] = []

  constructor(page: Page) {
    this.page = page
    page.on('console', message => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`)
    })
    page.on('pageerror', error => this.problems.push(`page: ${error.stack ?? error.message}`))
    page.on('websocket', socket =>
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload !== 'string') return
        const { event, data } = JSON.parse(payload) as Heard
        if (event === 'run.events') this.events.push(...(data?.events ?? []))
      }),
    )
  }

  /** Errors of this kind belong to the test. */
  expectProblems(...patterns: readonly RegExp[]): void {
    this.expected = [...this.expected, ...patterns]
  }

  get unexpected(): readonly string[] {
    return this.problems.filter(text => !this.expected.some(pattern => pattern.test(text)))
  }

  async open(address: string): Promise<void> {
    await this.page.goto(address)
    await expect(this.card('train')).toBeVisible({ timeout: 30_000 })
  }

  // The run's controls and state, in the bar.
  get controls(): Locator {
    return this.page.getByRole('group', { name: 'Run', exact: true })
  }

  button(name: 'Run' | 'Queue' | 'Pause' | 'Resume' | 'Step' | 'Back' | 'Stop'): Locator {
    return this.controls.getByRole('button', { name, exact: true })
  }

  get state(): Locator {
    return this.controls.getByRole('status')
  }

  get progress(): Locator {
    return this.page.getByTestId('run-detail')
  }

  /**
   * Presses a control, and says how many milliseconds passed in the window from the click to the frame that shows
   * its effect: a state in a word, or the progress.
   */
  async press(name: Parameters<WorkbenchWindow['button']>[0], shown: RegExp): Promise<number> {
    const button = this.button(name)
    await expect(button).not.toHaveAttribute('aria-disabled', 'true')
    const clock = await this.page.evaluateHandle(pattern => {
      const effect = new RegExp(pattern)
      const clock: { took: Promise<number> } = { took: Promise.resolve(0) }
      clock.took = new Promise(resolve => {
        const begin = () => {
          const started = performance.now()
          const look = () => {
            const text = document.querySelector('[role="group"][aria-label="Run"]')?.textContent ?? ''
            if (effect.test(text)) resolve(performance.now() - started)
            else requestAnimationFrame(look)
          }
          look()
        }
        addEventListener('click', begin, { capture: true, once: true })
      })
      return clock
    }, shown.source)
    await button.click()
    return clock.evaluate(({ took }) => took)
  }

  async finished(state: RegExp = /Done/, timeout = 90_000): Promise<void> {
    await expect(this.state).toHaveText(state, { timeout })
  }

  /** Steps that the bar says were taken. */
  async taken(): Promise<number> {
    const text = (await this.progress.textContent()) ?? ''
    return Number(/step ([\d,. ]+) \//.exec(text)?.[1]?.replace(/\D/g, '') ?? 0)
  }

  /** The losses that the host sent to this window, by step; later ones of the same step replace earlier ones. */
  losses(): readonly number[] {
    const losses: number[] = []
    for (const event of this.events)
      if (event.type === 'step') losses[event.step] = (event as StepEvent)['train/loss']!
    return losses
  }

  // The canvas.
  get canvas(): Locator {
    return this.page.getByRole('main', { name: 'Graph' })
  }

  card(id: string): Locator {
    return this.canvas.getByRole('group', { name: new RegExp(`, ${id}, `) })
  }

  wire(from: string, to: string): Locator {
    return this.canvas.getByRole('group', { name: new RegExp(`^Wire from ${from} to ${to}`) })
  }

  port(id: string, side: 'Input' | 'Output', name: string): Locator {
    return this.card(id).getByLabel(new RegExp(`^${side} ${name}, `))
  }

  /** Selects a card by a click on its head. */
  async select(id: string): Promise<void> {
    await this.card(id).locator('header').click()
    await expect(this.inspector.getByText(id, { exact: true }).first()).toBeVisible()
  }

  /** Clicks on several cards, with Shift from the second on. */
  async pick(...ids: readonly string[]): Promise<void> {
    for (const [i, id] of ids.entries())
      await this.card(id)
        .locator('header')
        .click({ modifiers: i === 0 ? [] : ['Shift'] })
  }

  /** Turns the wheel over a card until everything on it can be read. */
  async zoomTo(id: string): Promise<void> {
    const { mouse } = this.page
    await this.fit()
    const { x, y } = await this.centreOf(this.card(id))
    await mouse.move(x, y)
    for (let turns = 0; turns < 20; turns++) {
      const box = await this.card(id).boundingBox()
      if (box && box.width >= READABLE) return
      await mouse.wheel(0, -120)
      await this.page.waitForTimeout(40)
    }
  }

  async fit(): Promise<void> {
    await this.page.getByRole('button', { name: 'Fit the graph' }).click()
    await this.page.waitForTimeout(300)
  }

  async centreOf(locator: Locator): Promise<Point> {
    const box = await locator.boundingBox()
    if (!box) throw new Error(`not shown: ${locator}`)
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  }

  /** Draws a wire with the mouse. */
  async drag(from: Point, to: Point): Promise<void> {
    const { mouse } = this.page
    await mouse.move(from.x, from.y)
    await mouse.down()
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 })
    await mouse.move(to.x, to.y, { steps: 6 })
    await mouse.up()
  }

  // Panels.
  get inspector(): Locator {
    return this.page.getByRole('complementary', { name: 'Inspector' })
  }

  get palette(): Locator {
    return this.page.getByRole('complementary', { name: 'Nodes' })
  }

  get runs(): Locator {
    return this.page.getByRole('region', { name: 'Runs' })
  }

  async tab(
    name: 'Charts' | 'Live' | 'Weights' | 'Reports' | 'Watch' | 'Plan' | 'Log' | 'Runs',
  ): Promise<void> {
    await this.runs.getByRole('tab', { name: new RegExp(`^${name}`) }).click()
  }

  chart(title: string): Locator {
    return this.runs.getByRole('figure', { name: new RegExp(`^${title}`) })
  }

  /** Types a number into a field of the inspector. */
  async type(field: string, value: string): Promise<void> {
    const input = this.inspector.getByLabel(field, { exact: true })
    await input.fill(value)
    await input.press('Enter')
  }

  async theme(name: 'Light' | 'Dark'): Promise<void> {
    await this.page.getByRole('button', { name: 'Theme' }).click()
    await this.page.getByRole('menuitemradio', { name }).click()
  }

  async menu(item: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name: 'File', exact: true }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }

  /** The title is marked while there are edits that were not saved. */
  get dirty(): Locator {
    return this.page.getByRole('img', { name: 'unsaved edits' })
  }
}
