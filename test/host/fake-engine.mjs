// Speaks the engine's protocol without computing anything. What it does stands in the graph's `meta.about`, as JSON:
// { steps, stepMs, checkpointEvery, crashAt, lostAt, report, checkMs, diesChecking }.
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Map()
const send = message => process.connected && process.send(message, undefined, undefined, () => {})
const done = (id, result) => send({ type: 'done', id, result })

process.on('SIGINT', () => {})
process.on('disconnect', async () => {
  await stopAll('checkpoint')
  process.exit(0)
})
process.on('message', async command => {
  switch (command.type) {
    case 'run': {
      const state = { how: undefined, allowed: command.options.paused ? 0 : Infinity, wake: undefined }
      state.finished = run(command, state)
      watch(command.id, command.options.watches ?? [])
      running.set(command.id, state)
      const result = await state.finished
      running.delete(command.id)
      if (result.deviceLost)
        return process.send({ type: 'done', id: command.id, result }, undefined, undefined, () =>
          process.exit(0),
        )
      return done(command.id, result)
    }
    case 'check':
      await sleep(about(command.graph.text).checkMs ?? 0)
      dieChecking(about(command.graph.text).diesChecking)
      return done(command.id, {
        type: 'checked',
        diagnostics: [],
        schemas: { 'a.dataset': { fields: { name: { kind: 'text' } } } },
        unreadable: { 'b.dataset': 'there is no such folder' },
      })
    case 'stop':
      stop(running.get(command.run), command.how)
      return done(command.id, { type: 'stopping' })
    case 'control': {
      const state = running.get(command.run)
      if (command.action === 'commit') state.commit?.()
      else if (command.action === 'pause') state.allowed = 0
      else if (command.action === 'resume') state.allowed = Infinity
      else state.allowed += command.steps ?? 1
      state.wake?.()
      return done(command.id, { type: 'controlled' })
    }
    case 'watch': {
      const state = running.get(command.run)
      if (state) watch(command.run, command.watches)
      return done(command.id, { type: 'controlled' })
    }
    case 'shutdown':
      await stopAll('checkpoint')
      done(command.id, { type: 'stopping' })
      process.disconnect()
  }
})

/** Dies as often as this; a file counts, since each time it is another process. */
function dieChecking({ times, counts } = { times: 0 }) {
  const died = counts && existsSync(counts) ? readFileSync(counts).length : 0
  if (died >= times) return
  appendFileSync(counts, '.')
  process.kill(process.pid, 'SIGKILL')
}

/** Sees something in every watch at once: its own number of bytes. */
function watch(id, watches) {
  for (const [i, spec] of watches.entries()) {
    const watched = { id: spec.id, wire: spec.wire, train: 'train', step: 3, spec, ms: 1 }
    send({ type: 'watched', id, watched, bytes: new Uint8Array(i + 1).fill(i) })
  }
}

function stop(state, how) {
  if (!state) return
  state.how = how
  state.wake?.()
}

async function stopAll(how) {
  const all = [...running.values()]
  for (const state of all) stop(state, how)
  await Promise.all(all.map(state => state.finished))
}

const about = text => JSON.parse(JSON.parse(text).meta.about ?? '{}')

async function run({ id, graph, options }, state) {
  const { steps = 5, stepMs = 5, checkpointEvery = 0, crashAt, lostAt, fail } = about(graph.text)
  const emit = (...events) => send({ type: 'events', id, events })
  if (fail) return { type: 'failed', message: fail, node: 'train', diagnostics: [] }
  let folder = options.resumeFrom
  if (!folder) {
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
    const name = `${time}-${basename(graph.file, '.json')}-${randomBytes(3).toString('hex')}`
    folder = join(options.out ?? join(dirname(graph.file), '.diptych'), 'runs', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'graph.json'), graph.text)
  }
  const [, parent, forkStep] = /^(.*)\/checkpoints\/train\/step-(\d+)$/.exec(options.forkFrom ?? '') ?? []
  if (parent) {
    const fork = { run: relative(folder, parent), train: 'train', step: Number(forkStep) }
    writeFileSync(join(folder, 'fork.json'), JSON.stringify({ format: 'diptych-fork', version: 1, ...fork }))
    mkdirSync(join(folder, 'checkpoints', 'train', `step-${forkStep}`), { recursive: true })
  }
  emit({ type: 'run', folder })
  const checkpoints = join(folder, 'checkpoints', 'train')
  const first = existsSync(checkpoints)
    ? Math.max(0, ...readdirSync(checkpoints).map(name => Number(name.slice(5))))
    : 0
  const commit = step => {
    mkdirSync(join(checkpoints, `step-${step}`), { recursive: true })
    emit({ type: 'checkpoint', node: 'train', step, path: join(checkpoints, `step-${step}`) })
  }
  emit({ type: 'node', node: 'train', state: 'running' })
  emit({
    type: 'train',
    node: 'train',
    steps,
    firstStep: first,
    parameters: 1,
    compileSeconds: 0,
    fromCache: false,
    fork: parent && { run: parent, step: first },
  })
  const result = outcome => ({
    type: 'result',
    reports: {},
    run: folder,
    outcome,
    attribution: ['Emoji: someone'],
  })
  for (let step = first; step < steps; step++) {
    if (state.allowed === 0 && !state.how) {
      emit({ type: 'paused', node: 'train', step })
      state.commit = () => commit(step)
      while (state.allowed === 0 && !state.how) await new Promise(resolve => (state.wake = resolve))
      if (!state.how) emit({ type: 'resumed' })
    }
    state.allowed--
    if (state.how === 'checkpoint') {
      commit(step)
      return result('stopped')
    }
    if (state.how) return result('cancelled')
    if (step === crashAt && first === 0) {
      console.error('out of cheese')
      process.kill(process.pid, 'SIGKILL')
    }
    if (step === lostAt && first === 0)
      return {
        type: 'failed',
        message: 'the device was lost',
        node: 'train',
        diagnostics: [],
        deviceLost: true,
      }
    const event = { type: 'step', node: 'train', step, 'train/loss': 1 / (step + 1) }
    appendFileSync(join(folder, 'metrics.train.jsonl'), `${JSON.stringify(event)}\n`)
    emit(event)
    if (checkpointEvery && (step + 1) % checkpointEvery === 0) commit(step + 1)
    if (stepMs) await sleep(stepMs)
  }
  const report = { metrics: { top1: 0.5 }, tables: [{ title: 'classes', columns: ['a'], rows: [[1]] }] }
  mkdirSync(join(folder, 'reports'), { recursive: true })
  writeFileSync(join(folder, 'reports', 'eval.json'), JSON.stringify(report))
  emit({ type: 'node', node: 'train', state: 'done' }, { type: 'report', node: 'eval', report })
  return { ...result('completed'), reports: { eval: report } }
}

send({ type: 'ready', version: process.version })
