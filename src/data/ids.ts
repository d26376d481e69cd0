/** The names as ids: a name's second row on gets the name and a number, `cat.jpg#2`. */
export function uniqueIds(names: readonly string[]): string[] {
  const used = new Set(names)
  const seen = new Set<string>()
  const last = new Map<string, number>()
  return names.map(name => {
    if (!seen.has(name)) {
      seen.add(name)
      return name
    }
    let nth = (last.get(name) ?? 1) + 1
    while (used.has(`${name}#${nth}`)) nth++
    last.set(name, nth)
    const id = `${name}#${nth}`
    used.add(id)
    return id
  })
}
