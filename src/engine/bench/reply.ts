/** What a peer says: that it is ready, the times of its steps, or what went wrong. See bench/peers/protocol.py. */
export type Reply =
  | { readonly kind: 'ready'; readonly versions: Readonly<Record<string, string>> }
  | { readonly kind: 'steps'; readonly ms: readonly number[] }
  | { readonly kind: 'error'; readonly message: string }

const isTime = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x) && x >= 0

/** One line of a peer's output; undefined for anything else that its libraries print. */
export function parseReply(line: string): Reply | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { ready, versions, ms, error } = value as Record<string, unknown>
  if (error !== undefined) return { kind: 'error', message: String(error) }
  if (ready === true) {
    const pairs = Object.entries((versions ?? {}) as Record<string, unknown>)
    return { kind: 'ready', versions: Object.fromEntries(pairs.map(([name, v]) => [name, String(v)])) }
  }
  if (Array.isArray(ms) && ms.length > 0 && ms.every(isTime)) return { kind: 'steps', ms }
  return undefined
}
