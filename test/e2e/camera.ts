import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestInfo } from '@playwright/test'
import sharp from 'sharp'
import { project } from './server.ts'
import type { WorkbenchWindow } from './window.ts'

/** `DIPTYCH_PICTURES=1` makes them for the documentation: of a model that learns something. */
export const isForDocs = process.env.DIPTYCH_PICTURES === '1'

/** In the dark the same is done again: for the documentation, and in full counts. */
export const THEMES =
  isForDocs || process.env.DIPTYCH_TEST_LONG ? (['Light', 'Dark'] as const) : (['Light'] as const)

export type Take = (name: string) => Promise<void>

/** Pictures go to the documentation, as WebP, which takes a quarter of PNG; or else where the suite puts its output. */
export async function camera(window: WorkbenchWindow, theme: string, info: TestInfo): Promise<Take> {
  const folder = isForDocs ? join(project, 'docs', 'pictures') : info.outputDir
  await mkdir(folder, { recursive: true })
  return async name => {
    await window.page.waitForTimeout(400)
    const path = join(folder, `${name}-${theme.toLowerCase()}`)
    const png = await window.page.screenshot(isForDocs ? {} : { path: `${path}.png` })
    if (isForDocs) await sharp(png).webp({ nearLossless: true, quality: 60 }).toFile(`${path}.webp`)
  }
}
