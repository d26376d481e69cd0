import { setTimeout as wait } from 'node:timers/promises'
import type { GraphDocument } from '../../src/graph/document.ts'
import type { Places } from '../e2e/server.ts'
import { Disk, readGraph } from './disk.ts'
import { Edits, type Lost, type Written } from './edits.ts'
import { NOTE } from './graph.ts'
import { Person } from './person.ts'
import { type Plan, planOf, type Victim } from './plan.ts'
import { type Chromium, World } from './world.ts'

/** Edits that a kill takes were all made within this time. */
const MOST_LOST_MS = 1000
const TRAINED_MS = 120_000
/** The first step of a training whose programs are in the cache. */
const STEPPING_MS = 30_000

export interface ChaosOptions {
  readonly graph: string
  readonly folder: string
  readonly places: Places
  readonly chromium: Chromium
  readonly seed: number
  readonly kills: number
  /** Number of the first kill. */
  readonly first: number
  /** Where a picture and the words of the window are kept when something fails. */
  readonly failure: string
  readonly log: (line: string) => void
}

export interface ChaosCounts {
  readonly kills: Readonly<Record<Victim, number>>
  readonly worst: Lost
  readonly checkpoints: number
  readonly runs: number
  readonly steps: number
}

/**
 * Kills a person's processes at random moments, starts again what is gone, and looks at what is left: the graph's
 * file, committed checkpoints, curves, the person's edits, other processes.
 *
 * @throws an error that says which kill it was, and how to repeat it
 */
export async function chaos(options: ChaosOptions): Promise<ChaosCounts> {
  const start = await readGraph(options.graph)
  const session = new Session(options, start)
  try {
    return await session.run()
  } catch (error) {
    const after = await session.fail()
    throw new Error(`${after}\n${error instanceof Error ? error.stack : error}`)
  }
}

class Session {
  private readonly options: ChaosOptions
  private readonly start: GraphDocument
  private readonly world: World
  private readonly disk: Disk
  private readonly edits: Edits
  private readonly counts: Record<Victim, number> = { page: 0, browser: 0, host: 0, engine: 0 }
  /** For what is told of a failure: when something was killed at work. */
  private killedAt = 0
  private worst: Lost = { edits: 0, ms: 0 }
  /** Kills since everything was up the last time. */
  private since: { readonly number: number; readonly what: string }[] = []

  constructor(options: ChaosOptions, start: GraphDocument) {
    this.options = options
    this.start = start
    this.world = new World(options.graph, options.places, options.chromium)
    this.disk = new Disk(options.folder, options.places.config)
    this.edits = new Edits(writtenIn(start))
  }

  async run(): Promise<ChaosCounts> {
    const { graph, seed, kills, first } = this.options
    // What is packed and compiled once takes longer than most of what follows.
    const person = await this.comeBack(Math.random)
    await person.train()
    await person.trained(TRAINED_MS)
    for (let number = first; number < first + kills; number++) await this.kill(planOf(seed, number))
    const last = await this.comeBack(Math.random)
    await last.save()
    await last.saved()
    if (JSON.stringify(writtenIn(await readGraph(graph))) !== JSON.stringify(this.edits.last))
      throw new Error('what was saved is not what the window showed')
    await this.world.end()
    await this.lookAtDisk(true)
    return { kills: this.counts, worst: this.worst, ...this.disk.seen }
  }

  /** Ends everything; says what was killed before that, and how to do it again. */
  async fail(): Promise<string> {
    const { seed, failure } = this.options
    const seen = await this.world.photograph(failure)
    await this.world.drop()
    const [first] = this.since
    if (!first) return `seed ${seed}: nothing was killed since everything was up. ${seen}`
    const whats = this.since.map(({ what }) => what).join('; ')
    return `seed ${seed}: ${whats}. ${seen}\nAgain: npm run chaos -- --seed ${seed} --first ${first.number} --kills ${this.since.length}`
  }

