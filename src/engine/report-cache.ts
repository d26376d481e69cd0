import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/atomic.ts'
import type { Report } from '../graph/host.ts'

const file = (cacheDir: string, key: string): string => join(cacheDir, 'reports', `${key}.json`)

/** A report that was made before under the same key; undefined when there is none or it is torn. */
export async function readReport(cacheDir: string, key: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file(cacheDir, key), 'utf8')) as Report
  } catch {
    return undefined
  }
}

export const writeReport = (cacheDir: string, key: string, report: Report): Promise<void> =>
  writeFileAtomic(file(cacheDir, key), JSON.stringify(report))
