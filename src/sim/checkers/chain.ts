/**
 * I-10, from the side of whoever follows: the epoch that comes after the one held names it as the one before, is of the same
 * issuer within its term, and is the first of any other. So all who have followed into a term have one chain of it, or two
 * announcements of one number, which is proof of a lie. I-16: whoever is no manager takes nothing for a key that opens nothing.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import type { Effect, Row } from '../../core/machine.ts'
import type { Announcement } from '../../wire/messages.ts'
import type { EpochRow } from '../../wire/rows.ts'
import { announcementIn, epochIn, epochInForce } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import type { Scene } from '../scene.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Chain implements Checker {
  readonly looks = { 'I-10': 0, 'I-16': 0 }
  readonly #truth: Truth
  /** Heads of announcements, by their ids. */
  readonly #heads = new Map<string, Announcement>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket(packet: Packet, world: Scene): void {
    const announced = announcementIn(packet, world)
    if (announced !== undefined) this.#heads.set(mapKey(announced.frame.id), announced.head)
  }

  onEffect(node: SimNode, effect: Effect): void {
    const person = this.#truth.personOf(node)
    if (effect.type !== 'persist' || person?.isLiar) return
    if (person?.isManager === false) for (const row of effect.puts) this.#requireKey(node, row)
    if (isGranting(node)) return
    for (const row of effect.puts) {
      const next = epochIn(row)
      const head = next && this.#heads.get(mapKey(next.announcement))
      if (head === undefined || next!.endedAt > 0 || equalBytes(next!.issuer, node.user)) continue
      const held = epochInForce(node)
      if (held !== undefined && !equalBytes(held.announcement, next!.announcement))
        this.#require(node, held, next!, head.previous)
    }
  }

  #requireKey(node: SimNode, row: Row): void {
    const epoch = epochIn(row)
    if (epoch === undefined || epoch.endedAt > 0 || epoch.group.length > 0) return
    this.looks['I-16']++
    if (epoch.tree.length === 0) throw new Violation('I-16', `${node.name} takes for a key what opens nothing`)
  }

  #require(node: SimNode, held: EpochRow, next: EpochRow, previous: Uint8Array): void {
    this.looks['I-10']++
    const way = `${node.name} follows ${next.term}.${next.serial} from ${held.term}.${held.serial}`
    if (!equalBytes(previous, held.announcement)) throw new Violation('I-10', `${way}, which is not the one before it`)
    if (next.term === held.term && !equalBytes(next.issuer, held.issuer))
      throw new Violation('I-10', `${way}, which is of another issuer`)
    if (next.term !== held.term && next.serial !== 1)
      throw new Violation('I-10', `${way}, and that term begins with its first epoch`)
  }
}

/** Whether what a peer does comes of a grant, which leads wherever its manager is. */
function isGranting({ handling }: SimNode): boolean {
  if (handling?.type === 'frame') return handling.frame.kind === 'grant'
  return handling?.type === 'answer' && handling.answer?.frames.length === 0
}