  private async kill(plan: Plan): Promise<void> {
    const { number, during, afterMs } = plan
    const gone =
      during === 'start'
        ? await killWhileStarting(this.world, plan)
        : await this.killAtWork(plan, await this.comeBack(plan.random))
    for (const victim of gone) this.counts[victim]++
    const who = gone.join(' + ') || `nothing (no ${plan.victims.join(', no ')})`
    this.since.push({ number, what: `kill ${number}: ${who}, ${afterMs} ms into the ${during}` })
    await this.lookAtDisk()
  }

  /** Kills while a person works. */
  private async killAtWork(plan: Plan, person: Person): Promise<readonly Victim[]> {
    const { world, edits } = this
    await person.train()
    if (plan.during === 'training') await person.stepping(STEPPING_MS)
    if (plan.victims.includes('engine')) await world.engineUp(STEPPING_MS)
    let isOver = false
    let isKilled = false
    const work = async () => {
      while (!isOver)
        try {
          await person.act(() => isOver)
        } catch (error) {
          // Whoever is killed answers no more.
          if (!isKilled) throw error
          return
        }
    }
    const working = work()
    // A person does not wait for what the last kill has left to end, such as an engine that commits; the next kill does.
    const isClean = world.refuseOrphans()
    isClean.catch(() => {
      // It is awaited below, unless the person has failed first.
    })
    await Promise.race([Promise.all([wait(plan.afterMs), isClean]), working])
    this.since = []
    isKilled = true
    this.killedAt = Date.now()
    const gone = await world.kill(plan.victims)
    const isWindowLeft = !gone.includes('page') && !gone.includes('browser')
    if (isWindowLeft) await wait(plan.goOnMs)
    isOver = true
    await working
    if (isWindowLeft) edits.shown(await person.read())
    return gone
  }

  /** Brings everything up, and holds what the window shows against what was written. */
  private async comeBack(random: () => number): Promise<Person> {
    const person = new Person(await this.world.start(), this.edits, random)
    await person.look()
    const written = await person.read()
    const told = this.edits.against(written)
    const lost = await this.recovered(written)
    if (lost.ms > this.worst.ms) this.worst = lost
    if (lost.ms > MOST_LOST_MS)
      throw new Error(
        `${lost.edits} edits were lost, made within ${lost.ms} ms; killed at ${this.killedAt}; there is ${told}`,
      )
    await this.lookAtDisk()
    for (const { what } of this.since) this.options.log(what)
    if (lost.edits > 0) this.options.log(`  keys lost: ${lost.edits}, typed within ${lost.ms} ms`)
    return person
  }

  private async recovered(written: Written): Promise<Lost> {
    try {
      return this.edits.recovered(written)
    } catch (error) {
      const saved = JSON.stringify(writtenIn(await readGraph(this.options.graph)))
      throw new Error(`${error instanceof Error ? error.message : error}; saved was ${saved}`)
    }
  }

  private async lookAtDisk(again = false): Promise<void> {
    await this.disk.check(again)
    const document = await readGraph(this.options.graph)
    if (!this.edits.had(writtenIn(document))) throw new Error('the file holds what was never written')
    if (JSON.stringify(withWritten(document, this.edits.first)) !== JSON.stringify(this.start))
      throw new Error('the file differs from the graph in more than what was written')
  }
}

/** Kills while what the last kill ended comes up again. */
async function killWhileStarting(world: World, plan: Plan): Promise<readonly Victim[]> {
  // It may come up before, or never.
  const starting = world.start().catch(() => {})
  await wait(plan.afterMs)
  const gone = await world.kill(plan.victims)
  await starting
  return gone
}

const writtenIn = ({ nodes }: GraphDocument): Written => ({
  text: String(nodes[NOTE]?.params.text ?? ''),
  title: nodes[NOTE]?.title ?? '',
})

function withWritten(document: GraphDocument, { text, title }: Written): GraphDocument {
  const { title: _, ...note } = document.nodes[NOTE]!
  const written = { ...note, params: { ...note.params, text }, ...(title && { title }) }
  return { ...document, nodes: { ...document.nodes, [NOTE]: written } }
}
