import { stripVTControlCharacters } from 'node:util'

/** The first line of what a test failed with, for a list of failures at the end of a run. */
export const firstLine = error =>
  stripVTControlCharacters(String(error?.message ?? error ?? 'no message')).split('\n', 1)[0]
