/**
 * One line of JSON. Numbers are the shortest that parse back to the same bits; -0 keeps its sign, which
 * `JSON.stringify` would lose. JSON has no NaN and no infinities: they become null.
 */
export function jsonLine(value: unknown): string {
  if (typeof value === 'number' && Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(jsonLine).join(',')}]`
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${jsonLine(inner)}`).join(',')}}`
}
