import { parseArgs } from 'node:util'
import { cacheFolder } from '../../../src/engine/paths.ts'
import type { Backend } from '../../../src/runtime/backend.ts'
import { createTfjsBackend } from '../../../src/runtime/tfjs/backend.ts'
import { openXla, xlaPlugin } from '../plugin.ts'
import { search, showFailure } from './agree.ts'
import { keep } from './kept.ts'

/** Programs between two lines of progress. */
const EVERY = 100

const openers: Readonly<Record<string, () => Promise<Backend>>> = {
  xla: () => {
    const plugin = xlaPlugin()
    if ('missing' in plugin) throw new Error(plugin.missing)
    return openXla(plugin.path)
  },
  tfjs: () => createTfjsBackend({ cacheDir: cacheFolder() }),
}

/** Searches on one backend; prints and keeps what it finds. Gives whether nothing was found. */
async function fuzz(name: string, seed: number, count: number, keptFile: string): Promise<boolean> {
  const backend = await openers[name]!()
  const started = performance.now()
  const { failure, unsettled } = await search(backend, {
    seed,
    count,
    onProgram: done => {
      if (done % EVERY === 0) console.log(`${name}: ${done} of ${count}`)
    },
  })
  backend.close()
  const time = `${Math.round((performance.now() - started) / 1000)} s`
  if (!failure) {
    console.log(`${name}: ${count} programs of seed ${seed} agree with the reference (${time})`)
    if (unsettled > 0) console.log(`${unsettled} more were left out: their results hang on roundings`)
    return true
  }
  console.log(
    `${name}: seed ${failure.seed}, path ${failure.path}, ${failure.shrinks} times made smaller (${time})`,
  )
  console.log(showFailure(failure))
  keep(keptFile, name, failure)
  console.log(`kept in ${keptFile}`)
  return false
}

/** `fuzz-programs --seed N --count N [--backend xla]`; the last argument is where failures are kept. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      count: { type: 'string', default: '200' },
      backend: { type: 'string', default: Object.keys(openers).join(',') },
    },
    allowPositionals: true,
  })
  const [seed, count] = [Number(values.seed), Number(values.count)]
  const names = values.backend.split(',')
  const odd = names.find(name => !openers[name])
  if (odd) throw new Error(`no backend "${odd}": there are ${Object.keys(openers).join(', ')}`)
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1)
    throw new Error('--seed and --count take whole numbers')
  let fine = true
  for (const name of names) fine = (await fuzz(name, seed, count, positionals[0]!)) && fine
  process.exitCode = fine ? 0 : 1
}

main().catch((e: unknown) => {
  console.error(e instanceof Error ? e.message : e)
  process.exitCode = 2
})
