import clip from '../../../graphs/clip-emoji.json'
import shuffled from '../../../graphs/clip-emoji-shuffled.json'
import type { GraphDocument } from '../../../src/graph/document.ts'
import { parseGraph } from '../../../src/graph/parse.ts'
import { writeGraph } from '../../../src/graph/write.ts'
import { FakeHost } from '../fake-host.ts'
import { addFinished, driveRuns } from './run.ts'
import { connectBridgeTo } from './to-bridge.ts'

/**
 * A window without a host: put before the window's own script, so that it finds a bridge. `?run` has a run of
 * the welcome graph that is over; `host` on the window is there to play with.
 */
const host = new FakeHost()
const text = (json: unknown) => writeGraph(parseGraph(JSON.stringify(json)).document as GraphDocument)
host.write('/graphs/clip-emoji.json', text(clip))
host.write('/graphs/clip-emoji-shuffled.json', text(shuffled))
driveRuns(host)
if (new URLSearchParams(location.search).has('run')) addFinished(host, '/graphs/clip-emoji.json', text(clip))
Object.assign(globalThis, { host, diptych: connectBridgeTo(host) })
