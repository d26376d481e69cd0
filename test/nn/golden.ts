import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

/** An array of a golden file, flat in row-major order. */
export interface GoldenArray {
  readonly dtype: 'f64' | 'f32' | 's32' | 'u32' | 'u8' | 'bool'
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** Tests against a golden file of test/oracle; without the file they are skipped with that reason. */
export function describeGolden<T>(name: string, tests: (golden: T) => void): void {
  const path = fileURLToPath(new URL(`../oracle/golden/${name}.json`, import.meta.url))
  if (existsSync(path)) describe(`${name}.json`, () => tests(JSON.parse(readFileSync(path, 'utf8')) as T))
  else describe.skip(`skipped: test/oracle/golden/${name}.json is absent`, () => {})
}

/** How far a float64 result may be from a golden array of this precision. */
export const tolerance = (a: GoldenArray): number => (a.dtype === 'f64' ? 1e-9 : 1e-5)
