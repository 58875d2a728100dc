import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { displayText } from '../../src/cli/display-text.ts'
import type { MessageForm, ReadForm, SearchForm, SeenForm, SendForm } from '../../src/cli/forms.ts'
import { messageLine, waitingLine } from '../../src/cli/lines.ts'
import { searchLines, seenLines } from '../../src/cli/lists.ts'
import { readPages } from '../../src/cli/pages.ts'
import { searchable } from '../../src/cli/search-methods.ts'
import { explain, MESSAGE, WAITING } from '../../src/cli/text.ts'
import type { GroupView, MessageState } from '../../src/core/command.ts'
import type { MessageView } from '../../src/core/notice.ts'
import type { Content } from '../../src/wire/messages.ts'
import { alice, bob, keyOf } from '../core/identity/people.ts'
import * as views from '../core/member/views.ts'
import { GROUP, idOf } from '../core/member/views.ts'
import { CHANNEL, codeOf, memberOf, TestDesk } from './desk.ts'

const [ALICE, BOB, MALLORY] = [alice.publicKey, bob.publicKey, keyOf('mallory').publicKey]
const NICKS = new Map([
  [ALICE, 'alice'],
  [BOB, 'bob'],
  [MALLORY, 'mallory']
])
const STYLE = { isColour: false, withChannel: false }

type Fields = Partial<Omit<MessageView, 'content'>>
/** Said by Bob unless told; Alice is at the desk. */
const by = (fields: Fields): Fields => {
  const { sender = BOB } = fields
  return { channel: CHANNEL, sender, nick: NICKS.get(sender)!, isOwn: sender === ALICE, ...fields }
}
const text = (word: string, words: string, fields: Fields = {}, replyTo?: string) =>
  views.text(word, words, by(fields), replyTo)
const edit = (word: string, target: string, words: string, fields: Fields = {}) =>
  views.edit(word, target, words, by(fields))
const deletion = (word: string, target: string, fields: Fields = {}) => views.deletion(word, target, by(fields))
const reaction = (word: string, target: string, emoji: string, fields: Fields = {}, isBack = false) =>
  views.reaction(word, target, emoji, by(fields), isBack)

interface Said {
  readonly content: Partial<Content>
  readonly group: Uint8Array | undefined
}

/** Alice's desk with a history, and what she says. */
async function deskWith(...messages: MessageView[]): Promise<{ desk: TestDesk; said: Said[] }> {
  const said: Said[] = []
  const groups: GroupView[] = [{ id: GROUP, name: 'ops', members: [ALICE, BOB], isMember: true, isReady: true }]
  const members = [memberOf(ALICE, 'alice', { isSelf: true }), memberOf(BOB, 'bob'), memberOf(MALLORY, 'mallory')]
  const desk = new TestDesk(ALICE, members, (command, tell) => {
    if (command.type === 'groups') return { type: 'groups', groups }
    if (command.type !== 'say') return undefined
    said.push({ content: command.content, group: command.group })
    tell({ type: 'messageState', channel: CHANNEL, local: 'l', id: 'ff'.repeat(32), state: 'sent', seenBy: 0, of: 1 })
    return { type: 'said', local: 'l' }
  })
  await desk.keep(...messages)
  return { desk, said }
}

const place = { channel: 'garden' }
const read = async (desk: TestDesk, params: object = { since: 0 }): Promise<readonly MessageForm[]> =>
  (await desk.call<ReadForm>('read', { ...place, ...params })).messages
const lines = (forms: readonly MessageForm[]): string[] =>
  forms.map((one) => messageLine(one, STYLE).replace(/^.*?\d\d:\d\d /, ''))
const short = (word: string): string => idOf(word).slice(0, 6)

