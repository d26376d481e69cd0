import { expect } from 'vitest'

/** Whether vitest was asked to make anew what tests compare with: `--update`. To be asked within a test. */
export const updating = (): boolean =>
  (expect.getState().snapshotState as unknown as { _updateSnapshot: string })._updateSnapshot === 'all'
