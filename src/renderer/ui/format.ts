/** Numbers and times as people read them. Charts, cards and tables all use these, so one number looks one way. */

const MINUS = '−'
const minus = (text: string): string => text.replace(/^-/, MINUS)

/** `0.4 s`, `12 s`, `2 min 31 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `12,400`: whole numbers with thousands apart. */
export const whole = (n: number): string =>
  minus(Math.round(n).toString()).replace(/\B(?=(\d{3})+(?!\d))/g, ',')

/** `1.2 M`, `340 k`: a number of parameters. */
export function count(n: number): string {
  const [scale, unit] = n >= 1e9 ? [1e9, ' G'] : n >= 1e6 ? [1e6, ' M'] : n >= 1e4 ? [1e3, ' k'] : [1, '']
  const value = n / scale
  return `${scale === 1 || value >= 100 ? Math.round(value) : value.toFixed(1)}${unit}`
}

/** Four significant digits: `2.341`, `0.001`, `3.3e-5`, `128`. NaN and infinities say so. */
export function short(x: number): string {
  if (Number.isNaN(x)) return 'not a number'
  if (!Number.isFinite(x)) return x > 0 ? '∞' : `${MINUS}∞`
  if (x === 0) return '0'
  const size = Math.abs(x)
  if (size < 1e-3 || size >= 1e6) {
    const [digits, power] = x.toExponential(2).split('e')
    return minus(`${Number(digits)}e${Number(power)}`)
  }
  if (Number.isInteger(x)) return whole(x)
  return minus(String(Number(x.toPrecision(4))))
}

/** A loss as it changes: always four places, so that it doesn't jump about while it is watched. */
export function steady(x: number): string {
  const size = Math.abs(x)
  if (!Number.isFinite(x) || (size !== 0 && size < 1e-3) || size >= 1e4) return short(x)
  return minus(x.toFixed(size >= 100 ? 2 : 4))
}

/** `37.8 %`. */
export const percent = (share: number): string => `${minus((share * 100).toFixed(1))} %`

/** `2.3 steps/s`; slow ones by the step: `4.2 s/step`. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '–'
  if (perSecond < 0.5) return `${short(Number((1 / perSecond).toPrecision(2)))} s/step`
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} steps/s`
}

/** `310 MB`, `1.6 GB`: memory, in powers of 1000. */
export function bytes(n: number): string {
  const [scale, unit] = n >= 999.5e6 ? [1e9, 'GB'] : n >= 999.5e3 ? [1e6, 'MB'] : [1e3, 'kB']
  const value = n / scale
  return `${value < 99.5 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** `3.1 MFLOP/s`, `182 GFLOP/s`, `41.5 TFLOP/s`: how much a device gets done. */
export function flopRate(perSecond: number): string {
  const [scale, unit] = perSecond >= 1e12 ? [1e12, 'T'] : perSecond >= 1e9 ? [1e9, 'G'] : [1e6, 'M']
  const value = perSecond / scale
  return `${value < 99.5 ? value.toFixed(1) : Math.round(value)} ${unit}FLOP/s`
}

/** `98 kFLOP`, `3.1 MFLOP`, `182 GFLOP`: how much there is to do. */
export const flopCount = (n: number): string =>
  n < 999_500
    ? `${n < 99_500 ? (n / 1e3).toFixed(1) : Math.round(n / 1e3)} kFLOP`
    : flopRate(n).replace('/s', '')

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function ago(then: number, now: number): string {
  const minutes = (now - then) / 60_000
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${Math.floor(minutes)} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  return plural(Math.floor(minutes / (24 * 60)), 'day').concat(' ago')
}

/** `1 error`, `2 errors`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${whole(n)} ${n === 1 ? one : many}`
