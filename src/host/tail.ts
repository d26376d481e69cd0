/** The last bytes of a stream of text: what a process said before it died. */
export class Tail {
  private readonly limit: number
  private chunks: Uint8Array[] = []
  private bytes = 0

  constructor(limit: number) {
    this.limit = limit
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    if (this.bytes <= 2 * this.limit) return
    const kept = Buffer.concat(this.chunks).subarray(-this.limit)
    this.chunks = [kept]
    this.bytes = kept.length
  }

  toString(): string {
    return Buffer.concat(this.chunks).subarray(-this.limit).toString('utf8')
  }
}
