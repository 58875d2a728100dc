import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { PeerError, UsageError } from '../../src/base/errors.ts'
import {
  safetyNumberLines,
  sessionText,
  trustedText,
  trustText,
  verifiedText,
  CONVERSATION as WORDS,
  whyUnsent
} from '../../src/cli/conversation-text.ts'
import { displayText, styled } from '../../src/cli/display-text.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'
import type {
  ChannelForm,
  ConversationForm,
  EventForm,
  MemberForm,
  MessageForm,
  ReadForm,
  SearchForm,
  SeenForm,
  SendForm,
  StatusForm,
  TrustForm,
  VerifyForm
} from '../../src/cli/forms.ts'
import { addressOf, eventLine, messageLine } from '../../src/cli/lines.ts'
import { memberLines, seenLines, statusLines } from '../../src/cli/lists.ts'
import { explain } from '../../src/cli/text.ts'
import type { Command, CommandResult } from '../../src/core/command.ts'
import { safetyNumber } from '../../src/core/identity/safety-number.ts'
import { shortFingerprint, type UserId, userIdText } from '../../src/core/identity/user.ts'
import type { MessageView, Notice } from '../../src/core/notice.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { alice, bob, keyOf } from '../core/identity/people.ts'
import * as views from '../core/member/views.ts'
import { idOf } from '../core/member/views.ts'
import { CONVERSATION, codeOf, gardenOf, memberOf, pairOf, TestDesk } from './desk.ts'

const [ALICE, BOB, MALLORY] = [alice.publicKey, bob.publicKey, keyOf('mallory').publicKey]
const OPS = new Uint8Array(32).fill(8)
const PLAIN = { isColour: false, withChannel: true }
const id = (user: Uint8Array): string => userIdText(user as UserId)
const fingerprint = (user: Uint8Array): string => shortFingerprint(user as UserId)
const SENT = { type: 'messageState', channel: CONVERSATION, local: 'l', id: 'ff'.repeat(32), of: 1 } as const

/** Said in the conversation of Alice and Bob. */
const text = (word: string, words: string, fields: Partial<MessageView> = {}): MessageView => {
  const { sender = BOB } = fields
  const isOwn = sender === ALICE
  return views.text(word, words, { channel: CONVERSATION, sender, nick: isOwn ? 'alice' : 'bob', isOwn, ...fields })
}

/** Alice's desk; Bob is in the garden with her. */
function deskOf(answer?: (command: Command, tell: (notice: Notice) => void) => CommandResult | undefined): TestDesk {
  const members = [memberOf(ALICE, 'alice', { isSelf: true }), memberOf(BOB, 'bob')]
  const desk = new TestDesk(ALICE, members, (command, tell) => {
    const answered = answer?.(command, tell)
    if (answered !== undefined) return answered
    if (command.type === 'groups') return { type: 'groups', groups: [] }
    if (command.type === 'trust') return { type: 'done' }
    if (command.type !== 'sayTo') return undefined
    desk.pairs = [pairOf(command.user, 'bob')]
    tell({ ...SENT, state: 'sent', seenBy: 0 })
    return { type: 'said', local: 'l' }
  })
  return desk
}

const saidTo = (desk: TestDesk): string[] =>
  desk.commands.flatMap((one) => (one.type === 'sayTo' ? [`${id(one.user)} ${one.content.text?.text}`] : []))

