import { appendFileSync, readFileSync } from 'node:fs'
import type { Failure } from './agree.ts'
import type { Recipe } from './recipe.ts'

/** A program that has failed once. It is kept as a recipe, since a seed means another program once operations are added. */
export interface Kept {
  /** On which backend, and by which seed and path it was found. */
  readonly backend: string
  readonly seed: number
  readonly path: string
  readonly recipe: Recipe
}

/** Programs that failed, always run again: one a line. */
export const readKept = (file: string | URL): readonly Kept[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Kept)

/** Adds a failure, unless its recipe is there. */
export function keep(file: string | URL, backend: string, { seed, path, recipe }: Failure): void {
  const text = JSON.stringify(recipe)
  if (readKept(file).some(k => JSON.stringify(k.recipe) === text)) return
  appendFileSync(file, `${JSON.stringify({ backend, seed, path, recipe })}\n`)
}
