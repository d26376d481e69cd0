import { useEffect } from 'react'
import type { GraphDocument } from '../../graph/document.ts'
import type { NodeCost, TrainInsight } from '../../graph/insight/train-insight.ts'
import { own } from '../../graph/own.ts'
import type { MemoryAdvice } from '../../protocol/messages.ts'
import { chosenTrain, useOverlay } from '../canvas/overlay-store.ts'
import { usePath } from '../canvas/StatusChip.tsx'
import { documentStore, insightStore, shownRun, useDocument, useInsight, useRuns } from '../state/index.ts'
import { isLive } from '../state/run-reducer.ts'
import { Button } from '../ui/Button.tsx'
import { bytes, count, duration, flopCount } from '../ui/format.ts'
import styles from './inspector.module.css'
import { Section } from './Section.tsx'
import { paramSite, setAt, usesOf } from './site.ts'

/** What a node costs in a Train, or what a Train costs in all: counted from the graph before anything runs. */
export function Cost({ node }: { readonly node: string }) {
  const id = usePath(node)
  useEffect(() => insightStore.getState().look(), [])
  const chosen = useOverlay(state => state.train)
  const trains = useInsight(state => state.trains)
  const own = trains.get(id)
  const mine = [...trains.values()].filter(train => partsOf(train, id).length > 0)
  const train = own ?? mine.find(t => t === chosenTrain({ trains }, chosen)) ?? mine[0]
  if (!train) return null
  const cost = own ? own.total : partsOf(train, id).reduce(sum)
  return (
    <Section title="Cost" note={own ? 'of a step' : `in ${train.train}`}>
      {!own && mine.length > 1 && (
        <select
          aria-label="Train that the cost is of"
          value={train.train}
          onChange={e => useOverlay.setState({ train: e.target.value })}
        >
          {mine.map(t => (
            <option key={t.train}>{t.train}</option>
          ))}
        </select>
      )}
      <dl className={styles.parts}>
        {rowsOf(cost, own).map(([name, text, about]) => (
          <div key={name} title={about}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {own && <PeakMemory train={id} />}
    </Section>
  )
}

/** A node's cost, or those of the nodes within a subgraph. */
const partsOf = ({ nodes }: TrainInsight, id: string): NodeCost[] => {
  const whole = own(nodes, id)
  const inner = Object.entries(nodes).filter(([other]) => other.startsWith(`${id}/`))
  return [...(whole ? [whole] : []), ...inner.map(([, cost]) => cost)]
}

const sum = (a: NodeCost, b: NodeCost): NodeCost => ({
  parameters: a.parameters + b.parameters,
  trained: a.trained + b.trained,
  state: a.state + b.state,
  forwardFlops: a.forwardFlops + b.forwardFlops,
  stepFlops: a.stepFlops + b.stepFlops,
  keptBytes: a.keptBytes + b.keptBytes,
})

function rowsOf(
  cost: NodeCost,
  train: TrainInsight | undefined,
): [name: string, text: string, about: string][] {
  const { parameters, trained, state, forwardFlops, stepFlops, keptBytes } = cost
  const share =
    trained === parameters ? 'all trained' : trained === 0 ? 'frozen' : `${count(trained)} trained`
  return [
    ['parameters', parameters ? `${count(parameters)}, ${share}` : 'none', 'Numbers in its weights'],
    ...(state
      ? [['state', count(state), 'Numbers that steps change without a gradient'] as [string, string, string]]
      : []),
    ['forward', flops(forwardFlops), 'Floating-point operations of the forward pass of a step'],
    ['step', flops(stepFlops), 'Floating-point operations of a step, forward and backward'],
    [
      'activations',
      keptBytes ? bytes(keptBytes) : 'none kept',
      'Kept from the forward pass for the backward pass, before the compiler saves some of it',
    ],
    ...(train
      ? ([
          ['weights', bytes(train.weightBytes), 'Bytes of all weights and states'],
          ['optimizer', bytes(train.optimizerBytes), 'Bytes that the optimizer and moving averages keep'],
        ] as [string, string, string][])
      : []),
  ]
}

const flops = (n: number): string => (n ? flopCount(n) : 'none')

const WAITS = 'The step is compiled as soon as the run is between two of its own'

/** What the compiler says that a step needs, before the first is taken. */
function PeakMemory({ train }: { readonly train: string }) {
  const measuring = useInsight(state => state.measured.get(train))
  const isRunning = useRuns(state => {
    const run = shownRun(state)
    return run !== null && isLive(run.info)
  })
  const known = measuring?.state === 'known' ? measuring.train : undefined
  const { memory } = known?.facts ?? {}
  const isTooLarge = known?.fit !== undefined && known.fit.neededBytes > known.fit.availableBytes
  return (
    <div role="status" className={styles.peak}>
      {memory && (
        <p className={styles.plain}>
          A step needs {bytes(memory.totalBytes)} at its peak, by the compiler’s count:{' '}
          {bytes(memory.argumentBytes)} for weights, optimizer and batch, {bytes(memory.temporaryBytes)} for
          activations and gradients. Compiled in {duration(known!.compileSeconds)}
          {known!.fromCache ? ', from the cache' : ''}.
          {known!.besideRun && ' How much will be free for it is not known while a run is under way.'}
        </p>
      )}
      {known && !memory && (
        <p className={styles.plain}>This engine can’t tell how much memory a step needs.</p>
      )}
      {isTooLarge && (
        <>
          <p className={styles.tooLarge}>
            <strong>It will not fit: {known.fit!.there}.</strong>
          </p>
          <ul className={styles.advice}>
            {known.advice.map(advice => (
              <Advice key={`${advice.node}.${advice.param}`} advice={advice} />
            ))}
          </ul>
        </>
      )}
      {measuring?.state === 'failed' && <p className={styles.plain}>{measuring.problem}</p>}
      {!known && (
        <Button
          hint={
            isRunning
              ? 'Compiles the step and asks the compiler. The run waits before its next step meanwhile; its results stay the same'
              : 'Compiles the step and asks the compiler; no step is taken'
          }
          disabled={measuring?.state === 'asking' && (isRunning ? WAITS : 'The step is being compiled')}
          onClick={() => void insightStore.getState().measure(train)}
        >
          {measuring?.state === 'asking' ? 'Compiling…' : 'Measure peak memory'}
        </Button>
      )}
    </div>
  )
}

function Advice({
  advice: { node, param, value, about, bytes: estimate },
}: {
  readonly advice: MemoryAdvice
}) {
  const setting = `${node}: ${param} ${String(value)}`
  const place = useDocument(state => sharedBy(state.document, node, param))
  const apply = () => {
    const { document, run } = documentStore.getState()
    const at = paramSite(document, node, [param])
    if (at) run(setAt(at.site, at.param, value), `Set ${param}`)
  }
  return (
    <li>
      <button type="button" className={styles.link} onClick={apply}>
        {setting}
      </button>
      <span>
        {about}
        {estimate !== undefined && `; about ${bytes(estimate)}`}.{place}
      </span>
    </li>
  )
}

/** Whom else a setting inside a subgraph is of. */
function sharedBy(document: GraphDocument, node: string, param: string): string {
  const def = paramSite(document, node, [param])?.site.def
  const uses = def === undefined ? 0 : usesOf(document, def)
  return uses > 1 ? ` The ${uses} uses of the subgraph “${def}” share it.` : ''
}
