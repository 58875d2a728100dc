/**
 * I-19: nobody storms. Within any ten seconds of its own clock a process sends no more key requests, and asks no question
 * more often, than the schedule of retries allows, nor says more often that it is there than its interval; a manager that
 * does not lie issues an epoch for a reason, and a reason is a newcomer, a removal, a command, a start, or a member that has
 * lost its way, so many of these and no more within a minute; what somebody stated is its own reason, once. Each group
 * counts by itself.
 */
import { EMPTY, hex, mapKey } from '../../base/bytes.ts'
import { readFrame } from '../../core/channel/frame.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import { Reason } from '../../wire/messages.ts'
import type { SimNode } from '../node.ts'
import type { Scene } from '../scene.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

const WINDOW_MS = 10_000
const MAX_REQUESTS = 12
const MAX_ASKS = 14
/** Each epoch is a reason to tell again what it leaves out. */
const MAX_STATEMENTS = 30
/** One every interval, and one more whenever the carrier comes back. */
const MAX_DIGESTS = 6
const EPOCH_WINDOW_MS = 60_000
const MAX_EPOCHS = 60

export class Pace implements Checker {
  readonly looks = { 'I-19': 0 }
  readonly #truth: Truth
  readonly #moments = new Map<string, number[]>()
  /** Ids of announcements: a member that is behind is told an old one again. */
  readonly #announced = new Set<string>()
  /** Lines with heads of the log under which an epoch was made there. */
  readonly #heads = new Set<string>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect, world: Scene): void {
    if (effect.type === 'ask') {
      const of = lineOf(effect.question.epochs?.group ?? EMPTY)
      this.#count(node, world, `asks ${effect.id.split(':').at(-1)}${of}`, MAX_ASKS, WINDOW_MS)
    } else if (effect.type === 'publish') {
      const kind = peekKind(effect.frame)
      if (kind === 'keyRequest') this.#count(node, world, 'requests keys', MAX_REQUESTS, WINDOW_MS)
      if (kind === 'statements') this.#count(node, world, 'tells statements', MAX_STATEMENTS, WINDOW_MS)
      if (kind === 'digest') this.#count(node, world, 'says that it is there', MAX_DIGESTS, WINDOW_MS)
      if (kind !== 'announcement') return
      const frame = readFrame(effect.channel, effect.frame)
      if (frame === undefined || frame instanceof Refusal || this.#announced.has(mapKey(frame.id))) return
      this.#announced.add(mapKey(frame.id))
      if (this.#truth.personOf(node)?.isLiar) return
      const { group, logHead, reason } = frame.body.announcement!
      const head = `${hex(group)} ${hex(logHead)}`
      const isStated = reason === Reason.STATED && !this.#heads.has(head)
      this.#heads.add(head)
      if (!isStated) this.#count(node, world, `makes epochs${lineOf(group)}`, MAX_EPOCHS, EPOCH_WINDOW_MS)
    }
  }

  #count(node: SimNode, world: Scene, what: string, max: number, windowMs: number): void {
    this.looks['I-19']++
    const at = node.clock.uptimeMs(world.time)
    const name = `${node.name} ${node.incarnation} ${what}`
    const moments = this.#moments.get(name) ?? []
    this.#moments.set(name, moments)
    moments.push(at)
    while (moments[0]! <= at - windowMs) moments.shift()
    if (moments.length <= max) return
    throw new Violation('I-19', `${node.name} ${what} ${moments.length} times in ${windowMs / 1000} s`)
  }
}

const lineOf = (group: Uint8Array): string => (group.length === 0 ? '' : ` of group ${hex(group).slice(0, 8)}`)
