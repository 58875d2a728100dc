/**
 * A toy peer to test the simulator with: a chat among those who know a shared key, which is handed out in the invite.
 * No manager, no epochs. It can be built with one fault, so that tests see the checker that must notice.
 */
import { copyBytes, EMPTY, equalBytes, hex, joinBytes, mapKey, u64, unhex, zeros } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import type { ChannelView, Command } from '../../src/core/command.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Refusal } from '../../src/core/reject.ts'
import { open, seal } from '../../src/crypto/aead.ts'
import { sha256 } from '../../src/crypto/kdf.ts'
import type { SigningKey } from '../../src/crypto/sign.ts'
import type { HeldSecret, JudgingMachine } from '../../src/sim/node.ts'
import { decodeStrict } from '../../src/wire/codec.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { Content, type Message } from '../../src/wire/messages.ts'

export type ToyFault =
  | 'speaks in clear'
  | 'leaks its key in hex'
  | 'forgets what it showed'
  | 'resumes its counter'
  | 'shows what strangers say'
  | 'hides what it missed'
  | 'goes down'
  | 'grows without bound'
  | 'throws'

interface Stored {
  readonly frame: Frame
}

const ROOM = 'toy'
const SYNC_MS = 1_000

export class ToyPeer implements JudgingMachine {
  readonly rooms = [ROOM]
  readonly #key: SigningKey
  readonly #nick: string
  readonly #fault: ToyFault | undefined
  #channel: Uint8Array | undefined
  #shared: Uint8Array = EMPTY
  #boot: Uint8Array | undefined
  #counter = 0
  #previous: Uint8Array = EMPTY
  #serial = 1
  readonly #frames = new Map<string, Stored>()
  readonly #read = new Set<string>()
  #asks = 0

  constructor(config: { readonly key: SigningKey; readonly nick: string }, fault?: ToyFault) {
    this.#key = config.key
    this.#nick = config.nick
    this.#fault = fault
  }

  judge(frame: Frame): 'accept' | 'ignore' {
    return frame.kind === 'message' ? 'accept' : 'ignore'
  }

  unsafeSecrets(): HeldSecret[] {
    return this.#channel === undefined ? [] : [{ name: 'shared//', bytes: this.#shared }]
  }

