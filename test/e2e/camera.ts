import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestInfo } from '@playwright/test'
import { project } from './server.ts'
import type { WorkbenchWindow } from './window.ts'

/** `DIPTYCH_PICTURES=1` makes them for the documentation: of a model that learns something. */
export const isForDocs = process.env.DIPTYCH_PICTURES === '1'

export type Take = (name: string) => Promise<void>

/** Pictures go to the documentation, or else where the suite puts its output. */
export async function camera(window: WorkbenchWindow, theme: string, info: TestInfo): Promise<Take> {
  const folder = isForDocs ? join(project, 'docs', 'pictures') : info.outputDir
  await mkdir(folder, { recursive: true })
  return async name => {
    await window.page.waitForTimeout(400)
    await window.page.screenshot({ path: join(folder, `${name}-${theme.toLowerCase()}.png`) })
  }
}
