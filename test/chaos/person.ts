import type { Locator, Page } from '@playwright/test'
import type { Edits, Written } from './edits.ts'
import { NOTE } from './graph.ts'
import { drawn } from './plan.ts'

const OPEN_MS = 30_000
/** What an undo leads to is shown within this time. */
const UNDONE_MS = 2000
/** A window that hears nothing any more shows what it has heard. */
const SETTLED_MS = 200
/** A longer text is written anew. */
const LONGEST = 300

/** Someone at the window: opens it, writes, saves, and starts trainings. */
export class Person {
  private readonly page: Page
  private readonly edits: Edits
  private readonly random: () => number
  private words = 0

  constructor(page: Page, edits: Edits, random: () => number) {
    this.page = page
    this.edits = edits
    this.random = random
  }

  /** Waits until the graph is there, and selects the note. */
  async look(): Promise<void> {
    const card = this.page.getByRole('group', { name: new RegExp(`, ${NOTE}, `) })
    await card.waitFor({ timeout: OPEN_MS })
    await card.click()
    await this.text.waitFor()
  }

  /** What the window shows, both at the same moment: an undo may change both. */
  async read(): Promise<Written> {
    const text = await this.text.elementHandle()
    return this.title.evaluate(
      (title, text) => ({
        text: (text as unknown as { value: string }).value,
        title: (title as unknown as { value: string }).value,
      }),
      text,
    )
  }

  /** A training is under way: goes on with one that was interrupted or held, or begins one. */
  async train(): Promise<void> {
    const resume = this.control('Resume')
    if (await isOn(resume)) return this.press(resume)
    const state = (await this.state.textContent({ timeout: 1000 }).catch(() => '')) ?? ''
    if (/Running|Queued|Stopping/.test(state)) return
    for (const next of [
      this.page.getByRole('button', { name: 'Ways to run' }).and(this.page.locator(':not([aria-disabled])')),
      this.page.getByRole('menuitem', { name: 'Run, and train again what is cached' }),
    ]) {
      await next.or(this.page.getByRole('alertdialog')).first().waitFor()
      if (await next.isVisible()) await this.press(next)
    }
  }

  /** Steps are being taken, or were; where a run was stopped before its first one, another is begun. */
  async stepping(timeout: number): Promise<void> {
    const stepped = this.page.getByTestId('run-detail').filter({ hasText: /step \d/ })
    const over = this.state.filter({ hasText: /Done|Stopped|Cancelled/ })
    const end = Date.now() + timeout
    const left = () => ({ timeout: Math.max(1, end - Date.now()) })
    for (;;) {
      await stepped.or(over).first().waitFor(left())
      if ((await stepped.count()) > 0) return
      await this.train()
      await over.waitFor({ state: 'hidden', ...left() })
    }
  }

  /** The training has come to its end. */
  async trained(timeout: number): Promise<void> {
    await this.state.filter({ hasText: 'Done' }).waitFor({ timeout })
  }

  /** One thing that people do; before a window that has lost its server they wait. */
  async act(isOver: () => boolean): Promise<void> {
    if (await this.isDeaf()) return this.page.waitForTimeout(SETTLED_MS)
    const what = drawn(
      [
        [6, () => this.write(isOver)],
        [2, () => this.rename(isOver)],
        [1, () => this.save()],
        [1, () => this.undo()],
        [2, () => this.train()],
        [1, () => this.hold()],
      ],
      this.random,
    )
    await what()
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+s')
  }

  /** The mark of unsaved edits is gone. */
  async saved(): Promise<void> {
    await this.page.getByRole('img', { name: 'unsaved edits' }).waitFor({ state: 'hidden' })
  }

  /** Writes a few words, each of which is found nowhere else. */
  private async write(isOver: () => boolean): Promise<void> {
    await this.text.focus()
    if (this.edits.last.text.length > LONGEST) await this.page.keyboard.press('Control+a')
    else await this.page.keyboard.press('Control+End')
    let text = this.edits.last.text.length > LONGEST ? '' : this.edits.last.text
    const words = Array.from({ length: 1 + Math.floor(this.random() * 6) }, () => this.word()).join('')
    for (const key of words) {
      if (isOver()) return
      text += key
      this.edits.add(Date.now(), { text })
      await this.page.keyboard.press(key === ' ' ? 'Space' : key)
      await this.page.waitForTimeout(this.random() * 60)
    }
  }

  private async rename(isOver: () => boolean): Promise<void> {
    await this.title.focus()
    await this.page.keyboard.press('Control+a')
    let title = ''
    for (const key of this.word().trim()) {
      if (isOver()) return
      title += key
      this.edits.add(Date.now(), { title })
      await this.page.keyboard.press(key)
    }
    await this.page.keyboard.press('Enter')
  }

  private async undo(): Promise<void> {
    const undo = this.page.getByRole('button', { name: /^Undo: / })
    if (!(await isOn(undo))) return
    this.edits.undo()
    await this.press(undo)
    // It shows a moment later.
    for (const end = Date.now() + UNDONE_MS; Date.now() < end; await this.page.waitForTimeout(10)) {
      if (await this.isDeaf()) {
        // It may have heard the click.
        await this.page.waitForTimeout(SETTLED_MS)
        return this.edits.shown(await this.read())
      }
      const { last } = this.edits
      this.edits.add(Date.now(), await this.read())
      if (this.edits.last !== last) return
    }
    throw new Error('an undo changed nothing')
  }

  /** Pauses a training, or stops it with a checkpoint. */
  private async hold(): Promise<void> {
    const button = this.control(this.random() < 0.5 ? 'Pause' : 'Stop')
    if (await isOn(button)) await this.press(button)
  }

  /** A click where it stands, whatever is over it: nobody waits until a window whose server is gone can be used. */
  private async press(button: Locator): Promise<void> {
    const box = await button.boundingBox()
    if (box) await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  }

  /** The window has lost its server, and takes no more. */
  private async isDeaf(): Promise<boolean> {
    return (await this.page.getByRole('alertdialog').count()) > 0
  }

  private word(): string {
    return `${Math.floor(this.random() * 1e6).toString(36)}${(this.words++).toString(36)} `
  }

  private get text(): Locator {
    return this.inspector.locator('textarea')
  }

  private get title(): Locator {
    return this.inspector.getByLabel('Title', { exact: true })
  }

  private get inspector(): Locator {
    return this.page.getByRole('complementary', { name: 'Inspector' })
  }

  private get controls(): Locator {
    return this.page.getByRole('group', { name: 'Run', exact: true })
  }

  private get state(): Locator {
    return this.controls.getByRole('status')
  }

  private control(name: 'Pause' | 'Resume' | 'Stop'): Locator {
    return this.controls.getByRole('button', { name, exact: true })
  }
}

const isOn = async (button: Locator): Promise<boolean> =>
  (await button.count()) > 0 && (await button.getAttribute('aria-disabled')) !== 'true'
