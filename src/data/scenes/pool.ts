import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { breathe } from '../parallel.ts'
import { renderScene } from './render.ts'
import type { Scene } from './scene.ts'

/** Scenes a worker draws at once: large enough that messages cost nothing. */
const PART = 64

/** Beside the engine's bundle; from the sources there is none, and scenes are drawn here. */
const WORKER = new URL('./scene-worker.mjs', import.meta.url)

export interface Job {
  readonly scenes: readonly Scene[]
  readonly size: number
}

/** Draws scenes on all processors. */
export class ScenePool {
  private readonly workers: readonly Worker[]
  private readonly free: Worker[]
  private readonly waiting: ((worker: Worker) => void)[] = []

  constructor(workers = availableParallelism()) {
    const built = existsSync(fileURLToPath(WORKER))
    this.workers = built && workers > 1 ? Array.from({ length: workers }, () => new Worker(WORKER)) : []
    this.free = [...this.workers]
    for (const w of this.workers) w.unref()
  }

  /** uint8[size, size, 3] of each scene, in their order. */
  async render(
    scenes: readonly Scene[],
    size: number,
    done: (count: number) => void = () => {},
  ): Promise<Uint8Array[]> {
    const parts = Array.from({ length: Math.ceil(scenes.length / PART) }, (_, i) =>
      scenes.slice(i * PART, (i + 1) * PART),
    )
    const drawn = await Promise.all(
      parts.map(async part => {
        const pixels = await this.draw({ scenes: part, size })
        done(part.length)
        return pixels
      }),
    )
    const bytes = size * size * 3
    return drawn.flatMap((pixels, i) => parts[i]!.map((_, k) => pixels.subarray(k * bytes, (k + 1) * bytes)))
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map(w => w.terminate()))
  }

  private async draw(job: Job): Promise<Uint8Array> {
    if (this.workers.length === 0) {
      await breathe()
      return drawAll(job)
    }
    const worker = this.free.pop() ?? (await new Promise<Worker>(resolve => this.waiting.push(resolve)))
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        worker.once('error', reject)
        worker.once('message', (pixels: Uint8Array) => {
          worker.off('error', reject)
          resolve(pixels)
        })
        worker.postMessage(job)
      })
    } finally {
      const next = this.waiting.shift()
      if (next) next(worker)
      else this.free.push(worker)
    }
  }
}

/** The pixels of a job's scenes, one after another. */
export function drawAll({ scenes, size }: Job): Uint8Array {
  const bytes = size * size * 3
  const pixels = new Uint8Array(scenes.length * bytes)
  scenes.forEach((scene, i) => {
    pixels.set(renderScene(scene, size).pixels, i * bytes)
  })
  return pixels
}
