import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import type { NoticeForm } from '../../src/cli/forms.ts'
import { socketOf } from '../../src/cli/home.ts'
import { Running } from '../../src/cli/running.ts'
import { userText } from '../../src/cli/to-forms.ts'
import type { Command, CommandResult } from '../../src/core/command.ts'
import type { Notice } from '../../src/core/notice.ts'
import { connectControl } from '../../src/node/control.ts'
import type { Node } from '../../src/node/index.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import { Threads } from '../../src/node/threads.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { alice, bob, keyOf } from '../core/identity/people.ts'
import { text } from '../core/member/views.ts'
import { gardenOf, pairOf } from './desk.ts'

const [ALICE, BOB, MALLORY] = [alice.publicKey, bob.publicKey, keyOf('mallory').publicKey]

/** A node that says what a test wants, and answers commands when it wants. */
class Puppet {
  /** Commands that were asked, and how to answer each. */
  readonly asked: { readonly command: Command; answer(result: CommandResult | UsageError): void }[] = []
  readonly listeners = new Set<(notice: Notice) => void>()
  readonly #stirs = new Set<() => void>()
  isStopped = false

  get node(): Node {
    return {
      role: 'peer',
      user: ALICE,
      threads: new Threads(openMemoryStore()),
      peers: () => [],
      recall: async () => undefined,
      stop: async () => {
        this.isStopped = true
      },
      onNotice: (listener: (notice: Notice) => void) => {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
      },
      command: (command: Command) =>
        new Promise((resolve, reject) => {
          const answer = (result: CommandResult | UsageError): void =>
            result instanceof Error ? reject(result) : resolve(result)
          this.asked.push({ command, answer })
          for (const stir of this.#stirs) stir()
        })
    } as unknown as Node
  }

  say(notice: Notice): void {
    for (const listener of this.listeners) listener(notice)
  }

  /** The next command, which is to be of this type. */
  async next(type: Command['type']): Promise<(result: CommandResult | UsageError) => void> {
    while (this.asked.length === 0) {
      await new Promise<void>((resolve) => {
        const stir = (): void => {
          this.#stirs.delete(stir)
          resolve()
        }
        this.#stirs.add(stir)
      })
    }
    const { command, answer } = this.asked.shift()!
    expect(command.type).to.equal(type)
    return answer
  }
}

describe('a process that owns a home', () => {
  const channels: CommandResult = { type: 'channels', channels: [gardenOf(ALICE)] }
  let home: string
  let puppet: Puppet
  let running: Running
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'conclave-running-'))
    puppet = new Puppet()
    running = new Running(puppet.node, home)
    const opening = running.open(false)
    ;(await puppet.next('channels'))(channels)
    await opening
  })
  afterEach(async () => {
    await running.close()
    await rm(home, { recursive: true, force: true })
  })

  it('tells of what happens in its order, with one look at the channels for all that waits', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const heard: unknown[] = []
    running.listen((form) => {
      if (heard.push('text' in form && form.text) === 200) resolve()
    })
    const say = (i: number): void => puppet.say({ type: 'message', ...text(`m${i}`, `text ${i}`, { lamport: i }) })
    for (let i = 1; i <= 100; i++) say(i)
    const first = await puppet.next('channels')
    for (let i = 101; i <= 200; i++) say(i)
    first(channels)
    ;(await puppet.next('channels'))(channels)
    await promise
    expect(heard).to.deep.equal(Array.from({ length: 200 }, (_, i) => `text ${i + 1}`))
    expect(puppet.asked).to.have.length(0)
  })

  it('goes on telling after what it could not tell of', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    running.listen((form) => resolve('text' in form && form.text))
    puppet.say({ type: 'message', ...text('m1', 'lost') })
    ;(await puppet.next('channels'))(new UsageError('BUSY', 'Too many commands at once.'))
    await new Promise((done) => setImmediate(done))
    puppet.say({ type: 'message', ...text('m2', 'told') })
    ;(await puppet.next('channels'))(channels)
    expect(await promise).to.equal('told')
  })

  it('looks at conversations only for what happens in one, and says whose it is', async () => {
    const conversation = new Uint8Array(32).fill(9)
    const pairs: CommandResult = {
      type: 'pairs',
      pairs: [pairOf(BOB, 'bob', { id: conversation, rival: MALLORY })]
    }
    const heard: NoticeForm[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    running.listen((form) => {
      if (heard.push(form) === 3) resolve()
    })
    puppet.say({ type: 'rival', channel: conversation, user: BOB, nick: 'bob' })
    ;(await puppet.next('channels'))(channels)
    puppet.say({ type: 'message', ...text('m1', 'psst', { channel: conversation, sender: BOB }) })
    puppet.say({ type: 'session', channel: conversation, user: BOB, change: 'renewed', missing: 0 })
    ;(await puppet.next('pairs'))(pairs)
    ;(await puppet.next('channels'))(channels)
    ;(await puppet.next('pairs'))(pairs)
    await promise
    const [rival, message, session] = heard
    for (const form of heard) expect(form).to.include({ channel: channelIdText(conversation), with: userText(BOB) })
    expect(rival).to.deep.include({ type: 'rival' })
    expect(rival).to.have.nested.property('user.nick', 'bob')
    expect(rival).to.have.nested.property('rival.user', userText(MALLORY))
    expect(message).to.include({ type: 'message', text: 'psst' })
    expect(session).to.have.nested.property('user.nick', 'bob')
    expect(puppet.asked).to.have.length(0)
  })

  it('answers the calls that are under way before it leaves, however many were answered before', async () => {
    const client = (await connectControl(socketOf(home)))!
    const first = client.call('nick', { nick: 'alice' })
    ;(await puppet.next('setNick'))({ type: 'done' })
    await first
    const second = client.call('nick', { nick: 'alicia' })
    const answer = await puppet.next('setNick')
    const closing = running.close()
    await new Promise((done) => setImmediate(done))
    expect(puppet.isStopped).to.equal(false)
    answer({ type: 'done' })
    expect(await second).to.deep.equal({ nick: 'alicia' })
    await closing
    expect(puppet.isStopped).to.equal(true)
  })
})
