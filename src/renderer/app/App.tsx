import { useEffect } from 'react'
import { Canvas } from '../canvas/Canvas.tsx'
import { Palette } from '../canvas/Palette.tsx'
import { useCommands } from '../commands/use-commands.ts'
import { Inspector } from '../inspector/Inspector.tsx'
import { RunPanel } from '../runs/RunPanel.tsx'
import { useDocument } from '../state/index.ts'
import { brief } from '../ui/brief.ts'
import { Splitter } from '../ui/Splitter.tsx'
import styles from './App.module.css'
import { ConnectionOverlay } from './ConnectionOverlay.tsx'
import { Dialogs } from './Dialogs.tsx'
import { LIMITS, type Panel } from './layout.ts'
import { resize, useLayout } from './layout-store.ts'
import { Notices } from './Notices.tsx'
import { TabStrip } from './TabStrip.tsx'
import { Toasts } from './Toasts.tsx'
import { TopBar } from './TopBar.tsx'
import { useFileDrop } from './use-file-drop.ts'
import { useGuard } from './use-guard.ts'

/** The window: a bar, the canvas, and panels around it. */
export function App() {
  useCommands()
  useGuard()
  useFileDrop()
  const title = useDocument(s => brief(s.document.meta.title))
  const dirty = useDocument(s => s.dirty)
  useEffect(() => {
    document.title = `${dirty ? '• ' : ''}${title || 'Untitled graph'} – Diptych`
  }, [title, dirty])
  const { palette, inspector, runs } = useLayout()
  const open = useDocument(s => s.id !== null)
  return (
    <div className={styles.app}>
      <TopBar />
      <TabStrip />
      <Notices />
      <div className={styles.work}>
        {palette.open && (
          <>
            <aside className={styles.side} style={{ width: palette.size }} aria-label="Nodes">
              <Palette />
            </aside>
            <Edge panel="palette" label="Width of the node list" />
          </>
        )}
        <div className={styles.middle}>
          <main className={styles.canvas} aria-label="Graph">
            {open ? <Canvas /> : <div className={styles.opening}>Opening…</div>}
          </main>
          {runs.open && (
            <>
              <Edge panel="runs" label="Height of the run panel" after />
              <section className={styles.below} style={{ height: runs.size }} aria-label="Runs">
                <RunPanel />
              </section>
            </>
          )}
        </div>
        {inspector.open && (
          <>
            <Edge panel="inspector" label="Width of the inspector" after />
            <aside className={styles.side} style={{ width: inspector.size }} aria-label="Inspector">
              <Inspector />
            </aside>
          </>
        )}
      </div>
      <Dialogs />
      <ConnectionOverlay />
      <Toasts />
    </div>
  )
}

function Edge({
  panel,
  label,
  after,
}: {
  readonly panel: Panel
  readonly label: string
  readonly after?: boolean
}) {
  const size = useLayout(s => s[panel].size)
  const { min, max, first } = LIMITS[panel]
  return (
    <Splitter
      label={label}
      direction={panel === 'runs' ? 'horizontal' : 'vertical'}
      size={size}
      min={min}
      max={max}
      after={after}
      onResize={next => resize(panel, next)}
      onReset={() => resize(panel, first)}
    />
  )
}
