/**
 * What comes of one event of a pair, in the order in which it must happen: what is written comes first, then what the user is
 * told, and last what others see.
 */
import { u64 } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import type { Content, SessionFrame } from '../../wire/messages.ts'
import type { UserId } from '../identity/user.ts'
import type { UserRecord } from '../identity/user-record.ts'
import type { Row, RowKey } from '../machine.ts'
import type { Out } from '../out.ts'
import type { Initiator } from './handshake.ts'

/** Something said to one user, as it is kept and shown. */
export interface DirectText {
  /** The other user, who said it or to whom it was said. */
  readonly user: UserId
  readonly isOwn: boolean
  /** 32 bytes, the same at both ends: what edits and reactions name. */
  readonly id: Uint8Array
  readonly number: number
  readonly content: Content
}

/** @param instance - in which it was said first: with the number its name. */
export function directText(
  self: UserId,
  user: UserId,
  isOwn: boolean,
  instance: Uint8Array,
  number: number,
  content: Content
): DirectText {
  const [sender, receiver] = isOwn ? [self, user] : [user, self]
  const id = hash(LABEL.sessionText, sender, receiver, instance, u64(number))
  return { user, isOwn, id, number, content }
}

/** What the user is told. */
export type PairNotice =
  | { readonly type: 'text'; readonly text: DirectText }
  /** The other end has what we said; so many that come before it are not acknowledged. */
  | { readonly type: 'received'; readonly user: UserId; readonly id: Uint8Array; readonly before: number }
  /** What waits is said again under another name: the other end has something else under that one. */
  | { readonly type: 'renamed'; readonly was: DirectText; readonly text: DirectText }
  /** Our own state is older than what the other end has heard of us. */
  | { readonly type: 'setBack'; readonly user: UserId }
  /** So many texts of the other end will not come: it does not have them any more. */
  | { readonly type: 'gap'; readonly user: UserId; readonly missing: number }
  /** The other end has begun anew: it had lost the session, or believed that we had. */
  | { readonly type: 'renewed'; readonly user: UserId }
  /** A session can only be started with a newer record of the other. */
  | { readonly type: 'recordNeeded'; readonly user: UserId }

/** What a pair needs of the peer that owns it. */
export interface PairContext {
  /** Who we are now. */
  readonly self: Initiator
  /** The newest valid record known of a user. */
  recordOf(user: UserId): UserRecord | undefined
  /** The rows that keep a text; they are written together with the state it belongs to. */
  rowsOf(text: DirectText): readonly Row[]
  /**
   * The same for a text of ours that has another name now.
   *
   * @param before - so many that come before it were not acknowledged until this event.
   */
  rowsOfRenamed(
    was: DirectText,
    text: DirectText,
    before: number
  ): { readonly puts: readonly Row[]; readonly deletes: readonly RowKey[] }
  /** Puts a frame on its way to the user, after everything in `out`. */
  post(user: UserId, frame: SessionFrame, out: Out): void
  tell(notice: PairNotice, out: Out): void
}

/** Rows, notices and frames of one event. */
export class Turn {
  readonly #puts = new Map<string, Row>()
  readonly #deletes = new Map<string, RowKey>()
  readonly frames: SessionFrame[] = []
  readonly notices: PairNotice[] = []
  isDurable = false
  /** The other end has begun anew. */
  isRenewed = false

  write({ puts, deletes }: { readonly puts: readonly Row[]; readonly deletes: readonly RowKey[] }): void {
    for (const row of puts) {
      this.#puts.set(keyOf(row), row)
      this.#deletes.delete(keyOf(row))
    }
    for (const key of deletes) {
      this.#deletes.set(keyOf(key), key)
      this.#puts.delete(keyOf(key))
    }
  }

  finish(user: UserId, context: PairContext, out: Out): void {
    const { isDurable } = this
    const puts = [...this.#puts.values()]
    const deletes = [...this.#deletes.values()]
    if (puts.length + deletes.length > 0) out.push({ type: 'persist', puts, deletes, isDurable })
    if (this.isRenewed) context.tell({ type: 'renewed', user }, out)
    for (const notice of this.notices) context.tell(notice, out)
    for (const frame of this.frames) context.post(user, frame, out)
  }
}

const keyOf = ({ room, entry, order }: RowKey): string => `${room}\n${entry}\n${order ?? 0}`
