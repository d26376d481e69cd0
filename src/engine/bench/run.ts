import { DataError, reason } from '../../data/error.ts'
import type { Command } from '../../protocol/messages.ts'
import { type EngineContext, Stopped } from '../context.ts'
import { CLIP_SIZE, type ClipSize } from './clip.ts'
import { Contender } from './contender.ts'
import { clipPeers, Peer, type PeerCommand, PeerFault } from './peer.ts'
import { type BenchResult, present } from './present.ts'
import { type Rival, startTfjs, TFJS_RIVAL } from './tfjs-rival.ts'

export interface BenchOptions {
  readonly rounds: number
  readonly stepsPerRound: number
  readonly peers: readonly (PeerCommand | typeof TFJS_RIVAL)[]
  readonly size: ClipSize
}

/** Carries out `diptych bench <name>`. */
export async function bench(
  { name, rounds, stepsPerRound, peers: wanted }: Extract<Command, { type: 'bench' }>,
  context: EngineContext,
): Promise<BenchResult> {
  if (name !== 'clip') throw new DataError(`there is no benchmark "${name}"; there is: clip`)
  const known = [...clipPeers(context.cacheDir), TFJS_RIVAL]
  const strange = wanted?.find(w => known.every(k => k.name !== w))
  if (strange !== undefined)
    throw new DataError(`there is no peer "${strange}"; there are: ${known.map(k => k.name).join(', ')}`)
  const peers = wanted ? known.filter(k => wanted.includes(k.name)) : known
  return benchClip({ rounds, stepsPerRound, peers, size: CLIP_SIZE }, context)
}

/**
 * Measures one CLIP training step against its peers: all are started and warmed up first, then take turns for
 * `rounds` rounds of a few steps each, so that a slow moment of the machine hits all alike. A peer that is
 * missing or fails is left out, with the reason.
 */
export async function benchClip(
  { rounds, stepsPerRound, peers: commands, size }: BenchOptions,
  context: EngineContext,
): Promise<BenchResult> {
  const own = await Contender.start(size, context)
  const peers = new Map<string, { readonly peer: Rival; readonly ms: number[] }>()
  const missing: Record<string, string> = {}
  const versions: Record<string, Readonly<Record<string, string>>> = { diptych: own.versions }
  const leaveOut = (name: string, e: unknown): void => {
    if (!(e instanceof PeerFault)) throw e
    missing[name] = reason(e)
    peers.get(name)?.peer.kill()
    peers.delete(name)
  }
  const goOn = (): void => {
    const how = context.stopping()
    if (how) throw new Stopped(how)
  }
  try {
    for (const command of commands) {
      goOn()
      context.emit({ type: 'log', level: 'info', message: `starting ${command.name}` })
      try {
        const started = await ('program' in command ? Peer.start(command) : startTfjs(size, context))
        peers.set(command.name, { peer: started.peer, ms: [] })
        versions[command.name] = started.versions
      } catch (e) {
        leaveOut(command.name, e)
      }
    }
    for (let round = 0; round < rounds; round++) {
      goOn()
      await own.steps(stepsPerRound)
      for (const [name, { peer, ms }] of [...peers]) {
        try {
          ms.push(...(await peer.steps(stepsPerRound)))
        } catch (e) {
          leaveOut(name, e)
        }
      }
      context.emit({ type: 'progress', node: 'bench', what: 'rounds', done: round + 1, total: rounds })
    }
    const times = new Map([...peers].map(([name, { ms }]) => [name, ms]))
    return present({ own: own.measured(), peers: times, missing, versions })
  } finally {
    for (const { peer } of peers.values()) peer.quit()
    await own.close()
  }
}