describe('talk with one user', () => {
  it('finds it by nick, fingerprint or id, in any channel, and else among contacts', async () => {
    const desk = deskOf()
    for (const user of ['bob', '@bob', fingerprint(BOB), fingerprint(BOB).toLowerCase(), id(BOB), `@${id(BOB)}`]) {
      const form = await desk.call<SendForm>('dm', { user, text: 'hi' })
      expect(form, user).to.include({ channel: channelIdText(CONVERSATION), channelName: '@bob', with: id(BOB) })
      expect(form).to.include({ state: 'sent', isEncrypted: true, session: 'open' })
    }
    expect(new Set(saidTo(desk))).to.deep.equal(new Set([`${id(BOB)} hi`]))
    desk.members = [memberOf(ALICE, 'alice', { isSelf: true })]
    desk.pairs = [pairOf(MALLORY, 'mallory')]
    await desk.call('send', { channel: '@mallory', text: 'hello' })
    expect(saidTo(desk).at(-1)).to.equal(`${id(MALLORY)} hello`)
    expect(await codeOf(desk.call('dm', { user: 'nobody', text: 'hi' }))).to.equal('NO_SUCH_USER')
    // A channel that was not found yet has no members to look among.
    desk.others = [{ view: { ...gardenOf(ALICE), id: OPS, name: '', descriptor: undefined }, members: [] }]
    desk.pairs = [pairOf(MALLORY, 'mallory')]
    expect(await codeOf(desk.call('dm', { user: 'mallory', text: 'hi' }))).to.equal('none')
  })

  it('never guesses between two of one nick; a channel, or more of a name, says which', async () => {
    const desk = deskOf()
    desk.others = [{ view: { ...gardenOf(ALICE), id: OPS, name: 'ops' }, members: [memberOf(MALLORY, 'bob')] }]
    const dm = (more: object) => desk.call('dm', { user: 'bob', text: 'hi', ...more })
    expect(await codeOf(dm({}))).to.equal('AMBIGUOUS_USER')
    await dm({ channel: 'ops' })
    await dm({ user: fingerprint(BOB) })
    expect(saidTo(desk)).to.deep.equal([`${id(MALLORY)} hi`, `${id(BOB)} hi`])
    const { message } = await dm({}).then(
      () => new Error(),
      (error: Error) => error
    )
    expect(message).to.include(
      `bob (${fingerprint(BOB)}) ? not verified in #garden, bob (${fingerprint(MALLORY)}) in #ops`
    )
    // One user in two channels is one.
    desk.others = [{ view: { ...gardenOf(ALICE), id: OPS, name: 'ops' }, members: [memberOf(BOB, 'bob')] }]
    expect(await codeOf(dm({}))).to.equal('none')
  })

  it('means by a nick whose it is; a rival neither takes it nor puts it in doubt', async () => {
    const desk = deskOf()
    desk.others = [{ view: { ...gardenOf(ALICE), id: OPS, name: 'ops' }, members: [memberOf(MALLORY, 'bob')] }]
    const [bound, rival] = [{ trust: 'met', rival: undefined } as const, { trust: undefined, rival: BOB }]
    const said = async (): Promise<string[]> => {
      const before = saidTo(desk).length
      const pairs = [...desk.pairs]
      for (const [method, params] of [
        ['dm', { user: 'bob' }],
        ['dm', { user: '@bob' }],
        ['send', { channel: '@bob' }]
      ] as const) {
        await desk.call(method, { ...params, text: 'hi' })
        desk.pairs = pairs
      }
      return [...new Set(saidTo(desk).slice(before))]
    }
    desk.pairs = [pairOf(BOB, 'bob', bound), pairOf(MALLORY, 'bob', rival)]
    expect(await said()).to.deep.equal([`${id(BOB)} hi`])
    expect(await desk.call<VerifyForm>('verify', { user: 'bob' })).to.include({ user: id(BOB) })
    // Trusted, it is the other's, however sure of the first this user was.
    const lost = { trust: 'verified', rival: MALLORY } as const
    desk.pairs = [pairOf(BOB, 'bob', lost), pairOf(MALLORY, 'bob', { trust: 'trusted' })]
    expect(await said()).to.deep.equal([`${id(MALLORY)} hi`])
    // Whose it is may be in none of the channels: then it says nothing about these two.
    const carol = keyOf('carol').publicKey
    desk.pairs = [BOB, MALLORY].map((user) => pairOf(user, 'bob', { trust: undefined, rival: carol }))
    expect(await codeOf(desk.call('dm', { user: 'bob', text: 'hi' }))).to.equal('AMBIGUOUS_USER')
    // Nor is it anybody's whom nobody is a rival of.
    desk.pairs = [pairOf(BOB, 'bob', bound), pairOf(MALLORY, 'bob', { trust: undefined })]
    expect(await codeOf(desk.call('dm', { user: 'bob', text: 'hi' }))).to.equal('AMBIGUOUS_USER')
  })

  it('asks which one to trust of those with a nick, and says how sure of each this user is', async () => {
    const desk = deskOf()
    desk.members = [...desk.members, memberOf(MALLORY, 'bob')]
    desk.pairs = [pairOf(MALLORY, 'bob', { trust: undefined, rival: BOB }), pairOf(BOB, 'bob', { trust: 'verified' })]
    const error = await desk.call('trust', { user: 'bob' }).then(
      () => new Error(),
      (thrown: UsageError) => thrown
    )
    expect(error.message).to.include(
      `bob (${fingerprint(BOB)}) ✓ verified in #garden, bob (${fingerprint(MALLORY)}) ! nick known with another key in #garden`
    )
    expect(desk.commands).to.deep.equal([])
    await desk.call('trust', { user: fingerprint(MALLORY) })
    expect(desk.commands).to.deep.equal([{ type: 'trust', user: MALLORY, isVerified: false }])
  })

  it('says nothing when the nick has come with another key, and whom to compare numbers with', async () => {
    const desk = deskOf(({ type }) => {
      if (type === 'sayTo') throw new PeerError('KEY_CHANGED', 'x')
      return undefined
    })
    desk.pairs = [pairOf(BOB, 'bob', { rival: MALLORY })]
    const error = await desk.call('dm', { user: 'bob', text: 'hi' }).then(
      () => undefined,
      (thrown: PeerError) => thrown
    )
    expect(exitCodeOf(error)).to.equal(4)
    const { what, why, advice } = explain(error!)
    expect(what).to.equal('Nothing was said')
    expect(why)
      .to.include('another key')
      .and.include(`bob (${fingerprint(MALLORY)}); this is bob (${fingerprint(BOB)})`)
    expect(advice)
      .to.include(`conclave verify ${id(BOB)}`)
      .and.include(`conclave trust ${id(BOB)}`)
  })

  it('promises what --wait says: somebody has it, or the other has confirmed it', async () => {
    const told: ('sent' | 'seen')[][] = [['sent', 'seen'], ['sent'], []]
    const ended: unknown[] = []
    for (const states of told) {
      const desk = deskOf(({ type }, tell) => {
        if (type !== 'sayTo') return undefined
        desk.pairs = [pairOf(BOB, 'bob', { session: 'none' })]
        for (const state of states) tell({ ...SENT, state, seenBy: state === 'seen' ? 1 : 0 })
        return { type: 'said', local: 'l' }
      })
      const form = await desk.call<SendForm>('dm', { user: 'bob', text: 'x', wait: 'seen', timeout: 20 })
      ended.push([form.state, form.seenBy, form.session])
    }
    expect(ended).to.deep.equal([
      ['seen', 1, 'none'],
      ['sent', 0, 'none'],
      ['waiting', undefined, 'none']
    ])
  })

  it('waits as long as who shares no channel has not answered, though it was taken', async () => {
    const desk = deskOf(({ type }, tell) => {
      if (type !== 'sayTo') return undefined
      tell({ ...SENT, state: 'sent', seenBy: 0 })
      return { type: 'said', local: 'l' }
    })
    const dm = (wait: string) => desk.call<SendForm>('dm', { user: id(BOB), text: 'hi', wait, timeout: 20 })
    const [alone, together] = [desk.members.slice(0, 1), desk.members]
    const ended: unknown[] = []
    for (const [members, session] of [
      [alone, 'starting'],
      [alone, 'open'],
      [together, 'starting']
    ] as const) {
      desk.members = members
      desk.pairs = [pairOf(BOB, 'bob', { session })]
      const [sent, seen] = [await dm('sent'), await dm('seen')]
      ended.push([sent.state, sent.isUnanswered, seen.state, seen.isUnanswered])
    }
    expect(ended).to.deep.equal([
      ['waiting', true, 'waiting', true],
      ['sent', undefined, 'sent', undefined],
      ['sent', undefined, 'sent', undefined]
    ])
    expect(whyUnsent({ session: 'starting', isUnanswered: true })).to.equal(WORDS.unanswered)
  })

  it('refuses what nobody would see', async () => {
    const desk = deskOf()
    for (const blank of ['', '   ', '\n\t', '\u200b\u2060', '\u3164']) {
      expect(await codeOf(desk.call('dm', { user: 'bob', text: blank })), blank).to.equal('BAD_MESSAGE')
      expect(await codeOf(desk.call('send', { channel: 'garden', text: blank })), blank).to.equal('BAD_MESSAGE')
    }
    expect(desk.commands).to.deep.equal([])
  })

  it('has no groups and nothing plain, and is no channel', async () => {
    const desk = deskOf()
    desk.pairs = [pairOf(BOB, 'bob')]
    expect(await codeOf(desk.call('send', { channel: '@bob', text: 'x', plain: true }))).to.equal('NOT_A_CHANNEL')
    expect(await codeOf(desk.call('send', { channel: '@bob', text: 'x', group: 'ops' }))).to.equal('NOT_A_CHANNEL')
    for (const method of ['keys', 'rekey', 'invite', 'channel.leave', 'group.list'])
      expect(await codeOf(desk.call(method, { channel: '@bob' })), method).to.equal('NOT_A_CHANNEL')
    expect(saidTo(desk)).to.deep.equal([])
  })

  it('does not take a channel for a user, however it is called', async () => {
    const desk = deskOf()
    desk.view = { ...desk.view, name: '@bob' }
    expect(await desk.call<ReadForm>('read', { channel: '@bob' })).to.include({ with: id(BOB) })
    const { channelName, with: other } = await desk.call<ReadForm>('read', { channel: '#@bob' })
    expect([channelName, other]).to.deep.equal(['@bob', undefined])
  })
})

