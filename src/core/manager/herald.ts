/** The heartbeats of the manager in office: it tells everybody which epochs are the newest (protocol §7). */
import { EMPTY } from '../../base/bytes.ts'
import type { KeyId } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { makeFrame } from '../channel/frame.ts'
import type { Out } from '../out.ts'

/** Every so many heartbeats one tells of a group, one group after the other. */
const GROUP_BEATS = 4

export class Herald {
  readonly #context: Context
  /** The number of the next heartbeat, and how often we told of the channel. */
  #counter = 0
  #rounds = 0

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * Tells of the channel's epoch, and now and then of a group's.
   *
   * @param groups - the newest announcement of each.
   * @param isBacked - whether enough managers follow for a new root.
   */
  tell(
    { key, announcement }: { readonly key: KeyId; readonly announcement: Uint8Array },
    groups: readonly { readonly group: Uint8Array; readonly announcement: Uint8Array }[],
    isBacked: boolean,
    out: Out
  ): void {
    this.#say(EMPTY, key.term, announcement, isBacked, out)
    if (groups.length === 0 || ++this.#rounds % GROUP_BEATS !== 0) return
    const next = groups[(this.#rounds / GROUP_BEATS) % groups.length]!
    this.#say(next.group, key.term, next.announcement, isBacked, out)
  }

  #say(group: Uint8Array, term: number, announcement: Uint8Array, isBacked: boolean, out: Out): void {
    const { channel, self, log, charter } = this.#context
    const heartbeat = {
      group,
      term,
      counter: this.#counter++,
      announcement,
      logHead: log.head,
      descriptor: charter.ref,
      isBacked,
      boot: self.boot,
      isFollowing: false
    }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { heartbeat }).bytes })
  }
}
