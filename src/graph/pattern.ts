/** Whether a pattern names a weight; `*` stands for any text: `vision/*`, `*`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`).test(name)
}
