/** `0.4 s`, `12 s`, `2 min 31 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `123 B`, `4.2 MB`, `1.6 GB`: powers of 1000, as `parseSize` reads them. */
export function fileSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

const SIZE = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgt]?)(i?)b?)?$/i

/** `5GB`, `500 MB`, `2GiB`, `1000`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim())
  if (!match) return undefined
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase())
  return Math.round(Number(match[1]) * (match[3] ? 1024 : 1000) ** power)
}

/** `1.2 M`, `340 k`: a number of parameters. */
export function count(n: number): string {
  const [scale, unit] = n >= 1e9 ? [1e9, ' G'] : n >= 1e6 ? [1e6, ' M'] : n >= 1e4 ? [1e3, ' k'] : [1, '']
  const value = n / scale
  return `${scale === 1 || value >= 100 ? Math.round(value) : value.toFixed(1)}${unit}`
}

/** `3.1 MFLOP/s`, `182 GFLOP/s`, `41.5 TFLOP/s`: how much a device gets done. */
export function flopRate(perSecond: number): string {
  const [scale, unit] = perSecond >= 1e12 ? [1e12, 'T'] : perSecond >= 1e9 ? [1e9, 'G'] : [1e6, 'M']
  const value = perSecond / scale
  return `${value < 99.5 ? value.toFixed(1) : Math.round(value)} ${unit}FLOP/s`
}

/** A measured number in a table: whole numbers as they are, others to four places or significant digits. */
export function measured(x: number): string {
  if (Number.isInteger(x) || !Number.isFinite(x)) return String(x)
  const size = Math.abs(x)
  if (size < 0.001 || size >= 1e6) return x.toPrecision(3)
  return size < 10 ? x.toFixed(4) : x.toFixed(1)
}

/** How long ago, roughly: `today`, `3 days ago`. */
export function ago(thenMs: number, nowMs: number): string {
  const hours = (nowMs - thenMs) / 3_600_000
  if (hours < 1) return 'just now'
  if (hours < 24) return `${plural(Math.floor(hours), 'hour')} ago`
  return `${plural(Math.floor(hours / 24), 'day')} ago`
}

/** `1 error`, `2 errors`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
