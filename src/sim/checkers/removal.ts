/**
 * I-4: once a client knows of a removal, nothing that it says is readable by the one removed. A client knows of it when it
 * writes it down as pending; from there to the epoch that applies it, it says nothing. The same for a group, from which
 * somebody is taken out or which is dissolved: nothing is said to that group. Nor does it say anything under an epoch after
 * which it was told of another, followed or not: that may be the one that applies a removal.
 */
import { EMPTY, mapKey } from '../../base/bytes.ts'
import { type Frame, readFrame } from '../../core/channel/frame.ts'
import { isHigher } from '../../core/channel/key-schedule.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES, TERM_JUMP } from '../../wire/limits.ts'
import { AnnouncementAttachment, AnnouncementPayload, type KeyId, TreeUpdateKind } from '../../wire/messages.ts'
import { epochIn, epochInForce, hasQuorum } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { Rosters } from '../rosters.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Removal implements Checker {
  readonly looks = { 'I-4': 0 }
  readonly #truth: Truth
  /** Announcements as somebody sent them, and not as a bit that flipped on the way left them: their bytes. */
  readonly #sent = new Set<string>()
  /** Ids of the announcements that somebody has adopted. */
  readonly #adopted = new Set<string>()
  /** Epochs that each was told of in this start, by the id of the announcement. */
  readonly #told = new Map<SimNode, Map<string, KeyId>>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket({ from, bytes }: Packet): void {
    if (from !== undefined && peekKind(bytes) === 'announcement') this.#sent.add(mapKey(bytes))
  }

  onStart(node: SimNode): void {
    this.#told.delete(node)
  }

  onFrame(node: SimNode, frame: Frame): void {
    const head = frame.body.announcement
    if (head?.key === undefined || head.group.length > 0 || !this.#sent.has(mapKey(frame.bytes))) return
    if (!hasQuorum(frame, this.#truth) && !isStep(frame)) return
    // So far up is nobody but who lies.
    if (head.key.term > (epochInForce(node)?.term ?? 0) + TERM_JUMP) return
    const told = this.#told.get(node) ?? new Map<string, KeyId>()
    this.#told.set(node, told.set(mapKey(frame.id), head.key))
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'persist') {
      for (const row of effect.puts) {
        const epoch = epochIn(row)
        if (epoch !== undefined) this.#adopted.add(mapKey(epoch.announcement))
      }
    }
    if (effect.type !== 'publish' || peekKind(effect.frame) !== 'message') return
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal || frame.body.message === undefined) return
    const { group, key } = frame.body.message
    if (group.length === 0 && key !== undefined && !this.#truth.personOf(node)?.isLiar) this.#requireNewest(node, key)
    const rosters = Rosters.of(this.#truth, node)
    this.#require(node, rosters.leaving(), 'removed')
    if (group.length > 0) this.#require(node, rosters.leavingGroup(group), 'taken out')
  }

  #requireNewest(node: SimNode, key: KeyId): void {
    for (const [id, later] of this.#told.get(node) ?? []) {
      this.looks['I-4']++
      if (!isHigher(later, key) || !this.#adopted.has(id)) continue
      const [old, known] = [key, later].map(({ term, serial }) => `${term}.${serial}`)
      throw new Violation('I-4', `${node.name} says something under ${old}, and knows of ${known}`)
    }
  }

  #require(node: SimNode, leaving: ReadonlySet<string>, how: string): void {
    this.looks['I-4']++
    if (leaving.size === 0) return
    const who = this.#truth.people.filter((person) => leaving.has(person.key)).map(({ name }) => name)
    throw new Violation('I-4', `${node.name} says something that ${who.join(', ')}, ${how} to its knowledge, can read`)
  }
}

/** Whether its issuer's signature is enough: a pure step that carries what shows that this one is in office. */
function isStep({ attachment }: Frame): boolean {
  const { payload = EMPTY, certificate = EMPTY } = decodeStrict(AnnouncementAttachment, attachment, FRAME_BYTES) ?? {}
  const kind = decodeStrict(AnnouncementPayload, payload, FRAME_BYTES)?.tree?.kind
  return certificate.length > 0 && kind === TreeUpdateKind.STEP
}
