import { run } from './process.mjs'

const ASK_MS = 20_000

/**
 * The NVIDIA driver and its cards, as nvidia-smi tells them; undefined where there is none or it has no card.
 *
 * @returns {Promise<{driver: string, major: number, cards: string[]} | undefined>} `driver` as in "580.65.06"
 */
export async function findNvidia(env = process.env) {
  const query = ['--query-gpu=driver_version,name', '--format=csv,noheader']
  const asked = await run('nvidia-smi', query, { env, timeoutMs: ASK_MS })
  if (asked.code !== 0) return undefined
  const lines = asked.output.split('\n').map(line => /^(\d+)([.\d]*), *(.+)$/.exec(line.trim()))
  const cards = lines.filter(Boolean)
  if (cards.length === 0) return undefined
  const [, major, rest] = cards[0]
  return { driver: major + rest, major: Number(major), cards: cards.map(card => card[3]) }
}
