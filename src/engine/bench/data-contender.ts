import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type DecodeOptions, decodeImage } from '../../data/decode.ts'
import { type PackedImages, packImages } from '../../data/pack.ts'
import { decodeLanes, mapLanes } from '../../data/parallel.ts'
import { ScenePool } from '../../data/scenes/pool.ts'
import type { Scene } from '../../data/scenes/scene.ts'
import { fieldsOf } from '../../graph/slice.ts'
import { writeGraph } from '../../graph/write.ts'
import { threefry } from '../../ir/threefry.ts'
import { median } from '../../nodes/evaluation/retrieval.ts'
import type { Backend } from '../../runtime/backend.ts'
import type { DeviceContext, EngineContext } from '../context.ts'
import { freshArm, hostValuesFor } from '../fresh-arm.ts'
import { loadGraph } from '../load.ts'
import { TimingArm } from '../timing.ts'
import type { OpenStage } from '../train.ts'
import { asDataset } from '../values.ts'
import type { Contender, Fact } from './contender.ts'
import type { DataSize } from './data.ts'
import { dataGraph, drawnRows, writePictures } from './data-pictures.ts'
import { COMPARED, compareReadings } from './data-readings.ts'

const TRAIN = 'train'
/** Steps of a call that are timed with the data that they read. */
const STEPS = 2

/** Times by name, of each call. */
type Times = Record<'pack' | 'memory' | 'decode' | 'read' | 'step' | 'waiting' | 'drawing', number[]>

interface Packs {
  readonly options: DecodeOptions
  /** Read from its file row by row, and held in memory. */
  readonly files: PackedImages
  readonly memory: PackedImages
  /** The pictures that were packed, in the order of the scenes. */
  readonly paths: readonly string[]
}

/** Batches from packs, PNG files and drawn scenes; what it works on lies in a folder of its own. */
export class DataContender implements Contender {
  readonly first = undefined
  private readonly size: DataSize
  private readonly folder: string
  private readonly files: PackedImages
  private readonly memory: PackedImages
  private readonly paths: readonly string[]
  private readonly options: DecodeOptions
  private readonly stage: OpenStage
  private readonly arm: TimingArm
  private readonly pool = new ScenePool()
  private readonly scenes: readonly Scene[]
  private readonly times: Times = {
    pack: [],
    memory: [],
    decode: [],
    read: [],
    step: [],
    waiting: [],
    drawing: [],
  }

  private constructor(size: DataSize, folder: string, packs: Packs, stage: OpenStage, arm: TimingArm) {
    this.size = size
    this.folder = folder
    this.files = packs.files
    this.memory = packs.memory
    this.paths = packs.paths
    this.options = packs.options
    this.stage = stage
    this.arm = arm
    this.scenes = drawnRows(size.pictures).map(r => r.scene)
  }

  static async start(size: DataSize, backend: Backend, engine: EngineContext): Promise<DataContender> {
    const folder = mkdtempSync(join(tmpdir(), 'diptych-data-'))
    const context: DeviceContext = {
      ...engine,
      cacheDir: join(folder, 'cache'),
      backend,
      emit: () => {},
      reasons: undefined,
    }
    try {
      engine.emit({ type: 'log', level: 'info', message: 'drawing pictures and packing them' })
      await writePictures(folder, size)
      const open = async (seed: number) => {
        const text = writeGraph(dataGraph(size.clip))
        const loaded = await loadGraph(
          { text, file: join(folder, 'graph.json'), overrides: [], seed },
          context,
        )
        const train = loaded.graph.nodes.get(TRAIN)!
        const values = await hostValuesFor(loaded, train, context)
        return { arm: await freshArm(loaded, train, values, TRAIN, context), loaded, values }
      }
      const [one, again, other] = [await open(0), await open(0), await open(1)]
      await compareReadings(one.arm.stage, again.arm.stage, other.arm.stage)
      for (const { arm } of [again, other]) await arm.stage.feed.close()
      const { table } = asDataset(one.values.get('pictures.dataset'))
      const { derivation } = fieldsOf(one.loaded.graph, ['loss.loss']).find(f => f.port === 'image')!
      if (derivation.kind !== 'image') throw new Error('the field "image" holds no pictures')
      const options = { size: derivation.size, mode: derivation.fit }
      const packs: Packs = {
        options,
        files: await packImages(table, 'image', options, context.cacheDir, { memoryLimit: 0 }),
        memory: await packImages(table, 'image', options, context.cacheDir),
        paths: Array.from({ length: size.pictures }, (_, i) => join(folder, 'pictures', `${i}.png`)),
      }
      engine.emit({ type: 'log', level: 'info', message: 'compiling the step' })
      const arm = await TimingArm.open(one.arm, context)
      const contender = new DataContender(size, folder, packs, one.arm.stage, arm)
      await contender.compareDecoding(table.ids)
      await arm.take(2)
      await contender.draw()
      return contender
    } catch (e) {
      rmSync(folder, { recursive: true, force: true })
      throw e
    }
  }

