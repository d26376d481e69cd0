import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepEvent } from '../../src/protocol/messages.ts'
import { writeToyGraph } from '../chaos/graph.ts'
import { growthPerEvent, logBytes, mostArrayBytes, type Sample } from '../soak/growth.ts'
import { Inspector } from '../soak/inspector.ts'
import { pageMemory, pointsOf } from '../soak/page.ts'
import { expect, test } from './workbench.ts'

const long = process.env.DIPTYCH_TEST_LONG === '1'
const SECONDS = long ? 600 : 20
/** Step events a second. A machine that makes fewer gets the time for as many. */
const RATE = 200
const SAMPLES = long ? 60 : 10
/** Until then pools fill and code is compiled. */
const WARM_UP = 2000
/** What an event may leave behind beyond its numbers, in bytes. One that is kept takes more; a short run is noisier. */
const MOST_PER_EVENT = long ? 16 : 80
/** By how much the host may grow in all, in bytes: a process gives its pages back when it likes. */
const MOST_RESIDENT = 64 << 20
/** Buffers of the page that have nothing to do with the run. */
const MOST_OTHER = 1 << 20

/** So small that a step is little more than the way of its metrics. */
const TINY = {
  batch: { size: 2, imageSize: 8, textLength: 8 },
  vision: { width: 8, depth: 1, heads: 1, patch: 8 },
  text: { width: 8, depth: 1, heads: 1 },
  image_projection: { size: 8 },
  text_projection: { size: 8 },
  train: { steps: 10_000_000, checkpointEvery: 5000 },
}

test.use({ trace: 'off' })

test(`${SECONDS * RATE} steps in ${SECONDS} s or more: memory holds the data and no more, and no point is lost`, async ({
  workbench,
}, info) => {
  info.setTimeout(SECONDS * 6000 + 120_000)
  const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }
  await writeToyGraph(workbench.folder, TINY)
  const server = workbench.serve({ env })
  const window = await workbench.window(await server.address())
  const { page } = window
  await window.button('Run').click()
  const session = await page.context().newCDPSession(page)
  const host = await Inspector.open(/ws:\/\/\S+/.exec(server.said)![0])
  const steps = () => window.events.filter((event): event is StepEvent => event.type === 'step')
  const reach = (count: number) =>
    expect.poll(() => window.events.length, { timeout: 300_000, intervals: [50] }).toBeGreaterThan(count)
  await reach(WARM_UP)

  const samples: (Readonly<Record<'host' | 'page', Sample>> &
    Readonly<Record<'arrays' | 'resident', number>>)[] = []
  const [from, began] = [window.events.length, Date.now()]
  for (let i = 0; i <= SAMPLES; i++) {
    await reach(from + (i * RATE * SECONDS) / SAMPLES)
    await page.waitForTimeout(Math.max(0, began + (i * SECONDS * 1000) / SAMPLES - Date.now()))
    const { objects, arrays } = await pageMemory(session)
    const { heap, resident } = await host.memory()
    const events = window.events.length
    samples.push({
      page: { events, bytes: objects, data: 0 },
      host: { events, bytes: heap, data: logBytes(window.events) },
      arrays,
      resident,
    })
  }
  const seconds = (Date.now() - began) / 1000
  host.close()
  await window.button('Stop').click()
  await window.finished(/Stopped/)

  const told = steps()
  const folder = window.events.flatMap(event => (event.type === 'run' ? [event.folder] : []))[0]!
  const lines = (await readFile(join(folder, 'metrics.train.jsonl'), 'utf8')).trimEnd().split('\n')
  const saved = lines.map(line => JSON.parse(line) as StepEvent)
  const drawn = await pointsOf(window.chart('Loss'))
  const isSaved = (event: StepEvent, i: number) => event.step === i
  expect(firstOdd(saved, isSaved), 'a gap in the saved metrics').toBe(-1)
  expect(told.length, 'steps that the window was told').toBe(saved.length)
  const isTold = (event: StepEvent, i: number) => event.step === i && event['train/loss'] === loss(saved, i)
  expect(firstOdd(told, isTold), 'a gap in what the window was told').toBe(-1)
  expect(drawn.steps.length, 'points of the chart').toBe(saved.length)
  const isDrawn = (step: number, i: number) => step === i && drawn.values[i] === loss(saved, i)
  expect(firstOdd(drawn.steps, isDrawn), 'a gap in the chart').toBe(-1)

  const growth = {
    page: growthPerEvent(samples.map(s => s.page)),
    host: growthPerEvent(samples.map(s => s.host)),
  }
  const grown = (what: 'arrays' | 'resident') => samples.at(-1)![what] - samples[0]![what]
  const numbers = mostArrayBytes(told.length, metricsOf(told[0]!))
  console.log(
    `${told.length} steps, ${Math.round((told.length - from) / seconds)} a second; an event leaves ` +
      `${growth.page.toFixed(1)} B in the page and ${growth.host.toFixed(1)} B in the host beyond its data; ` +
      `the page's numbers have grown by ${mebibytes(grown('arrays'))} (at most ${mebibytes(numbers)} of data), the host ` +
      `by ${mebibytes(grown('resident'))}`,
  )
  expect(growth.page, 'bytes an event in the page').toBeLessThan(MOST_PER_EVENT)
  expect(growth.host, 'bytes an event in the host').toBeLessThan(MOST_PER_EVENT)
  expect(grown('arrays'), 'growth of the page’s numbers').toBeLessThan(numbers + MOST_OTHER)
  expect(grown('resident'), 'growth of the host').toBeLessThan(MOST_RESIDENT)
})

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** The metrics that a step names. */
const metricsOf = (step: StepEvent): number =>
  Object.keys(step).filter(name => name.startsWith('train/')).length

const loss = (steps: readonly StepEvent[], i: number): number | undefined => steps[i]?.['train/loss']

/** The place of the first that is not as it should be, or -1. */
const firstOdd = <T>(list: readonly T[], isRight: (item: T, i: number) => boolean): number =>
  list.findIndex((item, i) => !isRight(item, i))
