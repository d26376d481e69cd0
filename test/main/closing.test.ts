import { describe, expect, test, vi } from 'vitest'
import { CHOICES, decideClosing, guardClosing } from '../../src/main/closing.ts'

describe('what closing the last window means', () => {
  test('without a run nobody is asked', async () => {
    const ask = vi.fn(async () => 0)
    expect(await decideClosing(false, ask)).toBe('end')
    expect(ask).not.toHaveBeenCalled()
  })

  test.each([
    [0, 'go-on'],
    [1, 'checkpoint'],
    [2, 'stay'],
    // The dialog was closed some other way.
    [3, 'stay'],
    [-1, 'stay'],
  ])('answer %i is %s', async (index, closing) => {
    expect(await decideClosing(true, async () => index)).toBe(closing)
  })

  test('the choices are in the order of the answers', () => {
    expect(CHOICES).toEqual(['Go on in the background', 'Checkpoint and stop', 'Cancel'])
  })
})

/** A window that closes as Electron's does: listeners may prevent it. */
class FakeWindow {
  isClosed = false
  private listener: (event: { preventDefault(): void }) => void = () => {}

  on(_event: 'close', listener: (event: { preventDefault(): void }) => void): void {
    this.listener = listener
  }

  close(): void {
    let isPrevented = false
    this.listener({
      preventDefault: () => {
        isPrevented = true
      },
    })
    if (!isPrevented) this.isClosed = true
  }
}

describe('the guard of a window', () => {
  const settle = () => new Promise(resolve => setImmediate(resolve))
  function guarded({ isBusy = true, isLast = true, answer = 2 }) {
    const window = new FakeWindow()
    const host = { isBusy, close: vi.fn(async () => {}) }
    const ask = vi.fn(async () => answer)
    guardClosing(window, () => isLast, host, ask)
    return { window, host, ask }
  }

  test('one of several windows closes at once', () => {
    const { window, ask } = guarded({ isLast: false })
    window.close()
    expect(window.isClosed).toBe(true)
    expect(ask).not.toHaveBeenCalled()
  })

  test('the last one closes by itself when nothing runs', async () => {
    const { window, ask, host } = guarded({ isBusy: false })
    window.close()
    await settle()
    expect(window.isClosed).toBe(true)
    expect(ask).not.toHaveBeenCalled()
    expect(host.close).not.toHaveBeenCalled()
  })

  test('it stays when asked to, and asks again the next time', async () => {
    const { window, ask } = guarded({ answer: 2 })
    window.close()
    window.close()
    await settle()
    expect(ask).toHaveBeenCalledTimes(1)
    expect(window.isClosed).toBe(false)
    window.close()
    await settle()
    expect(ask).toHaveBeenCalledTimes(2)
  })

  test('it closes after the checkpoint is committed', async () => {
    const { window, host } = guarded({ answer: 1 })
    let commit = () => {}
    host.close.mockReturnValue(
      new Promise<void>(resolve => {
        commit = resolve
      }),
    )
    window.close()
    await settle()
    expect(host.close).toHaveBeenCalledWith('checkpoint')
    expect(window.isClosed).toBe(false)
    commit()
    await settle()
    expect(window.isClosed).toBe(true)
  })

  test('it closes and lets the run go on', async () => {
    const { window, host } = guarded({ answer: 0 })
    window.close()
    await settle()
    expect(window.isClosed).toBe(true)
    expect(host.close).not.toHaveBeenCalled()
  })
})