describe('what is said about messages', () => {
  it('names its target as everybody does, on the line of the target', async () => {
    const { desk, said } = await deskWith(
      text('m', 'mine', { sender: ALICE, lamport: 1 }),
      text('g', 'in the group', { lamport: 2, group: GROUP })
    )
    await desk.call('edit', { ...place, message: idOf('m'), text: 'mended' })
    await desk.call('delete', { ...place, message: short('m') })
    const form = await desk.call<SendForm>('react', { ...place, message: short('g').toUpperCase(), emoji: '👍' })
    expect(form).to.deep.include({ kind: 'reaction', state: 'sent', groupName: 'ops', isEncrypted: true })
    expect(form.about).to.deep.include({ id: idOf('g'), nick: 'bob', text: 'in the group' })
    await desk.call('react', { ...place, message: idOf('g'), emoji: '👍', withdraw: true })
    await desk.call('send', { ...place, text: 'indeed', reply: idOf('g') })
    const targets = said.map(({ content: { text: words, edit: e, deletion: d, reaction: r } }) =>
      hex((words?.replyTo ?? e?.target ?? d?.target ?? r?.target)!)
    )
    expect(targets).to.deep.equal(['m', 'm', 'g', 'g', 'g'].map(idOf))
    expect(said.map(({ group }) => group && hex(group))).to.deep.equal([
      undefined,
      undefined,
      hex(GROUP),
      hex(GROUP),
      hex(GROUP)
    ])
    expect(said[0]!.content.edit!.text).to.equal('mended')
    expect([said[2], said[3]].map((one) => one!.content.reaction!.isWithdrawn)).to.deep.equal([false, true])
  })

  it('is sent only when it would be in force', async () => {
    const { desk, said } = await deskWith(
      text('m', 'mine', { sender: ALICE, lamport: 1 }),
      text('b', 'his', { lamport: 2 }),
      text('gone', 'oops', { sender: ALICE, lamport: 3 }),
      deletion('d', 'gone', { sender: ALICE, lamport: 4 })
    )
    const codes: [string, object, string][] = [
      ['edit', { message: idOf('b'), text: 'x' }, 'NOT_YOURS'],
      ['delete', { message: idOf('b') }, 'NOT_YOURS'],
      ['edit', { message: idOf('gone'), text: 'x' }, 'MESSAGE_DELETED'],
      ['react', { message: idOf('gone'), emoji: '👍' }, 'MESSAGE_DELETED'],
      ['react', { message: idOf('m'), emoji: 'well done' }, 'BAD_MESSAGE'],
      ['react', { message: idOf('m'), emoji: '' }, 'BAD_MESSAGE'],
      ['edit', { message: idOf('nothing'), text: 'x' }, 'NO_SUCH_MESSAGE'],
      ['edit', { message: 'zz', text: 'x' }, 'NO_SUCH_MESSAGE'],
      ['edit', { message: '^2', text: 'x' }, 'NO_SUCH_MESSAGE'],
      ['send', { text: 'x', reply: idOf('b'), group: 'ops' }, 'OTHER_LINE']
    ]
    for (const [method, params, code] of codes)
      expect(await codeOf(desk.call(method, { ...place, ...params })), `${method} ${JSON.stringify(params)}`).to.equal(
        code
      )
    expect(said).to.deep.equal([])
    await desk.call('react', { ...place, message: idOf('m'), emoji: '👨‍👩‍👧' })
    expect(said).to.have.length(1)
  })

  it('when it is refused, says what happened, why, and what to try', () => {
    const id = displayText('3fa2b1')
    const { unknown, notSoMany, ambiguous, notYours, deletedAlready, otherLine, badReaction, nothingToFind } = MESSAGE
    const said = [unknown, notSoMany, ambiguous, notYours, deletedAlready, otherLine].map((one) => one(id))
    const delivery = [MESSAGE.notYoursToAsk(id), WAITING.notSeen(id, 0), WAITING.notSeen(id, 1)]
    for (const message of [...said, badReaction, nothingToFind, WAITING.noText, WAITING.notUtf8, ...delivery]) {
      const { what, why, advice } = explain(new UsageError('X', message))
      expect(
        [what, why, advice].every((part) => part !== undefined && part.length > 5),
        message
      ).to.equal(true)
    }
  })

  it('counts back: own messages to change, those of others to answer, and none that were deleted', async () => {
    const { desk, said } = await deskWith(
      text('m1', 'first', { sender: ALICE, lamport: 1 }),
      text('b1', 'his first', { lamport: 2 }),
      text('b2', 'his second', { lamport: 2, counter: 3 }),
      text('m2', 'second', { sender: ALICE, lamport: 4 }),
      text('m3', 'third', { sender: ALICE, lamport: 5 }),
      deletion('d', 'm3', { sender: ALICE, lamport: 6 }),
      edit('e', 'm2', 'second, mended', { sender: ALICE, lamport: 7 })
    )
    const targetOf = async (method: string, message: string, rest: object): Promise<string> =>
      (await desk.call<SendForm>(method, { ...place, message, ...rest })).about!.id
    expect(await targetOf('edit', '^', { text: 'x' })).to.equal(idOf('m2'))
    expect(await targetOf('delete', '^2', {})).to.equal(idOf('m1'))
    expect(await targetOf('react', '^', { emoji: '👍' })).to.equal(idOf('b2'))
    expect(await targetOf('react', '^2', { emoji: '👍' })).to.equal(idOf('b1'))
    // The id of an edit means what it edits.
    expect(await targetOf('edit', idOf('e'), { text: 'x' })).to.equal(idOf('m2'))
    expect(said).to.have.length(5)
  })

  it('never guesses between two', async () => {
    const twin = { ...text('x', 'one', { sender: ALICE }), id: `abc1${'0'.repeat(60)}` }
    const other = { ...text('y', 'two', { sender: ALICE, lamport: 2 }), id: `abc2${'0'.repeat(60)}` }
    const { desk } = await deskWith(twin, other)
    expect(await codeOf(desk.call('delete', { ...place, message: 'abc' }))).to.equal('AMBIGUOUS_MESSAGE')
    expect((await desk.call<SendForm>('delete', { ...place, message: 'abc2' })).about!.id).to.equal(other.id)
  })
})

