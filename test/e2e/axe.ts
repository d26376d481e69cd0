import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
}

const script = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on the page that keeps people out: its serious and critical findings, one a line. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as a script: the page's own policy forbids scripts from elsewhere.
  await page.evaluate(await script)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(where: Document, how: object): Promise<{ violations: Violation[] }> }
    }
    return (await axe.run(document, { resultTypes: ['violations'] })).violations
  })
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes
        .slice(0, 4)
        .map(n => `${id} (${help}): ${n.target.join(' ')}: ${n.failureSummary?.split('\n')[1]?.trim()}`),
    )
}
