import { homedir } from 'node:os'
import { dirname, extname } from 'node:path'
import type { OpenedDocument } from '../protocol/workbench.ts'
import type { Opened } from './documents.ts'
import { Fault } from './fault.ts'
import { listFolder, listGraphs } from './folders.ts'
import type { Handlers } from './session.ts'
import { brief, type Workbench } from './workbench.ts'

/** What the host answers to each request of a window. */
export function handlersOf(workbench: Workbench): Handlers {
  const { documents, engine, measures, options, plans, queue, runs, schemas } = workbench

  async function opened({ document, text, lease, recovered }: Opened): Promise<OpenedDocument> {
    const { id, path, version } = document
    const lastRun = path === null ? null : await runs.last(path, path)
    return { id, path, text, version, lease, recovered, lastRun, bundle: null }
  }

  return {
    'session.hello': () => ({ result: workbench.welcome() }),
    'settings.write': change => ({ result: workbench.changeSettings(change) }),
    'graphs.list': async () => ({
      result: await listGraphs(options.graphsFolder, options.settings.read().recent),
    }),
    'files.list': async ({ folder }) => {
      const [recent] = options.settings.read().recent
      if (folder !== undefined) return { result: await listFolder(folder) }
      // What was opened last may be gone, with its folder.
      const start = await listFolder(recent ? dirname(recent) : homedir()).catch(() => listFolder(homedir()))
      return { result: start }
    },

    'document.open': async ({ path }, session) => {
      if (extname(path) === '.dpt') {
        const { text, run } = await runs.openBundle(path)
        const answer = await opened(await documents.create(session, text))
        workbench.remember(path)
        return { result: { ...answer, bundle: { run, verified: false } } }
      }
      const found = await documents.openFile(session, path)
      if (found.document.path) workbench.remember(found.document.path)
      return { result: await opened(found) }
    },
    'document.create': async ({ text }, session) => ({
      result: await opened(await documents.create(session, text)),
    }),
    'document.journal': async ({ document, command }, session) => {
      await documents.get(session, document).edit(command)
      return { result: null }
    },
    'document.save': async ({ document, text, expected, path }, session) => {
      const result = await documents.save(documents.get(session, document), text, expected, path)
      workbench.remember(result.path)
      return { result }
    },
    'document.takeOver': ({ document }, session) => {
      documents.get(session, document).takeOver()
      return { result: null }
    },
    'document.close': async ({ document }, session) => {
      await documents.close(documents.get(session, document))
      return { result: null }
    },

    'schemas.read': async ({ document, text }, session, signal) => {
      const file = documents.homeOf(documents.get(session, document))
      return { result: await schemas.read(document, file, text, signal) }
    },

    'plan.read': async ({ document, text, options: how }, session, signal) => {
      const file = documents.homeOf(documents.get(session, document))
      return { result: { nodes: await plans.read(document, file, text, how, signal) } }
    },

    'memory.read': async ({ document, text, options: how, train }, session, signal) => {
      const file = documents.homeOf(documents.get(session, document))
      return { result: { trains: await measures.read(document, file, text, train, how, signal) } }
    },

    'run.enqueue': ({ document, text, options: how }, session) => {
      const open = documents.get(session, document)
      const from = { source: documents.homeOf(open), file: open.path }
      return { result: queue.enqueue(text, how, from) }
    },
    'run.control': ({ run, action, steps }) => ({ result: brief(queue.control(run, action, steps)) }),
    'run.edit': ({ run, changes }) => ({ result: brief(queue.edit(run, changes)) }),
    'run.fork': async ({ document, text, run, train, step, paused = false }, session) => {
      const open = documents.get(session, document)
      const fork = { folder: await runs.folder(run), train, step }
      const from = { source: documents.homeOf(open), file: open.path, fork }
      return { result: await queue.fork(text, { id: run, engine: await runs.engineOf(run) }, paused, from) }
    },
    'run.continue': async ({ run }) => ({ result: brief(await workbench.goOn(run)) }),
    'run.remove': ({ run }) => {
      queue.remove(run)
      return { result: null }
    },
    'run.move': ({ run, before }) => {
      queue.move(run, before)
      return { result: null }
    },
    'run.rename': async ({ run, title }) => {
      const info = brief(await runs.rename(run, title))
      workbench.broadcast({ event: 'run.changed', data: { run, info } })
      return { result: info }
    },
    'run.delete': async ({ run }) => {
      await runs.delete(run)
      workbench.broadcast({ event: 'run.changed', data: { run, info: null } })
      return { result: null }
    },
    'run.follow': async ({ run, from }, session) => {
      const info = await runs.find(run)
      const source = await runs.source(run)
      return { result: info, after: () => session.follow(run, source, from) }
    },
    'run.unfollow': ({ run }, session) => {
      session.unfollow(run)
      return { result: null }
    },
    'run.watch': ({ run, watches }) => ({ result: queue.watch(run, watches) }),
    'watch.read': ({ run, watch, train }) => {
      const seen = queue.find(run)?.watches.read(watch, train)
      if (!seen) throw new Fault('not-found', 'Nothing was seen of this watch.')
      return { result: seen.watched, bytes: seen.bytes }
    },
    'run.graph': async ({ run }) => ({ result: { text: await runs.graph(run) } }),
    'runs.list': async ({ document }, session) => {
      const open = documents.get(session, document)
      const found = await runs.list(documents.homeOf(open), open.path)
      return { result: found.map(brief) }
    },

    'picture.read': async ({ run, name }) => {
      const { mime, bytes } = await runs.picture(run, name)
      return { result: { mime }, bytes }
    },
    'bundle.write': async ({ run, path }) => {
      if (extname(path) !== '.dpt') throw new Fault('bad-request', "A bundle's name ends in .dpt.")
      return { result: await runs.writeBundle(run, path) }
    },

    'engine.restart': () => {
      engine.restart()
      return { result: null }
    },
  }
}