  async calls(n: number): Promise<readonly number[]> {
    const { times, arm } = this
    const ms: number[] = []
    for (let i = 0; i < n; i++) {
      const order = this.shuffled(i)
      times.pack.push(await timed(() => this.gather(this.files, order)))
      times.memory.push(await timed(() => this.gather(this.memory, order)))
      times.decode.push(await timed(() => this.decode(order)))
      times.read.push(await timed(() => this.stage.feed.batch(i, this.stage.step.variantAt(0).batch)))
      const step = await arm.time(STEPS, true)
      times.step.push(step.ms / STEPS)
      times.waiting.push(step.waitMs / step.ms)
      times.drawing.push(await timed(() => this.draw()))
      ms.push(times.pack.at(-1)!)
    }
    return ms
  }

  private shuffled(call: number): Int32Array {
    const keys = this.paths.map((_, row) => threefry(call, 0, row, 0)[0])
    return Int32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!)
  }

  private async gather({ pack, index }: PackedImages, order: Int32Array): Promise<void> {
    const { batch } = this.size.clip
    for (let from = 0; from < order.length; from += batch) {
      const rows = order.subarray(from, from + batch).map(row => index[row]!)
      await pack.gather(rows, new Uint8Array(rows.length * pack.header.rowBytes))
    }
  }

  private decode(order: Int32Array): Promise<Uint8Array[]> {
    return mapLanes([...order], decodeLanes, async row =>
      decodeImage(await readFile(this.paths[row]!), this.options),
    )
  }

  private draw(): Promise<Uint8Array[]> {
    return this.pool.render(this.scenes, this.size.clip.image)
  }

  /** Throws where a pack holds other pixels than the files: the two times would not be of the same thing. */
  private async compareDecoding(ids: readonly string[]): Promise<void> {
    const { pack, index } = this.files
    const decoded = await this.decode(Int32Array.from(this.paths.keys()))
    for (const [i, path] of this.paths.entries()) {
      const row = ids.findIndex(id => path.endsWith(`/${id}`))
      const packed = new Uint8Array(pack.header.rowBytes)
      await pack.gather(Int32Array.of(index[row]!), packed)
      if (!Buffer.from(packed).equals(decoded[i]!)) throw new Error(`${path} is not what the pack holds`)
    }
  }

  facts(): readonly Fact[] {
    const { times, size } = this
    const { pictures, clip } = size
    const speed = (ms: readonly number[]): number => (1000 * pictures) / median(ms)
    const ratio = median(times.decode.map((ms, i) => ms / times.pack[i]!))
    const share = median(times.read.map((ms, i) => ms / times.step[i]!))
    const fact = (name: string, value: number, text: string): Fact => ({ name, value, text })
    const count = (x: number): string => Math.round(x).toLocaleString('en')
    const percent = (x: number): string => `${(100 * x).toFixed(3)} %`
    const [pack, memory, decode] = [speed(times.pack), speed(times.memory), speed(times.decode)]
    const waiting = median(times.waiting)
    const drawing = speed(times.drawing)
    return [
      fact('pack_samples_per_second', pack, `from a pack, read from its file: ${count(pack)} pictures/s`),
      fact('memory_samples_per_second', memory, `from a pack in memory: ${count(memory)} pictures/s`),
      fact(
        'decode_samples_per_second',
        decode,
        `decoding the same PNG files of ${size.side} pixels: ${count(decode)} pictures/s`,
      ),
      fact('pack_over_decode', ratio, `the pack is ${ratio.toFixed(1)} × as fast as decoding`),
      fact(
        'identical_batches',
        COMPARED,
        `batches of one seed, read twice: ${COMPARED} of ${COMPARED} identical`,
      ),
      fact('waiting_for_data', waiting, `waiting for data: ${percent(waiting)} of a CLIP step`),
      fact(
        'reading_over_step',
        share,
        `reading a batch of ${clip.batch}, which goes on while the device works: ${percent(share)} of a CLIP step`,
      ),
      fact(
        'scenes_per_second',
        drawing,
        `drawing scenes at ${clip.image} pixels: ${count(drawing)} pictures/s`,
      ),
    ]
  }

  async close(): Promise<void> {
    await this.arm.close()
    await this.stage.feed.close()
    for (const { pack } of [this.files, this.memory]) await pack.close()
    await this.pool.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
