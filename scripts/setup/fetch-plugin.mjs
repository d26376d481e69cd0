// Fetches the XLA plugin for a workbench that is already open. Each line on standard output is one for the person:
// `progress …` as it goes, `problem …` when it can't be had.
import { ensurePlugin } from './plugin.mjs'

const PROGRESS_MS = 500

const tell = kind => text => {
  for (const line of text.split('\n')) process.stdout.write(`${kind} ${line.trim()}\n`)
}
try {
  const { problem } = await ensurePlugin({ log: tell('progress'), progressMs: PROGRESS_MS })
  if (problem) {
    tell('problem')(problem)
    process.exitCode = 1
  }
} catch (error) {
  tell('problem')(`the XLA plugin could not be fetched: ${error.message}`)
  process.exitCode = 1
}
