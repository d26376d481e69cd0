import { once } from 'node:events'
import { WebSocket } from 'ws'

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** Speaks to Node's inspector: what a process holds once its garbage is gone. */
export class Inspector {
  private readonly socket: WebSocket
  private last = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
  }

  /** @param address as a Node that was started with `--inspect` prints it */
  static async open(address: string): Promise<Inspector> {
    const socket = new WebSocket(address)
    await once(socket, 'open')
    return new Inspector(socket)
  }

  /** Bytes of the heap and of the process, after a collection. */
  async memory(): Promise<{ readonly heap: number; readonly resident: number }> {
    await this.ask('HeapProfiler.collectGarbage')
    const expression = 'JSON.stringify(process.memoryUsage())'
    const { result } = (await this.ask('Runtime.evaluate', { expression })) as {
      readonly result: { readonly value: string }
    }
    const { heapUsed, external, rss } = JSON.parse(result.value) as NodeJS.MemoryUsage
    return { heap: heapUsed + external, resident: rss }
  }

  close(): void {
    this.socket.close()
  }

  private ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.last
    return new Promise((resolve, reject) => {
      const hear = (data: unknown) => {
        const answer = JSON.parse(String(data)) as Answer
        if (answer.id !== id) return
        this.socket.off('message', hear)
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`))
        else resolve(answer.result)
      }
      this.socket.on('message', hear)
      this.socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
