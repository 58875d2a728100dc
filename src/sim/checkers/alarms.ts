/**
 * I-13: two clients that hold different announcements for one number both know that somebody lied, T_alarm after they came
 * into contact at the latest. Once they have one epoch again, and neither was brought both in one run, nobody has the proof:
 * then this time begins anew when they part. Whoever is alarmed says nothing any more. Of one or two managers each may open a term
 * by itself: there only two of one issuer are a lie. And nobody takes a manager for a liar that never lied.
 */
import { equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Frame, readFrame } from '../../core/channel/frame.ts'
import type { Effect, Event } from '../../core/machine.ts'
import type { Notice } from '../../core/notice.ts'
import { Refusal } from '../../core/reject.ts'
import type { EpochRow } from '../../wire/rows.ts'
import { epochIn } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Scene } from '../scene.ts'
import { peekKind } from '../trace.ts'
import { isAlarm, isWanted, QUORUM_FROM, type Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

/** T_alarm. */
const ALARM_MS = 10 * SECOND_MS

interface Conflict {
  readonly between: readonly [SimNode, SimNode]
  readonly number: string
  /** Ids of the two announcements. */
  readonly ids: readonly [string, string]
  /** Since when they are in contact, and have either the proof or two epochs, virtual ms. */
  since: number | undefined
}

export class Alarms implements Checker {
  readonly looks = { 'I-13': 0 }
  readonly #truth: Truth
  /** By line and number: the epochs that a node has held. */
  readonly #held = new Map<SimNode, Map<string, EpochRow>>()
  /** The announcement of the epoch that a node holds. */
  readonly #current = new Map<SimNode, string>()
  /** Announcements that a node was brought. */
  readonly #brought = new Map<SimNode, Set<string>>()
  readonly #alarmed = new Set<SimNode>()
  readonly #conflicts: Conflict[] = []

  constructor(truth: Truth) {
    this.#truth = truth
  }

  /** What a node was brought and never took up is on no disk. */
  onStart(node: SimNode): void {
    const held = [...(this.#held.get(node)?.values() ?? [])].map(({ announcement }) => hex(announcement))
    this.#brought.set(node, (this.#brought.get(node) ?? new Set()).intersection(new Set(held)))
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'publish' && this.#alarmed.has(node) && peekKind(effect.frame) === 'message')
      throw new Violation('I-13', `${node.name} says something, and knows that a manager lied`)
    if (effect.type !== 'persist') return
    for (const row of effect.puts) {
      const epoch = epochIn(row)
      if (epoch !== undefined) this.#hold(node, epoch)
    }
  }

  onNotice(node: SimNode, notice: Notice): void {
    // A crash may come between writing it down and saying so.
    if (isAlarm(notice)) this.#alarmed.add(node)
    if (notice.type !== 'alarm') return
    this.looks['I-13']++
    const accused = this.#truth.personWith(notice.manager)
    if (accused !== undefined && !accused.isByzantine && !accused.isRolledBack)
      throw new Violation('I-13', `${node.name} takes ${accused.name} for a liar, who never lied`)
  }

  /** An honest alarm is a proof: it convinces whoever hears it. */
  onFrame(node: SimNode, frame: Frame): void {
    if (frame.kind === 'announcement') this.#bring(node, frame)
    const isHonest = this.#truth.personWith(frame.author)?.isByzantine === false
    if (frame.kind === 'alarm') this.looks['I-13']++
    if (frame.kind === 'alarm' && isHonest && node.isUp && !this.#alarmed.has(node))
      throw new Violation('I-13', `${node.name} hears a proof that a manager lied, and is not alarmed`)
  }

  onHandled(node: SimNode, event: Event, world: Scene): void {
    const { channel } = this.#truth
    if (event.type === 'answer' && channel !== undefined)
      for (const bytes of event.answer?.frames ?? []) this.#bring(node, readFrame(channel, bytes))
    for (const conflict of this.#conflicts) this.#watch(conflict, world)
  }

  #bring(node: SimNode, frame: Frame | Refusal | undefined): void {
    if (frame === undefined || frame instanceof Refusal || frame.kind !== 'announcement') return
    const brought = this.#brought.get(node) ?? new Set()
    this.#brought.set(node, brought.add(hex(frame.id)))
  }

  #hold(node: SimNode, epoch: EpochRow): void {
    if (epoch.group.length === 0 && epoch.endedAt === 0) this.#current.set(node, hex(epoch.announcement))
    const number = `${epoch.term}.${epoch.serial}${epoch.group.length === 0 ? '' : ` of group ${hex(epoch.group)}`}`
    const held = this.#held.get(node) ?? new Map<string, EpochRow>()
    this.#held.set(node, held)
    if (held.has(number)) return
    held.set(number, epoch)
    for (const [other, theirs] of this.#held) {
      const rival = theirs.get(number)
      const isLie =
        rival !== undefined && !equalBytes(rival.announcement, epoch.announcement) && this.#isProof(rival, epoch)
      if (!isLie) continue
      const ids = [hex(rival.announcement), hex(epoch.announcement)] as const
      this.#conflicts.push({ between: [node, other], number, ids, since: undefined })
    }
  }

  #isProof(one: EpochRow, other: EpochRow): boolean {
    const managers = this.#truth.people.filter(({ isManager }) => isManager).length
    // Of an epoch from before its time a client has the key and no announcement: it can prove nothing.
    if (one.isGranted || other.isGranted) return false
    const isOfOne = one.issuer.length > 0 && equalBytes(one.issuer, other.issuer)
    return managers >= QUORUM_FROM || isOfOne
  }

  #watch(conflict: Conflict, world: Scene): void {
    const [a, b] = conflict.between
    const { network } = world
    const isMet = network.isCalm && network.isLinked(a, b) && network.isLinked(b, a)
    const isBroughtBoth = conflict.between.some((node) => conflict.ids.every((id) => this.#brought.get(node)?.has(id)))
    const isOver = this.#current.get(a) === this.#current.get(b) && !isBroughtBoth
    if (!isMet || isOver || !this.#isHonest(a) || !this.#isHonest(b)) {
      conflict.since = undefined
      return
    }
    conflict.since ??= world.time
    this.looks['I-13']++
    if (world.time - conflict.since <= ALARM_MS) return
    const calm = [a, b].filter((node) => !this.#alarmed.has(node)).map(({ name }) => name)
    if (calm.length === 0) return
    throw new Violation(
      'I-13',
      `${a.name} and ${b.name} hold two epochs ${conflict.number}; ${calm.join(', ')} is not alarmed`
    )
  }

  /** A member that runs, on the disk that it had, and does not lie. */
  #isHonest(node: SimNode): boolean {
    const person = this.#truth.personOf(node)
    return (
      node.isUp &&
      !node.isPaused &&
      person !== undefined &&
      isWanted(person) &&
      !person.isRolledBack &&
      !person.isByzantine
    )
  }
}
