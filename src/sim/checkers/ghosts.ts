/**
 * I-3, from the side of whoever speaks: nothing is said under an epoch whose roster is another than the one that follows
 * from the statements on the own disk, or whose log is another than these. So nobody whom no statement admits is spoken to,
 * whatever a manager announces.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import { readFrame } from '../../core/channel/frame.ts'
import { IdSet } from '../../core/channel/id-set.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import type { Announcement } from '../../wire/messages.ts'
import { announcementIn } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { Rosters } from '../rosters.ts'
import type { Scene } from '../scene.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Ghosts implements Checker {
  readonly looks = { 'I-3': 0 }
  readonly #truth: Truth
  /** Heads of announcements, by the commitment of the epoch. */
  readonly #announced = new Map<string, Announcement>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket(packet: Packet, world: Scene): void {
    const announced = announcementIn(packet, world)
    if (announced !== undefined) this.#announced.set(mapKey(announced.key.commitment), announced.head)
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type !== 'publish' || peekKind(effect.frame) !== 'message' || this.#truth.personOf(node)?.isLiar) return
    const frame = readFrame(effect.channel, effect.frame)
    const message = frame instanceof Refusal ? undefined : frame?.body.message
    const announced = message?.key && this.#announced.get(mapKey(message.key.commitment))
    if (announced === undefined || (message?.group.length ?? 0) > 0) return
    this.looks['I-3']++
    const rosters = Rosters.of(this.#truth, node)
    const members = rosters.members()
    const own = this.#truth.people.filter(({ key }) => members.has(key)).map(({ node: { user } }) => user)
    const roster = own.reduce((ids, user) => ids.with(user), IdSet.EMPTY)
    if (!equalBytes(roster.root(), announced.roster))
      throw new Violation('I-3', `${node.name} says something to somebody whom it has not seen admitted`)
    if (!equalBytes(rosters.logHead(), announced.logHead))
      throw new Violation('I-3', `${node.name} says something under an epoch whose log is not the one it has`)
  }
}
