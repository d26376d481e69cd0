/** `data.shuffleColumn` to `shuffle_column`: the start of a fresh node's id. */
export function stemOf(type: string): string {
  const last = type.slice(type.lastIndexOf('.') + 1).replace(/^def:/, '')
  const snake = last
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
  return /^[a-z]/.test(snake) ? snake : `node_${snake}`
}

/** The stem itself, or with the first number that makes it unlike any taken id. */
export function freshId(stem: string, taken: { has(id: string): boolean }): string {
  const base = stem.replace(/_\d+$/, '')
  if (!taken.has(stem)) return stem
  for (let n = 2; ; n++) if (!taken.has(`${base}_${n}`)) return `${base}_${n}`
}
