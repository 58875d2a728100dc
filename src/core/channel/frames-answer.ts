/**
 * The answer to a question for messages, or for session frames: whoever keeps frames, with or without keys, answers by the
 * same rule (protocol §12).
 *
 * Messages come newest first, range after range; the asker goes on below the oldest it got. Session frames come of each author
 * the newest first, of one author after the other in turn, so that none stands before another's; the asker names what it has.
 * An answer is full at a bound.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import {
  ANSWERED_FRAMES,
  ANSWERED_FRAMES_BYTES,
  KNOWN_FRAMES,
  KNOWN_ID_BYTES,
  SCANNED_MESSAGES
} from '../../wire/limits.ts'
import type { Answer, Range, SessionsQuestion } from '../../wire/messages.ts'

/** A message as it is kept for others: what its frame says in clear of where it belongs, and the frame. */
export interface KeptFrame {
  readonly sender: Uint8Array
  /** Empty: said to the channel itself. */
  readonly group: Uint8Array
  readonly lamport: number
  readonly frame: Uint8Array
}

/** Whether a question's range asks for a message. */
export const isInRange = ({ sender, group, from, to }: Range, kept: KeptFrame): boolean =>
  kept.lamport >= from &&
  kept.lamport <= to &&
  (sender.length === 0 || (equalBytes(sender, kept.sender) && equalBytes(group, kept.group)))

/** How a question names a frame that its asker has. */
export const beginningOf = (id: Uint8Array): Uint8Array => id.subarray(0, KNOWN_ID_BYTES)

/** Whether a question for session frames is within its bounds. */
export const isWithinBounds = ({ known }: SessionsQuestion): boolean =>
  known.length <= KNOWN_FRAMES && known.every(({ length }) => length === KNOWN_ID_BYTES)

/** Collects the frames of one answer. */
export class FramesAnswer {
  readonly #frames: Uint8Array[] = []
  #bytes = 0
  #looks = 0
  #isMore = false

  /**
   * Looks at what is kept, newest first for each range.
   *
   * @param kept - undefined for what cannot be given away.
   * @returns false when the answer is full, and nothing more is to be looked at.
   */
  look(range: Range, kept: KeptFrame | undefined): boolean {
    return this.take(kept !== undefined && isInRange(range, kept) ? kept.frame : undefined)
  }

  /**
   * Takes the next frame.
   *
   * @param frame - undefined for one that is passed over.
   * @returns as `look`.
   */
  take(frame: Uint8Array | undefined): boolean {
    const isFull = this.#frames.length === ANSWERED_FRAMES || this.#looks++ === SCANNED_MESSAGES
    if (isFull || (frame !== undefined && this.#bytes + frame.length > ANSWERED_FRAMES_BYTES)) {
      this.#isMore = true
      return false
    }
    if (frame !== undefined) {
      this.#frames.push(frame)
      this.#bytes += frame.length
    }
    return true
  }

  get answer(): Answer {
    return { descriptors: EMPTY, records: [], frames: this.#frames, sealed: EMPTY, isMore: this.#isMore }
  }
}
