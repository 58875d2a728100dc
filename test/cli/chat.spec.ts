import { expect } from 'chai'
import type { Chat } from '../../src/cli/chat.ts'
import { ChatCommands, firstAndRest, words } from '../../src/cli/chat-commands.ts'
import { ChatNames } from '../../src/cli/chat-names.ts'
import { CHAT, COMMAND_HELP, standingText } from '../../src/cli/chat-text.ts'
import type { ChannelForm, MemberForm } from '../../src/cli/forms.ts'
import type { Session } from '../../src/cli/session.ts'

const FORM: ChannelForm = {
  id: 'c'.repeat(52),
  name: 'lobby',
  key: 'ready',
  epoch: '3.12',
  term: 3,
  serial: 12,
  commitment: '00',
  members: 6,
  online: 6,
  connected: 2,
  manager: 'bobs-id',
  isManagerPresent: true,
  leaseMs: 4000,
  signers: [],
  isStanding: false,
  exposure: 'none',
  isManager: false,
  waiting: 0,
  missing: 0,
  logHead: '',
  privacy: 'encrypted'
}
const nickOf = (user: string): string => (user === 'bobs-id' ? 'bob' : '')

interface Stage {
  readonly said: string[]
  readonly sent: { text: string; how: object }[]
  readonly calls: { method: string; params: object }[]
  readonly changes: { method: string; about: object }[]
  /** Where was turned to. */
  readonly turns: string[]
  type(line: string): Promise<boolean>
}

const CONVERSATION: ChannelForm = {
  ...FORM,
  name: '@bob',
  conversation: {
    id: FORM.id,
    name: '@bob',
    user: 'bobs-id',
    nick: 'bob',
    fingerprint: 'AAAA-BBBB',
    isSelf: false,
    trust: 'verified',
    session: 'open',
    isDirect: true,
    waiting: 0,
    unseen: 0,
    isOnline: true
  }
}

/** Commands of a chat, in #lobby unless told, whose peer answers everything with the same form. @param current - null: nowhere. */
function stageOf(current: ChannelForm | null = FORM, answer: object = {}): Stage {
  const said: string[] = []
  const sent: Stage['sent'] = []
  const calls: Stage['calls'] = []
  const changes: Stage['changes'] = []
  const turns: string[] = []
  const chat = {
    current: current ?? undefined,
    output: { isColour: false },
    say: (line: string) => said.push(line),
    style: () => ({ isColour: false, withChannel: false }),
    change: async (method: string, about: object) => void changes.push({ method, about }),
    turnTo: async (place: string) => void turns.push(place),
    sendText: async (text: string, how: object) => void sent.push({ text, how }),
    served: {
      session: {
        call: async (method: string, params: object) => {
          calls.push({ method, params })
          return { members: [], groups: [], invites: [], lines: [], users: [], isApplied: true, token: 'ab', ...answer }
        }
      }
    }
  } as unknown as Chat
  const commands = new ChatCommands(chat)
  const type = async (line: string): Promise<boolean> => {
    const begun = await commands.run(line.slice(1))
    await begun?.aside
    return begun !== undefined
  }
  return { said, sent, calls, changes, turns, type }
}

