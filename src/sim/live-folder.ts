/** Where the homes of live nodes with processes of their own are. */
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OuterPeer } from './live-outer-peer.ts'

/** The homes of nodes in processes of their own, and these processes. Nothing of them is left when this process ends. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'conclave-'))
  readonly children = new Set<OuterPeer>()
  readonly #end = (): void => {
    for (const child of this.children) void child.kill()
    rmSync(this.path, { recursive: true, force: true })
  }

  constructor() {
    process.once('exit', this.#end)
  }

  /** All processes have ended. */
  async remove(): Promise<void> {
    process.off('exit', this.#end)
    await rm(this.path, { recursive: true, force: true })
  }
}
