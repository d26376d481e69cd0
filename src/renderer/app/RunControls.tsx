import { ChevronDown, ListPlus, Pause, Play, Square, StepBack, StepForward } from 'lucide-react'
import type { ReactNode } from 'react'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { shownRun, useDocument, useRuns, useSession } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { classes } from '../ui/classes.ts'
import { Menu } from '../ui/Menu.tsx'
import styles from './RunControls.module.css'
import { hold, interrupt, move, runGraph, step } from './run-actions.ts'
import { type Control, controlsOf } from './run-controls.ts'
import { statusOf } from './run-status.ts'

/** Run, Pause or Resume, Back, Step, Stop, and how the run goes. They keep their places in every state. */
export function RunControls() {
  const checked = useDocument(s => s.checked)
  const empty = useDocument(s => Object.keys(s.document.nodes).length === 0)
  const connection = useSession(s => s.connection)
  const run = useRuns(shownRun)
  const controls = controlsOf({ checked, empty, connection, run })
  const keys = useShownKeys()
  const queues = controls.run.label === 'Queue'
  return (
    // biome-ignore lint/a11y/useSemanticElements: these are no fields of a form
    <div className={styles.controls} role="group" aria-label="Run">
      <div className={styles.run}>
        <Button
          kind="primary"
          className={styles.main}
          icon={queues ? <ListPlus size={15} /> : <Play size={14} fill="currentColor" />}
          hint={controls.run.hint}
          shortcut={keys('run')}
          disabled={controls.run.off}
          onClick={() => void runGraph()}
        >
          {controls.run.label}
        </Button>
        <Menu
          label="Ways to run"
          items={[
            { text: 'Run', icon: <Play size={15} />, disabled: controls.run.off, run: () => void runGraph() },
            {
              text: 'Run, and train again what is cached',
              icon: <Play size={15} />,
              disabled: controls.run.off,
              run: () => void runGraph({ fresh: true }),
            },
            {
              text: 'Start, and hold before the first step',
              icon: <Pause size={15} />,
              disabled: controls.run.off,
              run: () => void runGraph({ paused: true }),
            },
          ]}
          trigger={props => (
            <IconButton
              {...props}
              kind="primary"
              label="Ways to run"
              className={styles.more}
              disabled={controls.run.off}
              icon={<ChevronDown size={14} />}
            />
          )}
        />
      </div>
      <Act
        control={controls.hold}
        className={styles.hold}
        icon={controls.hold.action === 'pause' ? <Pause size={14} /> : <Play size={14} />}
        run={() => void hold()}
      />
      <Act
        control={controls.back}
        icon={<StepBack size={14} />}
        keys={keys('back')}
        run={() => void move('back', 1)}
      />
      <Act
        control={controls.step}
        icon={<StepForward size={14} />}
        keys={keys('step')}
        run={() => void step()}
      />
      <Act
        control={controls.stop}
        icon={<Square size={13} />}
        keys={keys('interrupt')}
        run={() => void interrupt()}
      />
      <Status />
    </div>
  )
}

interface ActProps {
  readonly control: Control
  readonly icon: ReactNode
  readonly keys?: string
  readonly className?: string
  readonly run: () => void
}

/** A control; in a narrow window it is only its picture, and the tooltip has the word. */
function Act({ control: { label, hint, off }, icon, keys, className, run }: ActProps) {
  return (
    <Button
      className={className}
      icon={icon}
      hint={`${label}\n${hint}`}
      shortcut={keys}
      disabled={off && `${label}\n${off}`}
      onClick={run}
    >
      <span className={styles.label}>{label}</span>
    </Button>
  )
}

function Status() {
  const run = useRuns(shownRun)
  const document = useDocument(s => s.document)
  const blocked = useDocument(s => !s.checked.ok)
  if (!run)
    return (
      <div className={styles.status}>
        <span className={styles.state}>
          <span className={styles.dot} />
          {blocked ? 'Not ready' : 'Ready'}
        </span>
        <span className={styles.detail}>
          {blocked ? 'the graph has problems' : 'this graph has not run yet'}
        </span>
      </div>
    )
  const { state, kind, busy, detail } = statusOf(run, document)
  return (
    <div className={classes(styles.status, styles[kind])} title={detail}>
      <span className={styles.state} role="status">
        <span className={classes(styles.dot, busy && styles.pulse)} />
        {state}
      </span>
      <span className={styles.detail} data-testid="run-detail">
        {detail}
      </span>
    </div>
  )
}