  unsafeFills() {
    return [{ name: 'frames', size: this.#frames.size, cap: this.#fault === 'grows without bound' ? 5 : 10_000 }]
  }

  handle(event: Event, env: Env): Effect[] {
    this.#boot ??= this.#fault === 'resumes its counter' ? zeros(16) : env.random(16)
    switch (event.type) {
      case 'restore': {
        const out: Effect[] = []
        for (const row of event.rows) {
          if (row.entry === 'channel') out.push(...this.#enter(row.value, env))
          else if (this.#channel !== undefined && this.#fault !== 'forgets what it showed') this.#keep(row.value)
        }
        return out
      }
      case 'command':
        return this.#command(event.id, event.command, env)
      case 'frame':
        if (this.#fault === 'throws') throw new TypeError('oops')
        return this.#receive(event.frame, env)
      case 'wake':
        return this.#ask(env)
      case 'question': {
        const frames = [...this.#frames.values()].map(({ frame }) => frame.bytes)
        return [
          {
            type: 'answer',
            id: event.id,
            answer: { frames, descriptors: EMPTY, records: [], sealed: EMPTY, isMore: false }
          }
        ]
      }
      case 'answer':
        if (this.#channel === undefined) return []
        return (event.answer?.frames ?? []).flatMap((bytes) => {
          const name = mapKey(sha256(bytes))
          if (this.#read.has(name)) return []
          this.#read.add(name)
          const frame = readFrame(this.#channel!, bytes)
          return frame === undefined || frame instanceof Refusal ? [] : this.#receive(frame, env)
        })
      default:
        return []
    }
  }

  #command(id: number, command: Command, env: Env): Effect[] {
    switch (command.type) {
      case 'createChannel': {
        const value = joinBytes(env.random(32), env.random(32))
        const entered = this.#enter(value, env)
        return [
          this.#persist('channel', value),
          ...entered,
          { type: 'result', id, result: { type: 'channel', channel: this.#view() } }
        ]
      }
      case 'invite': {
        if (this.#channel === undefined)
          return [{ type: 'result', id, result: new UsageError('NO_CHANNEL', 'no such channel') }]
        const invite = hex(joinBytes(this.#channel, this.#shared))
        return [{ type: 'result', id, result: { type: 'invite', invite, expiresAt: 0 } }]
      }
      case 'join': {
        const value = unhex(command.invite)
        const entered = this.#channel === undefined ? this.#enter(value, env) : []
        return [this.#persist('channel', value), ...entered, { type: 'result', id, result: { type: 'done' } }]
      }
      case 'say':
        if (this.#channel === undefined)
          return [{ type: 'result', id, result: new UsageError('NO_CHANNEL', 'no such channel') }]
        if (command.isPlain) return [{ type: 'result', id, result: new UsageError('NOT_A_TOY', 'a toy always seals') }]
        return this.#say(id, command.content as Content)
      case 'channels': {
        const channels = this.#channel === undefined ? [] : [this.#view()]
        return [{ type: 'result', id, result: { type: 'channels', channels } }]
      }
      case 'leaveChannel': {
        const channel = this.#channel
        this.#channel = undefined
        if (channel === undefined) return [{ type: 'result', id, result: { type: 'done' } }]
        return [
          { type: 'persist', puts: [], deletes: [{ room: ROOM, entry: 'channel' }], isDurable: true },
          { type: 'unsubscribe', channel },
          { type: 'wakeAt', uptimeMs: undefined },
          { type: 'result', id, result: { type: 'done' } }
        ]
      }
      default:
        return [{ type: 'result', id, result: new UsageError('NOT_A_TOY', 'a toy cannot do this') }]
    }
  }

  #enter(value: Uint8Array, env: Env): Effect[] {
    this.#channel = value.slice(0, 32)
    this.#shared = value.slice(32)
    return [
      { type: 'subscribe', channel: this.#channel },
      { type: 'wakeAt', uptimeMs: env.uptimeMs + SYNC_MS },
      { type: 'notify', notice: { type: 'keyState', channel: this.#channel, state: 'ready' } },
      ...this.#epoch()
    ]
  }

  #epoch(): Effect[] {
    const channel = this.#channel!
    return [
      {
        type: 'notify',
        notice: {
          type: 'epoch',
          channel,
          group: EMPTY,
          term: 1,
          serial: this.#serial,
          reason: 'CREATED',
          issuer: zeros(32)
        }
      } as Effect
    ]
  }

  #say(id: number, content: Content): Effect[] {
    const channel = this.#channel!
    const counter = this.#counter++
    const plain = Content.encode(content)
    const sealed =
      this.#fault === 'speaks in clear'
        ? plain
        : seal(this.#messageKey(this.#key.publicKey, this.#boot!, counter), zeros(12), EMPTY, plain)
    const leak = this.#fault === 'leaks its key in hex' ? new TextEncoder().encode(hex(this.#shared)) : EMPTY
    const message: Message = {
      group: EMPTY,
      key: { term: 1, serial: 1, commitment: zeros(16) },
      device: 0,
      boot: this.#boot!,
      counter,
      previous: this.#previous,
      lamport: counter,
      descriptor: zeros(32),
      logHead: zeros(32),
      commitment: sha256(this.#messageKey(this.#key.publicKey, this.#boot!, counter)),
      sealed: joinBytes(sealed, leak)
    }
    const frame = makeFrame(channel, this.#key, { message })
    this.#previous = frame.id
    this.#frames.set(mapKey(frame.id), { frame })
    return [
      this.#persist(hex(frame.id), frame.bytes),
      { type: 'publish', channel, frame: frame.bytes, receipt: hex(frame.id) },
      this.#show(frame, content, 0),
      { type: 'result', id, result: { type: 'said', local: hex(frame.id) } }
    ]
  }

  #receive(frame: Frame, env: Env): Effect[] {
    const { message } = frame.body
    const id = mapKey(frame.id)
    if (this.#channel === undefined || message === undefined || this.#frames.has(id)) return []
    const key = this.#messageKey(frame.author, message.boot, message.counter)
    const plain = this.#fault === 'speaks in clear' ? message.sealed : open(key, zeros(12), EMPTY, message.sealed)
    if (plain === undefined && this.#fault !== 'shows what strangers say') return [{ type: 'reject', check: 705 }]
    if (plain !== undefined && !equalBytes(message.commitment, sha256(key))) return [{ type: 'reject', check: 704 }]
    const text = { text: `${frame.author[0]}`, replyTo: EMPTY, isAction: false }
    const content =
      plain === undefined
        ? ({ writtenAt: 0, replaces: EMPTY, text } as Content)
        : decodeStrict(Content, plain, FRAME_BYTES)
    if (content === undefined) return [{ type: 'reject', check: 706 }]
    this.#frames.set(id, { frame })
    if (this.#fault === 'goes down' && this.#frames.size > 3) this.#serial = 0
    const shown = [this.#persist(hex(frame.id), frame.bytes), this.#show(frame, content, env.now), ...this.#epoch()]
    const { previous } = message
    if (this.#fault === 'hides what it missed' || previous.length === 0 || this.#frames.has(mapKey(previous)))
      return shown
    const gap = {
      type: 'gap',
      channel: frame.channel,
      sender: frame.author,
      missing: hex(previous),
      isClosed: false
    } as const
    return [...shown, { type: 'notify', notice: gap }]
  }

  #ask(env: Env): Effect[] {
    if (this.#channel === undefined) return []
    const channel = this.#channel
    const question = { frames: { channel, ranges: [] } }
    const next: Effect = { type: 'wakeAt', uptimeMs: env.uptimeMs + SYNC_MS }
    if (this.#fault === 'hides what it missed') return [next]
    return [next, { type: 'ask', id: `${++this.#asks}`, channel, to: undefined, addresses: [], question }]
  }

  #show(frame: Frame, content: Content, seenAt: number): Effect {
    const { lamport, counter } = frame.body.message!
    const isOwn = equalBytes(frame.author, this.#key.publicKey)
    const { channel, author: sender } = frame
    const id = hex(frame.id)
    const notice = {
      type: 'message',
      channel,
      group: EMPTY,
      id,
      sender,
      nick: '',
      lamport,
      counter,
      content,
      isEncrypted: true,
      isOwn,
      state: 'sent',
      seenAt
    } as const
    return { type: 'notify', notice }
  }

  #persist(entry: string, value: Uint8Array): Effect {
    return {
      type: 'persist',
      puts: [{ room: ROOM, entry, order: entry === 'channel' ? 0 : 1, value }],
      deletes: [],
      isDurable: entry === 'channel'
    }
  }

  #keep(bytes: Uint8Array): void {
    const frame = readFrame(this.#channel!, copyBytes(bytes))
    if (frame !== undefined && !(frame instanceof Refusal)) this.#frames.set(mapKey(frame.id), { frame })
  }

  #messageKey(author: Uint8Array, boot: Uint8Array, counter: number): Uint8Array {
    return sha256(this.#shared, author, boot, u64(counter))
  }

  #view(): ChannelView {
    return {
      id: this.#channel!,
      name: this.#nick,
      founder: zeros(32),
      descriptor: undefined,
      key: 'ready',
      term: 1,
      serial: this.#serial,
      commitment: zeros(16),
      notAfter: 0,
      members: 0,
      manager: undefined,
      leaseMs: 0,
      signers: [],
      isStanding: false,
      exposure: 'none',
      isManagerPresent: true,
      isManager: false,
      waiting: 0,
      missing: 0,
      logHead: zeros(32),
      online: 1
    }
  }
}
