const EVERY_MS = 3000
// Where nothing moves, a sign of life now and then is enough.
const SAME_LINES = 10

/** Says set-up's lines on standard error, so that standard output stays the command's own. */
export const say = line => process.stderr.write(`diptych: ${line}\n`)

/**
 * Shows how far something is by asking `measure` now and then: one line rewritten in place on a terminal,
 * a line every few seconds elsewhere. Returns the function that ends it.
 *
 * @param {string} what
 * @param {() => string} measure
 */
export function showProgress(what, measure, { log = say, stream = process.stderr, everyMs = EVERY_MS } = {}) {
  if (!stream.isTTY) {
    let last
    let silent = 0
    const timer = setInterval(() => {
      const now = measure()
      silent = now === last ? silent + 1 : 0
      if (silent % SAME_LINES === 0) log(`${what}: ${now}`)
      last = now
    }, everyMs)
    return () => clearInterval(timer)
  }
  const draw = () => stream.write(`\r\x1b[Kdiptych: ${what}: ${measure()}`)
  const timer = setInterval(draw, 200)
  return () => {
    clearInterval(timer)
    stream.write('\r\x1b[K')
  }
}

export const megabytes = bytes => `${(bytes / 1e6).toFixed(1)} MB`
export const seconds = startedMs => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
