/** What a peer says: that it is ready, the times of its calls, or what went wrong. See bench/peers/protocol.py. */
export type Reply = Ready | Times | { readonly kind: 'error'; readonly message: string }

export interface Ready {
  readonly kind: 'ready'
  readonly versions: Readonly<Record<string, string>>
  /** Numbers in all of its weights. */
  readonly parameters: number
  /** What its first call gave. */
  readonly first: number
}

export interface Times {
  readonly kind: 'times'
  readonly ms: readonly number[]
}

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
  const { ready, versions, parameters, first, ms, error } = value as Record<string, unknown>
  if (error !== undefined) return { kind: 'error', message: String(error) }
  if (ready === true && typeof parameters === 'number' && typeof first === 'number') {
    const pairs = Object.entries((versions ?? {}) as Record<string, unknown>)
    const named = Object.fromEntries(pairs.map(([name, v]) => [name, String(v)]))
    return { kind: 'ready', versions: named, parameters, first }
  }
  if (Array.isArray(ms) && ms.length > 0 && ms.every(isTime)) return { kind: 'times', ms }
  return undefined
}
