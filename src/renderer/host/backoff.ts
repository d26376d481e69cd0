const FIRST_MS = 250
const LONGEST_MS = 5_000

/** How long to wait before a try, from 0: doubling, and spread so that windows don't all come at once. */
export const backoff = (tries: number, random: () => number = Math.random): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.75 + random() / 2)
