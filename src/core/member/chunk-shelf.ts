/**
 * Chunks of announcements: those this member waits for, and those it can give to members that missed them.
 *
 * The shelf is bounded over all announcements together. When it is full the chunk that came longest ago goes, but of an
 * announcement that still waits only when there is no other. What is lost is asked for again, so nothing rests on it.
 */
import { equalBytes, hex } from '../../base/bytes.ts'
import { type CheckedAnnouncement, chunkHash } from '../channel/announcement.ts'
import type { Frame } from '../channel/frame.ts'
import { KEPT_CHUNKS } from '../params.ts'

/** Whether this is the chunk that the head names at this index. */
export const isChunkOf = (head: CheckedAnnouncement['head'], index: number, data: Uint8Array): boolean => {
  const named = head.chunks[index]
  return named !== undefined && equalBytes(chunkHash(data), named)
}

export class ChunkShelf {
  /** By announcement and index, the longest here first. */
  readonly #frames = new Map<string, Frame>()

  get size(): number {
    return this.#frames.size
  }

  /**
   * Keeps a chunk; one with the same name is replaced.
   *
   * @param isWaiting - whether the announcement with this id waits for its chunks.
   */
  put(frame: Frame, isWaiting: (announcement: string) => boolean): void {
    const { announcement, index } = frame.body.chunk!
    const name = nameOf(hex(announcement), index)
    this.#frames.delete(name)
    this.#frames.set(name, frame)
    if (this.#frames.size <= KEPT_CHUNKS) return
    const names = [...this.#frames.keys()]
    this.#frames.delete(names.find((one) => !isWaiting(one.slice(0, one.indexOf('/')))) ?? names[0]!)
  }

  /** The chunk of an announcement, when it is here and has the hash that the head names. */
  get({ frame, head }: CheckedAnnouncement, index: number): Frame | undefined {
    const chunk = this.#frames.get(nameOf(hex(frame.id), index))
    return chunk !== undefined && isChunkOf(head, index, chunk.body.chunk!.data) ? chunk : undefined
  }

  /** Forgets the chunks of an announcement that nobody will ask for. */
  drop({ frame, head }: CheckedAnnouncement): void {
    for (let index = 0; index < head.chunks.length; index++) this.#frames.delete(nameOf(hex(frame.id), index))
  }
}

const nameOf = (announcement: string, index: number): string => `${announcement}/${index}`
