import { parentPort } from 'node:worker_threads'
import { drawAll, type Job } from './pool.ts'

parentPort?.on('message', (job: Job) => {
  const pixels = drawAll(job)
  parentPort?.postMessage(pixels, [pixels.buffer as ArrayBuffer])
})
