import { CloudDownload, Eye, FileWarning, History, PackageOpen, TriangleAlert } from 'lucide-react'
import { documentActions, documentStore, shownRun, useDocument, useRuns, useSession } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Progress } from '../ui/Progress.tsx'
import { EngineNotice } from './EngineNotice.tsx'
import { showSaveAs } from './file-actions.ts'
import { Notice } from './Notice.tsx'
import styles from './Notices.module.css'

/** Everything that a person should know before going on, one under the other. */
export function Notices() {
  return (
    <>
      <EngineNotice />
      <PluginNotice />
      <ChangedNotice />
      <ReaderNotice />
      <RecoveredNotice />
      <ForeignNotice />
    </>
  )
}

function PluginNotice() {
  const plugin = useSession(s => s.plugin)
  if (plugin.state === 'ready') return null
  if (plugin.state === 'fetching')
    return (
      <Notice
        icon={<CloudDownload size={17} />}
        title="Fetching the XLA plugin, once."
        more={`${plugin.what}. You can edit meanwhile; runs start when it is here.`}
        actions={
          <div className={styles.bar}>
            <Progress label="Fetching the XLA plugin" />
          </div>
        }
      />
    )
  return (
    <Notice
      kind="warn"
      icon={<TriangleAlert size={17} />}
      title="XLA is not there."
      more={`${plugin.problem} Graphs of toy size run on the reference engine.`}
    />
  )
}

function ChangedNotice() {
  const changed = useDocument(s => s.changedOnDisk)
  const dirty = useDocument(s => s.dirty)
  if (!changed) return null
  if (changed.version === null)
    return (
      <Notice
        kind="warn"
        icon={<FileWarning size={17} />}
        title="The file is not what was opened any more."
        more="It was moved, deleted or written by someone else."
        actions={
          <>
            <Button small onClick={showSaveAs}>
              Save as…
            </Button>
            <Button small onClick={() => void documentActions.reload()}>
              Reload
            </Button>
          </>
        }
      />
    )
  return (
    <Notice
      kind="warn"
      icon={<FileWarning size={17} />}
      title="The file has changed on the disk."
      more={dirty ? 'Someone else wrote it while you were editing.' : 'Someone else wrote it.'}
      actions={
        <>
          <Button small onClick={() => void documentActions.reload()}>
            {dirty ? 'Reload, drop my edits' : 'Reload'}
          </Button>
          <Button small onClick={() => documentActions.keepMine()}>
            Keep mine
          </Button>
        </>
      }
    />
  )
}

function ReaderNotice() {
  const lease = useDocument(s => s.lease)
  if (lease.mode !== 'reader') return null
  return (
    <Notice
      icon={<Eye size={17} />}
      title="Read-only."
      more={`This document is being edited elsewhere: ${lease.holder}.`}
      actions={
        <Button small onClick={() => void documentActions.takeOver()}>
          Take over
        </Button>
      }
    />
  )
}

function RecoveredNotice() {
  const recovered = useDocument(s => s.recovered)
  if (recovered === 0) return null
  const drop = () => {
    documentStore.getState().undo()
    documentActions.dismissRecovered()
  }
  return (
    <Notice
      icon={<History size={17} />}
      title={recovered === 1 ? 'One edit was brought back' : `${recovered} edits were brought back`}
      more="from a session that ended before they were saved."
      actions={
        <>
          <Button small onClick={() => documentActions.dismissRecovered()}>
            Keep them
          </Button>
          <Button small onClick={drop}>
            Undo them
          </Button>
        </>
      }
    />
  )
}

function ForeignNotice() {
  const foreign = useRuns(s => shownRun(s)?.foreign ?? false)
  if (!foreign) return null
  return (
    <Notice
      icon={<PackageOpen size={17} />}
      title="Results from a bundle."
      more="They are the author's and were not checked here. Run the graph to get your own."
    />
  )
}