describe('commands of the chat', () => {
  it('/to says a text to a group, as it was typed', async () => {
    const { sent, said, type } = stageOf()
    await type('/to ops  at "nine"  sharp')
    await type('/to "night shift" hello there')
    await type('/to ops')
    expect(sent).to.deep.equal([
      { text: 'at "nine"  sharp', how: { group: 'ops' } },
      { text: 'hello there', how: { group: 'night shift' } }
    ])
    expect(said.join()).to.include('Nothing was done')
  })

  it('about a message take it as it is typed, and the text as it was typed', async () => {
    const { sent, changes, calls, said, type } = stageOf(FORM, { messages: [], searched: [], isMore: false })
    await type('/reply 3fa ok,  "fine"')
    await type('/edit ^ new  words')
    await type('/delete ^2')
    await type('/react 3fa2 👍')
    await type('/react 3fa2 👍 back')
    await type('/search the gate')
    expect(sent).to.deep.equal([{ text: 'ok,  "fine"', how: { reply: '3fa' } }])
    expect(changes).to.deep.equal([
      { method: 'edit', about: { message: '^', text: 'new  words' } },
      { method: 'delete', about: { message: '^2' } },
      { method: 'react', about: { message: '3fa2', emoji: '👍', withdraw: false } },
      { method: 'react', about: { message: '3fa2', emoji: '👍', withdraw: true } }
    ])
    expect(calls).to.deep.equal([{ method: 'search', params: { text: 'the gate', channel: FORM.id } }])
    said.length = 0
    for (const slip of ['/reply 3fa', '/edit ^', '/delete', '/delete ^ please', '/react 3fa', '/react 3fa 👍 never'])
      await type(slip)
    expect([sent.length, changes.length, said.length]).to.deep.equal([1, 4, 6])
  })

  it('/seen asks who has the last message of ours, or another', async () => {
    const about = { text: 'hi' }
    const { calls, said, type } = stageOf(FORM, { id: '3fa2b1', about, state: 'sent', seenBy: [], notYet: [] })
    await type('/seen')
    await type('/seen 3fa')
    expect(calls.map(({ params }) => params)).to.deep.equal([
      { channel: FORM.id, message: '^' },
      { channel: FORM.id, message: '3fa' }
    ])
    expect(said[0]).to.equal('3fa2b1 "hi"  [sent]')
  })

  it('/dm says a text to one user, as it was typed, or turns to the conversation', async () => {
    const { sent, turns, said, type } = stageOf()
    await type('/dm bob  not for  "them"')
    await type('/dm "bob the builder" hello')
    await type('/dm @bob hi')
    expect(sent).to.deep.equal([
      { text: 'not for  "them"', how: { to: '@bob' } },
      { text: 'hello', how: { to: '@bob the builder' } },
      { text: 'hi', how: { to: '@bob' } }
    ])
    expect(turns).to.deep.equal([])
    await type('/dm bob')
    expect(turns).to.deep.equal(['@bob'])
    said.length = 0
    await type('/dm')
    expect(said.join()).to.include('Nothing was done')
    const nowhere = stageOf(null)
    await nowhere.type('/dm bob hi')
    expect(nowhere.sent).to.have.length(1)
  })

  it('/verify shows a number or compares one, and /trust says who is the right one', async () => {
    const person = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB' }
    const number = Array(12).fill('12345').join(' ')
    const { calls, said, type } = stageOf(FORM, { ...person, safetyNumber: number, trust: 'trusted' })
    await type('/verify bob')
    expect(said.splice(0).join('\n')).to.include('12345 12345 12345 12345\n').and.include('bob (AAAA-BBBB)')
    await type(`/verify bob ${number}`)
    await type('/trust bob the builder')
    expect(calls).to.deep.equal([
      { method: 'verify', params: { user: 'bob' } },
      { method: 'verify', params: { user: 'bob', code: number } },
      { method: 'trust', params: { user: 'bob the builder' } }
    ])
    expect(said[0]).to.include('bob (AAAA-BBBB) is verified')
    expect(said[1]).to.include('You trust bob (AAAA-BBBB)')
  })

  it('of channels do nothing in a conversation; those of messages do what they do', async () => {
    const { calls, sent, changes, said, type } = stageOf(CONVERSATION)
    const ofChannels = ['/to ops hi', '/plain hi', '/leave', '/whois bob', '/invite', '/group', '/keys', '/rekey']
    for (const line of [...ofChannels, '/admit bob', '/remove bob']) await type(line)
    expect([calls, sent, changes]).to.deep.equal([[], [], []])
    expect(new Set(said)).to.deep.equal(new Set([CHAT.notInConversation]))
    await type('/me waves')
    await type('/edit ^ mended')
    expect([sent.length, changes.length]).to.deep.equal([1, 1])
  })

  it('/plain sends nothing where the channel is encrypted', async () => {
    const encrypted = stageOf()
    await encrypted.type('/plain hi')
    expect(encrypted.sent).to.deep.equal([])
    expect(encrypted.said.join()).to.include('Nothing was sent')
    const mixed = stageOf({ ...FORM, privacy: 'mixed' })
    await mixed.type('/plain hi')
    expect(mixed.sent).to.deep.equal([{ text: 'hi', how: { isPlain: true } }])
  })

  it('a slip is never sent and never obeyed as something else', async () => {
    const { sent, calls, said, type } = stageOf()
    for (const slip of ['/qiut', '/wh', '/gruop add x y', '/t', '/group frobnicate x', '/group add x', '/invite twice'])
      await type(slip)
    expect(sent).to.deep.equal([])
    expect(calls).to.deep.equal([])
    expect(said.join('\n')).to.include('/who or /whois')
  })

  it('of groups, keys and members call the methods of the command line', async () => {
    const { calls, said, type } = stageOf()
    const lines: [string, string, object][] = [
      ['/group', 'group.list', {}],
      ['/g create "night shift" alice bob', 'group.create', { name: 'night shift', users: ['alice', 'bob'] }],
      ['/group add ops carol', 'group.add', { group: 'ops', users: ['carol'] }],
      ['/group remove ops carol dave', 'group.remove', { group: 'ops', users: ['carol', 'dave'] }],
      ['/group dissolve ops', 'group.dissolve', { group: 'ops' }],
      ['/keys', 'keys', {}],
      ['/rekey', 'rekey', { group: undefined }],
      ['/rekey night shift', 'rekey', { group: 'night shift' }],
      ['/remove bob the builder', 'remove', { user: 'bob the builder' }],
      ['/admit 12D3A 12D3B', 'admit', { users: ['12D3A', '12D3B'] }],
      ['/invite list', 'invite.list', {}],
      ['/invite revoke 3fa2b1c0', 'invite.revoke', { invite: '3fa2b1c0' }],
      ['/members', 'members', {}]
    ]
    for (const [line, method, params] of lines) {
      await type(line)
      expect(calls.at(-1), line).to.deep.include({ method })
      expect(calls.at(-1)!.params, line).to.deep.include({ ...params, channel: FORM.id })
    }
    expect(said.join()).to.not.include('Nothing')
  })

  it('what is not in force yet is said, and what takes seconds does not hold up the next line', async () => {
    const { said, type } = stageOf(FORM, { isApplied: false })
    expect(await type('/group create x')).to.equal(false)
    expect(await type('/remove bob')).to.equal(true)
    expect(said).to.have.length(2)
  })

  it('have help, each of them', async () => {
    const { said, type } = stageOf()
    await type('/help to')
    expect(said).to.have.length(1)
    await type('/help')
    const names = new ChatCommands({} as Chat).names
    for (const name of names) expect(CHAT.helpOn(name), name).to.not.deep.equal([])
    expect(COMMAND_HELP.every(([usage]) => usage.startsWith('/'))).to.equal(true)
  })

  it('words in quotes are one', () => {
    expect(words(' a "b c" d"e ')).to.deep.equal(['a', 'b c', 'd"e'])
    expect(firstAndRest('"b c"  d "e"')).to.deep.equal(['b c', 'd "e"'])
    expect(firstAndRest('')).to.deep.equal(['', ''])
  })
})

