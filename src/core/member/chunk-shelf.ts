/**
 * Chunks of announcements: those this member waits for, and those it can give to members that missed them.
 *
 * The shelf is bounded over all announcements together. When it is full the chunk that came longest ago goes, but of an
 * announcement that still waits only when there is no other. What is lost is asked for again, so nothing rests on it.
 */
import { equalBytes, hex } from '../../base/bytes.ts'
import { STREAM_MESSAGE_BYTES } from '../../wire/limits.ts'
import type { EpochsQuestion } from '../../wire/messages.ts'
import { type CheckedAnnouncement, certificateOf, chunkHash } from '../channel/announcement.ts'
import type { Frame } from '../channel/frame.ts'
import { ANSWERED_ANNOUNCEMENTS, KEPT_CHUNKS } from '../params.ts'

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

/** What a frame adds to an answer beyond its own bytes: tag and length. */
const FRAME_EXTRA_BYTES = 8

/** Terms told of at most. */
const OPENINGS = 8

/** Certificates of the first epochs of terms, but for the newest epoch. */
const openings = (kept: readonly CheckedAnnouncement[]): { frame: Frame }[] =>
  kept
    .slice(0, -1)
    .filter(({ head }) => head.key.serial === 1)
    .slice(-OPENINGS)
    .map(({ frame }) => ({ frame: certificateOf(frame) }))

const bytesOf = ({ frame }: { frame: Frame }): Uint8Array => frame.bytes

/**
 * Frames for a member that has not followed since an epoch: the announcements after it, oldest first, and of the first
 * of them the chunks it asks for. When we know none after it, the newest alone, and the certificates with which terms began:
 * one of them may tell where its way and ours parted.
 *
 * @param kept - adopted announcements of the line, oldest first.
 * @returns as much as fits an answer. When that is not all, the newest comes last as a certificate: how far it goes.
 */
export function framesAfter(
  kept: readonly CheckedAnnouncement[],
  shelf: ChunkShelf,
  { after, chunks }: Pick<EpochsQuestion, 'after' | 'chunks'>
): { frames: Uint8Array[]; isMore: boolean } {
  const known = kept.findIndex(({ frame }) => equalBytes(frame.id, after))
  const from = known >= 0 ? known + 1 : kept.findIndex(({ head }) => equalBytes(head.previous, after))
  if (after.length > 0 && from < 0)
    return { frames: [...openings(kept), ...kept.slice(-1)].map(bytesOf), isMore: false }
  const wanted = after.length > 0 ? kept.slice(from) : kept.slice(-1)
  const [first, newest] = [wanted[0], wanted.at(-1)]
  if (first === undefined || newest === undefined) return { frames: [], isMore: false }
  const asked = [...new Set(chunks)].map((index) => shelf.get(first, index)?.bytes)
  const certificate = certificateOf(newest.frame).bytes
  const rest = [first.frame.bytes, ...asked, ...wanted.slice(1).map(({ frame }) => frame.bytes)]
  const frames: Uint8Array[] = []
  let room = STREAM_MESSAGE_BYTES - certificate.length - 2 * FRAME_EXTRA_BYTES
  for (const bytes of rest.filter((one) => one !== undefined)) {
    room -= bytes.length + FRAME_EXTRA_BYTES
    if (room < 0 || frames.length === ANSWERED_ANNOUNCEMENTS) return { frames: [...frames, certificate], isMore: true }
    frames.push(bytes)
  }
  return { frames, isMore: false }
}
