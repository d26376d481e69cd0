/** A failure of one node, as people should read it. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure'
  readonly node: string
  constructor(node: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.node = node
  }
}