describe('the line of standing', () => {
  it('says which key, whose, and how many are there', () => {
    expect(standingText(FORM, nickOf)).to.equal('🔒 #lobby e3.12 · manager bob★ · 6 online')
    expect(standingText({ ...FORM, isManagerPresent: false, waiting: 1 }, nickOf)).to.equal(
      '🔒 #lobby e3.12 · manager bob is away · 6 online · 1 message held'
    )
    expect(standingText({ ...FORM, isManager: true }, nickOf)).to.include('you are manager★')
    expect(standingText({ ...FORM, isManager: true, isManagerPresent: false }, nickOf)).to.match(
      /you are manager, waiting for others/
    )
    expect(standingText({ ...FORM, isStanding: true }, nickOf)).to.include('you stand for manager')
    const exposed = standingText({ ...FORM, isManagerPresent: false, exposure: 'warned' }, nickOf)
    expect(exposed).to.match(/ · WARNING: removals uncertain$/)
    expect(exposed).to.have.length.below(80)
  })

  it('says where our newest message stands, as that changes', () => {
    const said = (state: 'waiting' | 'sent' | 'seen' | 'unknown') =>
      standingText(FORM, nickOf, { state, seenBy: 2, of: 5 }).replace(/.* · 6 online/, '')
    expect(said('waiting')).to.equal('')
    expect(said('sent')).to.equal(' · your last: sent')
    expect(said('seen')).to.equal(' · your last: seen by 2 of 5')
    expect(said('unknown')).to.equal(' · your last: unknown: nobody says to have it')
  })

  it('of a conversation says who the other is, how it is talked to, and what waits', () => {
    expect(standingText(CONVERSATION, nickOf)).to.equal('🔒 @bob · ✓ verified · session open, direct · online')
    const conversation = { ...CONVERSATION.conversation!, isOnline: false, unseen: 1, session: 'none' as const }
    const { trust: _, ...stranger } = conversation
    const last = standingText({ ...CONVERSATION, conversation: stranger }, nickOf, { state: 'sent', seenBy: 0, of: 1 })
    expect(last).to.equal('🔒 @bob · - not talked to by you · no session · away · 1 not confirmed · your last: sent')
  })

  it('shows no lock without a key, and none where nothing is encrypted', () => {
    for (const key of ['removed', 'alarmed'] as const)
      expect(standingText({ ...FORM, key }, nickOf)).to.match(/^✖ #lobby · /)
    for (const key of ['asking', 'expired', 'removal-pending', 'waiting-for-carrier'] as const) {
      const text = standingText({ ...FORM, key, waiting: 2 }, nickOf)
      expect(text).to.match(/^⏳ #lobby · .* · 2 messages held$/)
    }
    expect(standingText({ ...FORM, privacy: 'plain' }, nickOf)).to.match(/^\[plain\] #lobby · nothing is encrypted/)
    expect(standingText({ ...FORM, privacy: 'mixed' }, nickOf)).to.include('· mixed ·')
  })
})

describe('names in the chat', () => {
  const memberForm = (user: string, nick: string): MemberForm => ({
    user,
    nick,
    fingerprint: 'AAAA-BBBB',
    isSelf: false,
    isFounder: false,
    isManager: false,
    isMemberManager: false,
    isOnline: true,
    holdsKey: true
  })
  let members = [memberForm('1', 'alice'), memberForm('2', 'bob')]
  const session = {
    call: async (method: string) =>
      method === 'members' ? { members } : { groups: [{ groupName: 'ops' }, { groupName: 'night shift' }] }
  } as unknown as Session

  it('are learned, and a new one of somebody is noticed once', async () => {
    const names = new ChatNames()
    members = [memberForm('1', 'alice'), memberForm('2', 'bob')]
    expect(await names.learnNicks(session, FORM)).to.deep.equal([])
    members = [memberForm('1', 'alice'), memberForm('2', 'robert'), memberForm('3', 'alice')]
    const [renamed, ...others] = await names.learnNicks(session, FORM)
    expect(renamed).to.deep.include({ type: 'nick', before: 'bob' })
    expect(renamed!.user).to.include({ nick: 'robert' })
    expect(others).to.deep.equal([])
    expect(await names.learnNicks(session, FORM)).to.deep.equal([])
    expect([names.isAmbiguous('alice'), names.isAmbiguous('robert'), names.nickOf('2')]).to.deep.equal([
      true,
      false,
      'robert'
    ])
    // Another channel is another list.
    expect(await names.learnNicks(session, { ...FORM, id: 'd' })).to.deep.equal([])
  })

  it('complete what is typed: commands, nicks, and groups where a group comes', async () => {
    const names = new ChatNames()
    members = [memberForm('1', 'alice'), memberForm('2', 'Olga')]
    await names.learnNicks(session, FORM)
    await names.learnGroups(session, FORM)
    expect(names.complete('/wh', ['who', 'whois', 'me'])).to.deep.equal(['/who', '/whois'])
    expect(names.complete('hi al', [])).to.deep.equal(['alice'])
    expect(names.complete('o', [])).to.deep.equal(['Olga'])
    expect(names.complete('/to ', [])).to.deep.equal(['ops', '"night shift"'])
    expect(names.complete('/group add o', [])).to.deep.equal(['ops'])
    expect(names.complete('/group add ops o', [])).to.deep.equal(['Olga', 'ops'])
    for (const nothing of ['', 'hi ', '/me ']) expect(names.complete(nothing, [])).to.deep.equal([])
  })
})
