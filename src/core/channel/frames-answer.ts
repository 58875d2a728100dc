/**
 * The answer to a question for messages: whoever keeps frames, with or without keys, answers by the same rule (protocol §12).
 *
 * Frames come newest first, range after range. An answer is full at a bound; the asker goes on below the oldest it got.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { ANSWERED_FRAMES, ANSWERED_FRAMES_BYTES, SCANNED_MESSAGES } from '../../wire/limits.ts'
import type { Answer, Range } from '../../wire/messages.ts'

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
    const isWanted = kept !== undefined && isInRange(range, kept)
    const isFull = this.#frames.length === ANSWERED_FRAMES || this.#looks++ === SCANNED_MESSAGES
    if (isFull || (isWanted && this.#bytes + kept.frame.length > ANSWERED_FRAMES_BYTES)) {
      this.#isMore = true
      return false
    }
    if (isWanted) {
      this.#frames.push(kept.frame)
      this.#bytes += kept.frame.length
    }
    return true
  }

  get answer(): Answer {
    return { descriptors: EMPTY, records: [], frames: this.#frames, sealed: EMPTY, isMore: this.#isMore }
  }
}