describe('delivery of messages of ours', () => {
  const story = [
    text('1', 'early', { sender: ALICE, lamport: 1 }),
    text('2', 'late', { sender: ALICE, lamport: 4 }),
    text('3', 'on its way', { sender: ALICE, lamport: 5, state: 'waiting' }),
    text('4', 'in the group', { sender: ALICE, lamport: 3, group: GROUP }),
    text('5', 'his', { lamport: 6 })
  ]

  it('is in a history what members say to have now, on the line it was said on, since they came', async () => {
    const { desk } = await deskWith(...story)
    desk.view = { ...desk.view, members: 3 }
    const stateOf = async (word: string): Promise<unknown[]> => {
      const { state, seenBy, of } = (await read(desk)).find(({ id }) => id === idOf(word))!
      return [state, seenBy, of]
    }
    expect(await stateOf('1')).to.deep.equal(['sent', 0, 2])
    desk.receipts = {
      ...desk.receipts,
      receipts: [
        { user: BOB, group: EMPTY, after: 0, lamport: 1 },
        { user: MALLORY, group: EMPTY, after: 1, lamport: 9 },
        { user: BOB, group: GROUP, after: 3, lamport: 7 }
      ],
      unknown: [idOf('4')]
    }
    expect(await stateOf('1')).to.deep.equal(['seen', 1, 2])
    expect(await stateOf('2')).to.deep.equal(['seen', 1, 2])
    expect(await stateOf('3')).to.deep.equal(['waiting', 0, 2])
    expect(await stateOf('4')).to.deep.equal(['unknown', 0, 1])
    expect((await read(desk)).find(({ id }) => id === idOf('5'))).to.not.have.any.keys('seenBy', 'of')
    const withState = { ...STYLE, withState: true }
    const marks = (await read(desk)).map((one) => / {2}\[(.*)\]$/.exec(messageLine(one, withState))?.[1])
    expect(marks).to.deep.equal([
      'seen by 1 of 2',
      'unknown: nobody says to have it',
      'seen by 1 of 2',
      'waiting',
      undefined
    ])
    const { messages } = await desk.call<SearchForm>('search', { text: 'early' })
    expect(messages[0]).to.include({ state: 'seen', seenBy: 1, of: 2 })
  })

  it('names who has one, and who has not yet', async () => {
    const { desk } = await deskWith(...story)
    desk.receipts = { ...desk.receipts, receipts: [{ user: BOB, group: EMPTY, after: 0, lamport: 1 }] }
    const seen = async (message?: string): Promise<unknown[]> => {
      const form = await desk.call<SeenForm>('seen', { ...place, message })
      return [form.id, form.seenBy.map(({ nick }) => nick), form.notYet.map(({ nick }) => nick)]
    }
    expect(await seen(idOf('1'))).to.deep.equal([idOf('1'), ['bob'], ['mallory']])
    expect(await seen(idOf('2'))).to.deep.equal([idOf('2'), [], ['bob', 'mallory']])
    expect(await seen(idOf('4'))).to.deep.equal([idOf('4'), [], ['bob']])
    expect((await seen())[0]).to.equal(idOf('3'))
    expect(await codeOf(seen(idOf('5')))).to.equal('NOT_YOURS')
    const shown = seenLines(await desk.call<SeenForm>('seen', { ...place, message: idOf('1') }))
    expect(shown[0]).to.equal(`${short('1')} "early"  [seen by 1 of 2]`)
    expect(shown.slice(1).map((line) => line.replace(/\(.*/, ''))).to.deep.equal([
      '  has it   bob ',
      '  not yet  mallory '
    ])
  })

  it('is waited for until a member has said to have it, and not taken for that when it was only sent', async () => {
    const states: MessageState[][] = [['sent', 'seen'], ['sent'], ['sent', 'unknown'], []]
    const ended: unknown[] = []
    for (const told of states) {
      const desk = new TestDesk(ALICE, [], ({ type }, tell) => {
        if (type !== 'say') return undefined
        for (const state of told) {
          const seenBy = state === 'seen' ? 1 : 0
          tell({ type: 'messageState', channel: CHANNEL, local: 'l', id: 'ff'.repeat(32), state, seenBy, of: 1 })
        }
        return { type: 'said', local: 'l' }
      })
      const form = await desk.call<SendForm>('send', { ...place, text: 'x', wait: 'seen', timeout: 20 })
      ended.push([form.state, form.seenBy])
    }
    expect(ended).to.deep.equal([
      ['seen', 1],
      ['sent', 0],
      ['unknown', 0],
      ['waiting', undefined]
    ])
  })

  it('that has not begun is shown after all the others, on the line it is for', async () => {
    const groups: GroupView[] = [{ id: GROUP, name: 'ops', members: [ALICE], isMember: true, isReady: true }]
    const contents = [text('w', 'hello?').content, edit('e', '1', 'mended').content, deletion('d', '1').content]
    const messages = contents.map((content, i) => ({
      local: `l${i}`,
      group: i === 0 ? GROUP : EMPTY,
      content,
      isPlain: false
    }))
    const desk = new TestDesk(ALICE, [], ({ type }) =>
      type === 'groups' ? { type, groups } : type === 'waiting' ? { type, messages } : undefined
    )
    desk.view = { ...desk.view, waiting: 3 }
    await desk.keep(text('1', 'helo', { sender: ALICE }))
    const form = await desk.call<ReadForm>('read', { ...place, since: 0 })
    expect(
      form.waiting.map((one) =>
        waitingLine(one, STYLE)
          .slice(6)
          .replace(/^.*?\d\d:\d\d /, '')
      )
    ).to.deep.equal([
      `[ops] you: hello?  [waiting]`,
      `-- you wanted to edit ${short('1')}: mended  [waiting]`,
      `-- you wanted to delete ${short('1')}  [waiting]`
    ])
    const inGroup = await desk.call<ReadForm>('read', { ...place, since: 0, group: 'ops' })
    expect(inGroup.waiting.map(({ local }) => local)).to.deep.equal(['l0'])
  })
})

describe('reading', () => {
  /** What a line of the control socket has room for beside the answer's own frame. */
  const LINE_BYTES = 1024 * 1024 - 1024
  const sizeOf = (form: object): number => Buffer.byteLength(JSON.stringify(form))
  /** Every character of it takes six bytes in JSON. */
  const longest = '\u0001'.repeat(16 * 1024)

  it('gives no more at once than a line of the control socket holds, and all of it part by part', async () => {
    const waiting = Array.from({ length: 40 }, (_, i) => ({
      local: `l${i}`,
      group: EMPTY,
      content: text(`w${i}`, longest).content,
      isPlain: false
    }))
    const desk = new TestDesk(ALICE, [], ({ type }) =>
      type === 'groups' ? { type, groups: [] } : type === 'waiting' ? { type, messages: waiting } : undefined
    )
    desk.view = { ...desk.view, waiting: waiting.length }
    await desk.keep(...Array.from({ length: 20 }, (_, i) => text(`m${i}`, longest, { lamport: i + 1 })))
    for (const range of [{}, { since: 0 }, { limit: 12 }, { limit: 0 }]) {
      const pages: ReadForm[] = []
      for await (const page of readPages(desk, { channel: 'garden', ...range })) pages.push(page)
      for (const page of pages) expect(sizeOf(page)).to.be.lessThan(LINE_BYTES)
      expect(pages.length).to.be.greaterThan(10)
      const expected = Array.from({ length: 20 }, (_, i) => idOf(`m${i}`)).slice(range.limit === 12 ? 8 : 0)
      expect(pages.flatMap(({ messages }) => messages.map(({ id }) => id))).to.deep.equal(expected)
      expect(pages.flatMap((page) => page.waiting.map(({ local }) => local))).to.deep.equal(
        waiting.map(({ local }) => local)
      )
      const lefts = pages.filter((page) => page.waiting.length > 0).map(({ waitingLeft }) => waitingLeft)
      expect(lefts).to.deep.equal(lefts.toSorted((a, b) => b - a))
      expect([lefts[0]! > 0, lefts.at(-1)]).to.deep.equal([true, 0])
    }
  })

  it('loses nothing of what waits when some of it goes out between two parts', async () => {
    const names = ['l0', 'l1', 'l2']
    const content = text('w', longest.repeat(3)).content
    const desk = new TestDesk(ALICE, [], ({ type }) => {
      if (type !== 'waiting') return type === 'groups' ? { type, groups: [] } : undefined
      const messages = names.map((local) => ({ local, group: EMPTY, content, isPlain: false }))
      names.shift()
      return { type, messages }
    })
    desk.view = { ...desk.view, waiting: 3 }
    const shown: string[] = []
    for await (const page of readPages(desk, { channel: 'garden', limit: 0 }))
      shown.push(...page.waiting.map(({ local }) => local))
    expect(shown).to.deep.equal(['l0', 'l1', 'l2'])
  })

  it('of a text with any number of reactions gives some, and how many there are', async () => {
    const { desk } = await deskWith(
      text('m', 'hi', { lamport: 1 }),
      ...Array.from({ length: 100 }, (_, i) =>
        reaction(`r${i}`, 'm', `e${i}${'\u0301'.repeat(29)}`, { lamport: i + 2, sender: MALLORY })
      ),
      ...Array.from({ length: 40 }, (_, i) =>
        reaction(`s${i}`, 'm', 'e0', { lamport: 1, sender: keyOf(`user ${i}`).publicKey, nick: 'x' })
      )
    )
    const [form] = await read(desk)
    expect(form).to.include({ moreReactions: 101 - 64 })
    expect(form!.reactions).to.have.length(64)
    expect([form!.reactions![0]!.count, form!.reactions![0]!.users.length]).to.deep.equal([40, 32])
    expect(lines([form!])[0]).to.match(/e0 40 .*…$/)
  })

  const story = [
    text('m', 'helo', { lamport: 1 }),
    edit('e', 'm', 'hello', { lamport: 2 }),
    text('a', 'hi bob', { sender: ALICE, lamport: 3 }, 'm'),
    reaction('r1', 'm', '👍', { sender: ALICE, lamport: 4 }),
    reaction('r2', 'm', '👍', { sender: MALLORY, lamport: 5 }),
    reaction('r3', 'm', '🎉', { sender: MALLORY, lamport: 5, counter: 6 }),
    text('o', 'oops', { lamport: 6 }),
    deletion('d', 'o', { lamport: 7 }),
    edit('f', 'm', 'forged', { sender: MALLORY, lamport: 8 }),
    text('l', 'who?', { lamport: 9 }, 'nowhere')
  ]

  it('shows texts as they are now, in one order, whatever came when', async () => {
    for (const messages of [story, story.toReversed()]) {
      const { desk } = await deskWith(...messages)
      expect(lines(await read(desk))).to.deep.equal([
        `${short('m')} bob: hello (edited)\n      👍 2  🎉 1`,
        `${short('a')} alice → bob "hello": hi bob`,
        `${short('o')} bob: (deleted by its author; copies may exist)`,
        `${short('l')} bob → a message that is not here: who?`
      ])
      expect(lines(await read(desk, { limit: 2 }))).to.have.length(2)
      const forms = await read(desk)
      expect(forms[0]!.reactions!.map(({ emoji, users }) => [emoji, users.length])).to.deep.equal([
        ['👍', 2],
        ['🎉', 1]
      ])
    }
  })

  it('raw gives each message as it came', async () => {
    const { desk } = await deskWith(...story)
    const forms = await read(desk, { since: 0, raw: true })
    expect(forms.map(({ kind }) => kind).sort()).to.deep.equal(story.map(kindOf).sort())
    expect(forms[0]).to.include({ kind: 'text', text: 'helo' })
    expect(forms[1]).to.include({ kind: 'edit', text: 'hello', target: idOf('m'), effect: 'in-force' })
    expect(forms.find(({ text: words }) => words === 'hi bob')!.about).to.include({ id: idOf('m'), text: 'hello' })
    expect(forms.find(({ text: words }) => words === 'forged')).to.include({ effect: 'ignored' })
  })

  it('tells what became of a message that was read before, once, and not of one that is shown itself', async () => {
    const { desk } = await deskWith(story[0]!)
    const first = await desk.call<ReadForm>('read', place)
    await desk.call('mark', { ...place, ...first.upTo })
    expect(await read(desk, {})).to.deep.equal([])
    await desk.keep(edit('e', 'm', 'hello', { lamport: 2 }), reaction('r', 'm', '👍', { sender: MALLORY, lamport: 3 }))
    await desk.keep(deletion('x', 'm', { sender: MALLORY, lamport: 4 }))
    await desk.keep(text('n', 'new', { lamport: 4 }), edit('en', 'n', 'newer', { lamport: 5 }))
    const second = await desk.call<ReadForm>('read', place)
    expect(lines(second.messages)).to.deep.equal([
      `-- bob edited ${short('m')}: hello`,
      `-- mallory reacted 👍 to ${short('m')} bob "hello"`,
      `${short('n')} bob: newer (edited)`
    ])
    await desk.call('mark', { ...place, ...second.upTo })
    expect(await read(desk, {})).to.deep.equal([])
  })

  it('of an edited message says plain when any of it was', async () => {
    const { desk } = await deskWith(text('m', 'sealed'), edit('e', 'm', 'open', { lamport: 2, isEncrypted: false }))
    expect((await read(desk))[0]).to.include({ text: 'open', isEncrypted: false })
  })

  it('says why something is ignored, and quotes so that a quotation cannot be ended early', async () => {
    const [mine] = await read((await deskWith(text('m', 'hi "x": you', { sender: ALICE }))).desk)
    const about = { id: mine!.id, sender: mine!.sender, nick: 'alice', fingerprint: '', isOwn: true, text: mine!.text! }
    const form: MessageForm = { ...mine!, sender: 'other', nick: 'mallory', isOwn: false, kind: 'edit', about }
    const line = (changes: Partial<MessageForm>): string => lines([{ ...form, ...changes }])[0]!
    const what = `${short('m')} alice "hi 'x': you"`
    expect(line({ effect: 'ignored' })).to.equal(
      `-- mallory wanted to edit ${what}: ignored, since only its author can`
    )
    expect(line({ effect: 'ignored', kind: 'deletion' })).to.include('wanted to delete')
    const gone = { ...about, isDeleted: true as const }
    expect(line({ effect: 'ignored', kind: 'reaction', about: gone })).to.match(/ignored, since it was deleted$/)
    expect(line({ effect: 'waiting', kind: 'deletion' })).to.match(/deleted \w{6}, a message that is not here$/)
    expect(line({ effect: 'in-force', kind: 'reaction', emoji: '\u001B[2J', isWithdrawn: true })).to.not.include(
      '\u001B'
    )
  })
})

const kindOf = ({ content }: MessageView): string =>
  content.text ? 'text' : content.edit ? 'edit' : content.deletion ? 'deletion' : 'reaction'

describe('searching', () => {
  const search = (desk: TestDesk, params: object): Promise<SearchForm> => desk.call<SearchForm>('search', { ...params })
  const found = async (desk: TestDesk, params: object): Promise<string[]> =>
    (await search(desk, params)).messages.map(({ text: words }) => words!)

  it('finds without regard to case, accents and spaces, newest first', async () => {
    const { desk } = await deskWith(
      text('1', 'The GATE is open', { lamport: 1 }),
      text('2', 'Tor auf der Straße', { lamport: 2 }),
      text('3', 'a ga\u0302te\nis  open', { lamport: 3 }),
      text('4', 'ΟΔΟΣ', { lamport: 4 }),
      text('5', 'nothing', { lamport: 5 })
    )
    expect(await found(desk, { text: 'gate is' })).to.deep.equal(['a ga\u0302te\nis  open', 'The GATE is open'])
    expect(await found(desk, { text: 'Gâté' })).to.have.length(2)
    expect(await found(desk, { text: 'STRASSE' })).to.deep.equal(['Tor auf der Straße'])
    expect(await found(desk, { text: 'οδος' })).to.deep.equal(['ΟΔΟΣ'])
    expect(await found(desk, { text: 'ｇａｔｅ' })).to.have.length(2)
    expect(searchable('ﬁ Éa\u200B')).to.equal(searchable('FI éa\u200B'))
  })

  it('finds what a message says now: not what was edited away, and nothing deleted', async () => {
    const { desk } = await deskWith(
      text('1', 'old words', { lamport: 1 }),
      edit('e1', '1', 'new words', { lamport: 2 }),
      edit('e2', '1', 'newest words', { lamport: 3 }),
      text('2', 'deleted words', { lamport: 4 }),
      deletion('d', '2', { lamport: 5 }),
      edit('f', '1', 'forged words', { lamport: 6, sender: MALLORY })
    )
    expect(await found(desk, { text: 'words' })).to.deep.equal(['newest words'])
    for (const one of ['old', 'new words', 'deleted', 'forged'])
      expect(await found(desk, { text: one }), one).to.deep.equal([])
  })

  it('keeps to channel, sender, time and number, and says when there is more', async () => {
    const many = Array.from({ length: 30 }, (_, i) => text(`m${i}`, `word ${i}`, { lamport: i + 1 }))
    const { desk } = await deskWith(...many, text('mine', 'my word', { sender: ALICE, lamport: 40 }))
    expect(await search(desk, { text: 'word' })).to.deep.include({ isMore: true })
    expect((await search(desk, { text: 'word' })).messages).to.have.length(20)
    expect(await found(desk, { text: 'word', limit: 2, from: 'bob' })).to.deep.equal(['word 29', 'word 28'])
    expect(await found(desk, { text: 'word', from: 'alice', channel: '#garden' })).to.deep.equal(['my word'])
    expect(await found(desk, { text: 'word', since: 1_000_040 })).to.deep.equal(['my word'])
    const all = await search(desk, { text: 'WORD', limit: 31 })
    expect([all.messages.length, all.isMore]).to.deep.equal([31, false])
    expect(await codeOf(search(desk, { text: ' ' }))).to.equal('BAD_MESSAGE')
    expect(await codeOf(search(desk, { text: 'x', limit: 0 }))).to.equal('BAD_OPTION')
    expect(await codeOf(search(desk, { text: 'x', channel: 'elsewhere' }))).to.equal('NO_SUCH_CHANNEL')
  })

  it('finds no more at once than a line of the control socket holds, in any script', async () => {
    const long = '門'.repeat(5_000)
    const many = Array.from({ length: 100 }, (_, i) => text(`m${i}`, long, { lamport: i + 1 }))
    const form = await search((await deskWith(...many)).desk, { text: '門', limit: 100 })
    expect(form.isMore).to.equal(true)
    expect(Buffer.byteLength(JSON.stringify(form))).to.be.within(400_000, 600_000)
  })

  it('says how far back the history here goes, and harms no terminal', async () => {
    const { desk } = await deskWith(text('1', 'x\u001B[2Jy', { lamport: 1 }), text('2', 'z', { lamport: 2 }))
    const form = await search(desk, { text: 'x' })
    expect(form.searched).to.deep.include({
      channel: form.messages[0]!.channel,
      channelName: 'garden',
      count: 2,
      since: 1_000_001
    })
    const shown = searchLines(form, STYLE).join('\n')
    expect(shown).to.match(/#garden: looked at 2 messages; what is here goes back to 1970-01-01/)
    expect(shown).to.not.include('\u001B')
    const empty = await deskWith()
    expect(searchLines(await search(empty.desk, { text: 'x' }), STYLE).join('\n')).to.include('nothing is here')
  })
})
