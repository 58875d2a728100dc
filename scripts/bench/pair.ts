/**
 * Two peers of one channel in memory, the founder and a member, with everything between them handed over by hand: what a
 * message costs in the machines alone.
 */
import { randomBytes } from 'node:crypto'
import { present } from '../../src/base/assert.ts'
import { atMillis } from '../../src/base/time.ts'
import { type Frame, readFrame } from '../../src/core/channel/frame.ts'
import type { Command, CommandResult } from '../../src/core/command.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { Admission, type Answer, type Content } from '../../src/wire/messages.ts'

interface Side {
  readonly peer: Peer
  heard: number
  wakeAt: number | undefined
  result: CommandResult | undefined
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

const sideOf = (nick: string): Side => ({
  peer: new Peer({ key: signingKey(random(32)), nick }),
  heard: 0,
  wakeAt: undefined,
  result: undefined
})

export class Pair {
  readonly #founder = sideOf('alice')
  readonly #member = sideOf('bob')
  readonly #channel: Uint8Array
  /** While the channel is set up, frames go over at once; later they are kept for `hear`. */
  #isLive = true
  #published: Uint8Array[] = []
  #uptimeMs = 1_000
  #commands = 0
  readonly #now = Date.now()

  constructor() {
    this.#send(this.#founder, { type: 'restore', rows: [] })
    this.#send(this.#member, { type: 'restore', rows: [] })
    const settings = { name: 'bench', admission: Admission.OPEN }
    const founded = this.#command(this.#founder, { type: 'createChannel', settings })
    this.#channel = founded.type === 'channel' ? founded.channel.id : random(32)
    const invite = { type: 'invite', channel: this.#channel, uses: 0, lifetimeMs: undefined, addresses: [] } as const
    const invited = this.#command(this.#founder, invite)
    this.#command(this.#member, { type: 'join', invite: invited.type === 'invite' ? invited.invite : '' })
    for (const side of [this.#founder, this.#member]) {
      this.#send(side, { type: 'carrier', channel: this.#channel, isReady: true })
    }
    for (let i = 0; i < 100 && !this.#isJoined(); i++) this.#pass(250)
    if (!this.#isJoined()) throw new Error('the second peer did not join')
    this.#isLive = false
  }

  /** One message, from the command to the frame to publish, and what becomes of it afterwards. */
  say(content: Content): void {
    this.#command(this.#founder, { type: 'say', channel: this.#channel, content, isPlain: false })
  }

  /** Verified frames of fresh messages. */
  frames(count: number, content: Content): Frame[] {
    this.#published = []
    for (let i = 0; i < count; i++) this.say(content)
    return this.#published.flatMap((bytes) => {
      const frame = readFrame(this.#channel, bytes)
      return frame === undefined || frame instanceof Refusal || frame.kind !== 'message' ? [] : [frame]
    })
  }

  /** The member's machine handles a frame. */
  hear(frame: Frame): void {
    const before = this.#member.heard
    this.#member.peer.judge(frame)
    this.#send(this.#member, { type: 'frame', frame })
    if (this.#member.heard !== before + 1) throw new Error('a message was not heard')
  }

  #isJoined(): boolean {
    const channels = this.#command(this.#member, { type: 'channels' })
    return channels.type === 'channels' && channels.channels[0]?.key === 'ready'
  }

  #env(): Env {
    return { now: atMillis(this.#now), uptimeMs: this.#uptimeMs, random }
  }

  #command(side: Side, command: Command): CommandResult {
    side.result = undefined
    this.#send(side, { type: 'command', id: ++this.#commands, command })
    return present(side.result as CommandResult | undefined, 'a command is answered at once')
  }

  #pass(ms: number): void {
    this.#uptimeMs += ms
    for (const side of [this.#founder, this.#member]) {
      if (side.wakeAt === undefined || side.wakeAt > this.#uptimeMs) continue
      side.wakeAt = undefined
      this.#send(side, { type: 'wake' })
    }
  }

  #send(side: Side, event: Event): void {
    for (const effect of side.peer.handle(event, this.#env())) this.#perform(side, effect)
  }

  #perform(side: Side, effect: Effect): void {
    const other = side === this.#founder ? this.#member : this.#founder
    switch (effect.type) {
      case 'publish':
        if (this.#isLive) this.#deliver(other, effect.channel, effect.frame)
        else if (this.#published.length < 100_000) this.#published.push(effect.frame)
        if (effect.receipt !== undefined)
          this.#send(side, { type: 'published', receipt: effect.receipt, recipients: 1 })
        return
      case 'ask': {
        const answer = this.#ask(other, effect)
        this.#send(side, { type: 'answer', id: effect.id, from: undefined, answer })
        return
      }
      case 'notify':
        if (effect.notice.type === 'message') side.heard++
        return
      case 'result':
        if (effect.result instanceof Error) throw effect.result
        side.result = effect.result
        return
      case 'wakeAt':
        side.wakeAt = effect.uptimeMs
        return
      default:
        return
    }
  }

  #ask(asked: Side, { question }: Effect & { type: 'ask' }): Answer | undefined {
    const from = signingKey(random(32)).publicKey as never
    for (const effect of asked.peer.handle({ type: 'question', id: 1, from, question }, this.#env())) {
      if (effect.type === 'answer') return effect.answer
    }
    return undefined
  }

  #deliver(to: Side, channel: Uint8Array, bytes: Uint8Array): void {
    const frame = readFrame(channel, bytes)
    if (frame === undefined || frame instanceof Refusal || to.peer.judge(frame) !== 'accept') return
    this.#send(to, { type: 'frame', frame })
  }
}