describe('a conversation', () => {
  const conversation = { channel: '@bob' }
  async function withHistory(): Promise<TestDesk> {
    const desk = deskOf()
    desk.pairs = [pairOf(BOB, 'bob', { seenUpTo: 1 })]
    desk.receipts = { ...desk.receipts, receipts: [{ user: BOB, group: EMPTY, after: 0, lamport: 1 }] }
    await desk.keep(
      text('1', 'early', { sender: ALICE, lamport: 1 }),
      text('2', 'his', { lamport: 2 }),
      text('3', 'late', { sender: ALICE, lamport: 3 })
    )
    return desk
  }

  it('is read, searched and marked as a channel is', async () => {
    const desk = await withHistory()
    const { messages, ...page } = await desk.call<ReadForm>('read', { ...conversation, since: 0 })
    expect(page).to.include({ channelName: '@bob', with: id(BOB) })
    expect(messages.map((one) => [one.text, one.state, one.seenBy, one.of, one.with])).to.deep.equal([
      ['early', 'seen', 1, 1, id(BOB)],
      ['his', 'sent', undefined, undefined, id(BOB)],
      ['late', 'sent', 0, 1, id(BOB)]
    ])
    const { messages: found } = await desk.call<SearchForm>('search', { text: 'HIS', channel: '@bob' })
    expect(found.map((one) => one.text)).to.deep.equal(['his'])
    const everywhere = await desk.call<SearchForm>('search', { text: 'his' })
    expect(everywhere.messages.map((one) => one.channelName)).to.deep.equal(['@bob'])
    expect(everywhere.searched.map((one) => one.channelName)).to.deep.equal(['garden', '@bob'])
    const { lamport, sender, counter, id: name, seenAt } = messages.at(-1)!
    await desk.call('mark', { ...conversation, position: { lamport, sender, counter, id: name }, seenAt })
    expect((await desk.call<ReadForm>('read', conversation)).messages).to.deep.equal([])
  })

  it('has its texts changed in a session with the same user', async () => {
    const desk = await withHistory()
    await desk.call('edit', { ...conversation, message: '^', text: 'mended' })
    desk.pairs = [pairOf(BOB, 'bob')]
    await desk.call('delete', { ...conversation, message: idOf('1') })
    await desk.call('react', { channel: channelIdText(CONVERSATION), message: '^', emoji: '👍' })
    const answer = await desk.call<SendForm>('dm', { user: 'bob', text: 'indeed', reply: '^' })
    expect(answer.about).to.include({ id: idOf('2') })
    const contents = desk.commands.flatMap((one) => (one.type === 'sayTo' ? [[hex(one.user), one.content]] : []))
    expect(contents.map(([user]) => user)).to.deep.equal(Array(4).fill(hex(BOB)))
    expect(contents.map(([, content]) => Object.keys(content!))).to.deep.equal([
      ['edit'],
      ['deletion'],
      ['reaction'],
      ['text']
    ])
    expect(await codeOf(desk.call('edit', { ...conversation, message: idOf('2'), text: 'x' }))).to.equal('NOT_YOURS')
  })

  it('says who has what', async () => {
    const desk = await withHistory()
    const seen = async (message: string): Promise<unknown[]> => {
      const form = await desk.call<SeenForm>('seen', { ...conversation, message })
      return [form.state, form.seenBy.map(({ nick }) => nick), form.notYet.map(({ nick }) => nick)]
    }
    expect(await seen('^2')).to.deep.equal(['seen', ['bob'], []])
    expect(await seen('^')).to.deep.equal(['sent', [], ['bob']])
    const shown = seenLines(await desk.call<SeenForm>('seen', { ...conversation, message: '^' }))
    expect(shown[0]).to.match(/ {2}\[sent\]$/)
    const { messages } = await desk.call<ReadForm>('read', { ...conversation, since: 0 })
    const marks = messages.map((one) => /\[.*\]$/.exec(messageLine(one, { ...PLAIN, withState: true }))?.[0])
    expect(marks).to.deep.equal(['[seen by 1 of 1]', undefined, '[sent]'])
  })

  it('shows as waiting what was taken by somebody that shares no channel and has not answered', async () => {
    const desk = await withHistory()
    desk.members = desk.members.slice(0, 1)
    const states = async (session: 'starting' | 'open'): Promise<unknown[]> => {
      desk.pairs = [pairOf(BOB, 'bob', { seenUpTo: 1, session })]
      const { messages } = await desk.call<ReadForm>('read', { ...conversation, since: 0 })
      return messages.map(({ state }) => state)
    }
    expect(await states('starting')).to.deep.equal(['seen', 'sent', 'waiting'])
    expect(await states('open')).to.deep.equal(['seen', 'sent', 'sent'])
  })

  it('says of a text that nobody has taken that it waits, in forms and in words alike', async () => {
    const desk = await withHistory()
    desk.receipts = { ...desk.receipts, unsent: [3] }
    const { messages } = await desk.call<ReadForm>('read', { ...conversation, since: 0 })
    expect(messages.map(({ state, seenBy }) => [state, seenBy])).to.deep.equal([
      ['seen', 1],
      ['sent', undefined],
      ['waiting', 0]
    ])
    expect(messageLine(messages[2]!, { ...PLAIN, withState: true })).to.match(/\[waiting\]$/)
    const form = await desk.call<SeenForm>('seen', { ...conversation, message: '^' })
    expect([form.state, form.notYet.length, seenLines(form)[0]!.endsWith('[waiting]')]).to.deep.equal([
      'waiting',
      1,
      true
    ])
    const found = await desk.call<SearchForm>('search', { text: 'late', ...conversation })
    expect(found.messages[0]).to.include({ state: 'waiting' })
  })

  it('can be turned to as a channel can', async () => {
    const desk = deskOf()
    desk.pairs = [pairOf(BOB, 'bob')]
    const form = await desk.call<ChannelForm>('channel.show', { channel: '@bob' })
    expect(form).to.include({ id: channelIdText(CONVERSATION), name: '@bob', key: 'ready', online: 2 })
    expect(form.conversation).to.include({ user: id(BOB), session: 'open', trust: 'met' })
    expect((await desk.call<ChannelForm>('channel.show', { channel: 'garden' })).conversation).to.equal(undefined)
  })

  it('is there before its first text', async () => {
    const desk = deskOf()
    const form = await desk.call<ChannelForm>('channel.show', conversation)
    expect(form).to.include({ id: channelIdText(CONVERSATION), name: '@bob' })
    expect(form.conversation).to.include({ user: id(BOB), session: 'none', waiting: 0, unseen: 0 })
    expect(form.conversation).to.not.have.any.keys('trust', 'rival')
    const address = addressOf(form)
    expect(address).to.equal(`@${id(BOB)}`)
    expect(await desk.call<ReadForm>('read', { channel: address })).to.deep.include({ messages: [], with: id(BOB) })
    expect((await desk.call<SearchForm>('search', { text: 'x', channel: address })).messages).to.deep.equal([])
    for (const method of ['edit', 'delete', 'react', 'seen'])
      expect(
        await codeOf(desk.call(method, { channel: address, message: '^', text: 'x', emoji: '👍' })),
        method
      ).to.equal('NO_SUCH_MESSAGE')
    expect((await desk.call<StatusForm>('pairs')) as unknown).to.deep.equal({ conversations: [] })
    await desk.call('send', { channel: address, text: 'hi' })
    expect(saidTo(desk)).to.deep.equal([`${id(BOB)} hi`])
    for (const [method, params] of [
      ['read', { channel: '@alice' }],
      ['dm', { user: 'alice', text: 'x' }],
      ['send', { channel: '@alice', text: 'x' }]
    ] as const)
      expect(await codeOf(desk.call(method, params)), method).to.equal('TO_ONESELF')
  })

  it('whose nick is known as another’s is not the one meant', async () => {
    const desk = deskOf()
    expect(await codeOf(desk.call('read', { channel: '@nobody' }))).to.equal('NO_SUCH_USER')
    const forged = new Uint8Array(32).fill(10)
    desk.pairs = [pairOf(MALLORY, 'bob', { id: forged, rival: BOB, trust: undefined }), pairOf(BOB, 'bob')]
    expect((await desk.call<ReadForm>('read', conversation)).with).to.equal(id(BOB))
    const other = await desk.call<ReadForm>('read', { channel: `@${fingerprint(MALLORY)}` })
    expect(other).to.include({ with: id(MALLORY), channelName: `@${fingerprint(MALLORY)}` })
    desk.pairs = [pairOf(MALLORY, 'bob', { id: forged }), pairOf(BOB, 'bob')]
    expect(await codeOf(desk.call('read', conversation))).to.equal('AMBIGUOUS_USER')
  })

  it('is shown with its name in place of a channel’s, which no channel can have', () => {
    const place = { channel: channelIdText(CONVERSATION), channelName: '@bob' }
    const form: MessageForm = {
      type: 'message',
      ...place,
      with: id(BOB),
      id: '3fa2b1',
      sender: id(BOB),
      nick: 'bob',
      fingerprint: fingerprint(BOB),
      lamport: 1,
      counter: 1,
      kind: 'text',
      text: 'hi',
      writtenAt: 0,
      seenAt: Date.now(),
      isEncrypted: true,
      isOwn: false,
      state: 'sent'
    }
    expect(messageLine(form, PLAIN)).to.match(/^\d\d:\d\d 3fa2b1 @bob bob: hi$/)
    const { with: _, ...inChannel } = form
    expect(messageLine(inChannel, PLAIN)).to.match(/ #@bob bob: hi$/)
    expect(messageLine({ ...form, channelName: '@b\u202Eob\n' }, PLAIN)).to.not.match(/\u202E|\n/)
  })
})

describe('who the other is', () => {
  const number = safetyNumber(ALICE as UserId, BOB as UserId)

  it('is verified by equal safety numbers alone, spaces do not count, and unequal ones change nothing', async () => {
    const desk = deskOf((command) => {
      if (command.type !== 'trust') return undefined
      desk.pairs = [pairOf(BOB, 'bob', { trust: command.isVerified ? 'verified' : 'trusted' })]
      return { type: 'done' }
    })
    const verify = (code?: string) => desk.call<VerifyForm>('verify', { user: 'bob', ...(code && { code }) })
    expect(await verify()).to.include({ user: id(BOB), nick: 'bob', safetyNumber: number, isVerified: false })
    const wrong = number.replace(/\d$/, (last) => String((Number(last) + 1) % 10))
    for (const [code, expected] of [
      [wrong, 'SAFETY_NUMBER_DIFFERS'],
      [number.slice(0, -1), 'BAD_SAFETY_NUMBER'],
      ['hello', 'BAD_SAFETY_NUMBER']
    ] as const)
      expect(await codeOf(verify(code)), code).to.equal(expected)
    expect(desk.commands).to.deep.equal([])
    expect(await verify(` ${number.replaceAll(' ', '\n')} `)).to.include({ isVerified: true })
    expect(desk.commands).to.deep.equal([{ type: 'trust', user: BOB, isVerified: true }])
    expect(await verify()).to.include({ isVerified: true })
    expect(await codeOf(desk.call('verify', { user: 'alice' }))).to.equal('TO_ONESELF')
    expect(await codeOf(desk.call('trust', { user: id(ALICE) }))).to.equal('TO_ONESELF')
  })

  it('can be settled by a word, which says who had the nick before', async () => {
    const desk = deskOf((command) => {
      if (command.type !== 'trust') return undefined
      desk.pairs = [pairOf(BOB, 'bob', { trust: 'trusted' })]
      return { type: 'done' }
    })
    desk.pairs = [pairOf(BOB, 'bob', { trust: undefined, rival: MALLORY })]
    const form = await desk.call<TrustForm>('trust', { user: 'bob' })
    expect(form).to.deep.include({ user: id(BOB), trust: 'trusted' })
    expect(form.replaced).to.include({ user: id(MALLORY), nick: 'bob', trust: 'met' })
    expect(desk.commands).to.deep.equal([{ type: 'trust', user: BOB, isVerified: false }])
    expect(trustedText(form)).to.equal(
      `You trust bob (${fingerprint(BOB)}) from now on. The nick is its, and no longer that of bob (${fingerprint(MALLORY)}).`
    )
  })

  it('tells what the one was that loses the nick, also when equal numbers settle it', async () => {
    const desk = deskOf(({ type }) => {
      if (type !== 'trust') return undefined
      desk.pairs = [
        pairOf(BOB, 'bob', { trust: 'verified' }),
        pairOf(MALLORY, 'bob', { trust: 'verified', rival: BOB })
      ]
      return { type: 'done' }
    })
    const before = [
      pairOf(BOB, 'bob', { trust: undefined, rival: MALLORY }),
      pairOf(MALLORY, 'bob', { trust: 'verified' })
    ]
    const person = {
      nick: 'bob',
      trust: 'verified',
      user: id(MALLORY),
      fingerprint: fingerprint(MALLORY),
      isSelf: false
    }
    const words = `The nick is its, and no longer that of bob (${fingerprint(MALLORY)}), which was ✓ verified.`
    desk.pairs = before
    const trusted = await desk.call<TrustForm>('trust', { user: id(BOB) })
    expect(trusted.replaced).to.deep.equal(person)
    expect(trustedText(trusted)).to.include(words)
    desk.pairs = before
    expect((await desk.call<VerifyForm>('verify', { user: id(BOB) })).replaced).to.equal(undefined)
    const verified = await desk.call<VerifyForm>('verify', { user: id(BOB), code: number })
    expect(verified.replaced).to.deep.equal(person)
    expect(verifiedText(verified)).to.include(`Nobody stands between you. ${words}`)
    expect(safetyNumberLines(verified).join('\n')).to.not.include(words)
    expect((await desk.call<VerifyForm>('verify', { user: id(BOB), code: number })).replaced).to.equal(undefined)
  })

  it('is a mark with words beside it, for members and in the list of conversations', async () => {
    const desk = deskOf()
    const cora = keyOf('cora').publicKey
    desk.members = [...desk.members, memberOf(MALLORY, 'bоb'), memberOf(cora, 'cora')]
    desk.pairs = [pairOf(BOB, 'bob', { trust: 'verified' })]
    const { members } = await desk.call<{ members: MemberForm[] }>('members', { channel: 'garden' })
    expect(members.map(({ trust, rival }) => [trust, rival])).to.deep.equal([
      [undefined, undefined],
      ['verified', undefined],
      [undefined, id(BOB)],
      [undefined, undefined]
    ])
    // The nick is whose the user says, not of whoever had it before.
    desk.pairs.push(pairOf(MALLORY, 'bob', { rival: BOB }))
    const known = await desk.call<{ conversations: ConversationForm[] }>('pairs')
    expect(known.conversations[1]!.rival).to.include({ user: id(BOB), nick: 'bob' })
    const again = await desk.call<{ members: MemberForm[] }>('members', { channel: 'garden' })
    expect(again.members.map(({ rival }) => rival)).to.deep.equal([undefined, undefined, id(BOB), undefined])
    desk.pairs.pop()
    const lines = memberLines(members)
    expect(lines[1]).to.include('✓ verified')
    expect(lines[2]).to.include('! nick known with another key')
    expect(lines[3]).to.not.match(/[✓!?+]/)
    const { conversations } = await desk.call<{ conversations: ConversationForm[] }>('pairs')
    expect(conversations).to.have.length(1)
    expect(conversations[0]).to.include({
      id: channelIdText(CONVERSATION),
      name: '@bob',
      user: id(BOB),
      session: 'open'
    })
    const marks = new Set(Object.values(WORDS.marks).map((one) => one[0]))
    expect(marks).to.have.property('size', 4)
    for (const one of Object.values(WORDS.marks)) expect(one).to.match(/^\S [a-z]{3}/)
    expect(trustText({})).to.equal(undefined)
  })

  it('stands in status beside how it is talked to', () => {
    const form = (changes: Partial<ConversationForm>): ConversationForm => ({
      id: 'c',
      name: '@bob',
      user: 'u',
      nick: 'bob',
      fingerprint: 'AAAA-BBBB',
      isSelf: false,
      trust: 'met',
      session: 'open',
      isDirect: true,
      waiting: 0,
      unseen: 0,
      isOnline: true,
      ...changes
    })
    const person = { user: 'x', nick: '', fingerprint: 'CCCC-DDDD', isSelf: false }
    const conversations = [
      form({}),
      form({ trust: 'trusted', session: 'starting', isDirect: false, unseen: 2, waiting: 1, isOnline: false }),
      form({ rival: person, session: 'none' })
    ]
    const status: StatusForm = { type: 'status', isRunning: true, home: '/h', health: [], conversations }
    const lines = statusLines(status, false)
    const at = lines.indexOf(WORDS.heading)
    expect(lines[at + 1]).to.match(/^@bob +AAAA-BBBB +\? not verified +● online +session open, direct/)
    expect(lines[at + 2]).to.match(
      /\+ trusted, not verified +- away +session not answered yet, through a channel +2 not confirmed, 1 of them waiting$/
    )
    expect(lines[at + 3]).to.match(/! nick known with another key +● online +no session/)
    expect(sessionText({ session: 'none', isDirect: true })).to.equal('no session')
  })

  it('prints the number in lines to read aloud, and what to do with it', () => {
    const person = { user: id(BOB), nick: 'bob', fingerprint: fingerprint(BOB), isSelf: false }
    const lines = safetyNumberLines({ ...person, safetyNumber: number, isVerified: false })
    expect(lines.slice(1, 4).join(' ').replace(/\s+/g, ' ').trim()).to.equal(number)
    for (const line of lines.slice(1, 4)) expect(line).to.match(/^ {2}(\d{5} ){3}\d{5}$/)
    expect(lines.join('\n')).to.include(`conclave verify ${id(BOB)} --code`)
  })

  it('when it is refused, says what happened, why, and what to try', () => {
    const name = displayText('bob')
    const said = [
      WORDS.noChannel(name),
      WORDS.unknownUser(name),
      WORDS.ambiguous(name, displayText('Bob (AAAA-BBBB) in #Garden, bob (CCCC-DDDD)')),
      WORDS.keyChanged(displayText('bob (AAAA-BBBB)'), displayText('Bob (CCCC-DDDD)'), name),
      WORDS.notTaken(WORDS.noSession),
      WORDS.notTaken(WORDS.notReached),
      WORDS.notAnswered(WORDS.unanswered),
      WORDS.notSeen(name, true),
      WORDS.notSeen(name, false),
      WORDS.oneself,
      WORDS.noGroupNorPlain,
      WORDS.badNumber,
      WORDS.numbersDiffer
    ]
    for (const message of said) {
      const { what, why, advice } = explain(new UsageError('X', message))
      expect(
        [what, why, advice].every((part) => part !== undefined && part.length > 5),
        message
      ).to.equal(true)
    }
  })

  it('is told when it changes: a session anew, what is lost, and a nick with another key, loudly', () => {
    const place = { channel: 'c', channelName: '@bob', with: 'u' }
    const user = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
    const rival = { ...user, user: 'v', fingerprint: 'CCCC-DDDD' }
    const events: [EventForm, string][] = [
      [
        { type: 'session', ...place, user, change: 'renewed', missing: 0 },
        'bob (AAAA-BBBB) has begun a new session: its earlier state is lost'
      ],
      [
        { type: 'session', ...place, user, change: 'setBack', missing: 0 },
        'bob (AAAA-BBBB) has heard other things from you than are known here: this home is an older copy.'
      ],
      [{ type: 'session', ...place, user, change: 'gap', missing: 2 }, 'GAP: 2 texts of bob (AAAA-BBBB) will not come'],
      [
        { type: 'rival', ...place, user, rival },
        'WARNING: bob (AAAA-BBBB) is not who you know by that nick, which is bob (CCCC-DDDD)'
      ]
    ]
    for (const [event, words] of events) expect(eventLine(event, PLAIN)).to.include(`@bob -- ${words}`)
    const warning = styled(displayText('x'), 'warn', true).split('x')[0]!
    const isLoud = events.map(([event]) => eventLine(event, { ...PLAIN, isColour: true })!.startsWith(warning))
    expect(isLoud).to.deep.equal([true, true, true, true])
  })
})
