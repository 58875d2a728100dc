/**
 * I-23: what a peer lets others rely on is on its disk for good before they hear of it. It announces or co-signs under no
 * number above the one it keeps as used, speaks under no epoch that a power cut would take, publishes no record of itself
 * that it does not keep, and says of nothing typed, and of no removal, that it has it while it would forget it.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import { type Frame, readFrame } from '../../core/channel/frame.ts'
import type { Effect } from '../../core/machine.ts'
import { STATE_ROOM, stateKey } from '../../core/out.ts'
import { Refusal } from '../../core/reject.ts'
import type { KeyId } from '../../wire/messages.ts'
import { channelIdText } from '../../wire/names.ts'
import { ChannelRow, SelfRow } from '../../wire/rows.ts'
import { epochIn } from '../epochs.ts'
import type { Pending, SimNode } from '../node.ts'
import { Rosters } from '../rosters.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

const RESTING = ['announcement', 'coSignature', 'message']

export class Promised implements Checker {
  readonly looks = { 'I-23': 0 }
  readonly #truth: Truth

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    // A toy keeps none of this, and of a liar it is not expected.
    if (!node.machine?.rooms.includes(STATE_ROOM) || this.#truth.personOf(node)?.isLiar) return
    if (effect.type === 'publish' && RESTING.includes(peekKind(effect.frame))) {
      const frame = readFrame(effect.channel, effect.frame)
      if (frame !== undefined && !(frame instanceof Refusal) && equalBytes(frame.author, node.user))
        this.#say(node, frame)
    } else if (effect.type === 'putRecord' && effect.kind === 'user') {
      const row = node.disk.durableRow(stateKey('self'))
      const isKept = row !== undefined && equalBytes(SelfRow.decode(row.value).record, effect.value)
      this.#require(isKept, node, 'publishes a record')
    } else if (effect.type === 'result' && !(effect.result instanceof Error)) {
      const pending = node.commands.get(effect.id)
      if (pending !== undefined) this.#answer(node, pending, effect.result)
    }
  }

  #say(node: SimNode, frame: Frame): void {
    const { announcement, coSignature, message } = frame.body
    // A co-signature without a signature says no.
    const number = announcement?.key ?? (coSignature?.signature.length ? coSignature : undefined)
    if (number !== undefined) {
      const row = node.disk.durableRow(stateKey(`channel/${channelIdText(frame.channel)}`))
      const { promisedTerm = 0, promisedSerial = 0 } = row === undefined ? {} : ChannelRow.decode(row.value)
      const isUsed = number.term < promisedTerm || (number.term === promisedTerm && number.serial <= promisedSerial)
      this.#require(isUsed, node, `signs ${number.term}.${number.serial}`)
    }
    if (message?.key !== undefined) this.#require(hasEpoch(node, message.key), node, 'speaks under an epoch')
  }

  #answer(node: SimNode, { command }: Pending, result: object & { type: string; local?: string }): void {
    if (result.type === 'said' && 'channel' in command) {
      const entry = `outbox/${channelIdText(command.channel)}/${result.local}`
      this.#require(node.disk.durableRow(stateKey(entry)) !== undefined, node, 'takes a message')
    }
    if (command.type !== 'remove') return
    const rosters = new Rosters(this.#truth, node.disk.allDurable())
    const name = mapKey(command.user)
    this.#require(!rosters.members().has(name) || rosters.leaving().has(name), node, 'takes a removal')
  }

  #require(isKept: boolean, node: SimNode, what: string): void {
    this.looks['I-23']++
    if (!isKept) throw new Violation('I-23', `${node.name} ${what} that it would have forgotten after a power cut`)
  }
}

function hasEpoch(node: SimNode, { term, serial, commitment }: KeyId): boolean {
  for (const row of node.disk.allDurable()) {
    const epoch = epochIn(row)
    if (epoch?.term === term && epoch.serial === serial && equalBytes(epoch.commitment, commitment)) return true
  }
  return false
}
