import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { InternalError, PeerError, UsageError } from '../../src/base/errors.ts'
import { displayText, displayWidth, own } from '../../src/cli/display-text.ts'
import { reasonText } from '../../src/cli/event-text.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'
import type { EventForm, MessageForm } from '../../src/cli/forms.ts'
import { eventLine, messageLine } from '../../src/cli/lines.ts'
import { Output } from '../../src/cli/output.ts'
import { explain, foreseen } from '../../src/cli/text.ts'
import { Reason } from '../../src/wire/messages.ts'

function heard(isJson: boolean, print: (output: Output) => void): { out: string; err: string } {
  let out = ''
  let err = ''
  print(new Output({ isJson, out: { write: (text) => (out += text) }, err: { write: (text) => (err += text) } }))
  return { out, err }
}

const PLAIN = { isColour: false, withChannel: false }

const MESSAGE: MessageForm = {
  type: 'message',
  channel: 'a'.repeat(52),
  channelName: 'garden',
  id: '00',
  sender: '12D3KooWx',
  nick: 'bob',
  fingerprint: 'AAAA-BBBB',
  lamport: 1,
  counter: 0,
  kind: 'text',
  text: 'hi',
  isAction: false,
  writtenAt: 0,
  seenAt: Date.now(),
  isEncrypted: true,
  isOwn: false,
  state: 'sent'
}

describe('output', () => {
  it('for programs is one object per line with its version, errors too, and nothing else', () => {
    const { out, err } = heard(true, (output) => {
      output.answer({ a: 1 }, () => [own`for people`])
      output.error(new UsageError('NO_KEY_MANAGER', 'Not sent. Nobody answers. Wait.'))
    })
    expect(err).to.equal('')
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).to.deep.equal(
      [
        { v: 1, a: 1 },
        { v: 1, error: { code: 'NO_KEY_MANAGER', message: 'Not sent. Nobody answers. Wait.', retryable: true } }
      ].map((one) =>
        'error' in one ? { ...one, error: { ...one.error!, message: 'Not sent. Nobody answers. Wait' } } : one
      )
    )
  })

  it('for people says what happened, why, and what to try, on standard error', () => {
    const { out, err } = heard(false, (output) =>
      output.error(new UsageError('X', 'It broke. A wire came off. Put it back.'))
    )
    expect(out).to.equal('')
    expect(err).to.equal('conclave: It broke\n  why:  A wire came off\n  try:  Put it back\n')
  })

  it('an error of two sentences has the third part added', () => {
    const { why, advice } = explain(
      new UsageError('NO_SUCH_CHANNEL', 'This peer is in no such channel. See: conclave channel list')
    )
    expect([why, advice].every((part) => part !== undefined && part.length > 0)).to.equal(true)
  })

  it("an unforeseen error shows its name and code, never its text, which may be anybody's", () => {
    const error = Object.assign(new Error('secret words of a stranger \u001B[2J'), { code: 'EPIPE' })
    const { err } = heard(false, (output) => output.error(foreseen(error)))
    expect(err).to.include('EPIPE').and.not.include('stranger')
    expect(err).to.include('fault of the program')
  })

  it('what the disk refuses is not called our fault, and is for the user to mend', () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'EIO']) {
      const known = foreseen(Object.assign(new Error('/home/somebody'), { code }))
      expect(exitCodeOf(known), code).to.equal(1)
      const { err } = heard(false, (output) => output.error(known))
      expect(err).to.match(/^conclave: Could not go on\n {2}why: {2}.{10,}\n {2}try: {2}.{10,}\n$/)
      expect(err).to.not.match(/somebody|fault/)
    }
    const { why, advice } = explain(new UsageError('STORE_FAILED', 'The store takes no changes. Look after the disk.'))
    expect([why, advice].every((part) => part !== undefined && part.length > 5)).to.equal(true)
  })

  it('exit codes tell who has to act', () => {
    const codes: [unknown, number][] = [
      [new UsageError('UNKNOWN_OPTION', ''), 2],
      [new UsageError('HOME_IN_USE', ''), 1],
      [new UsageError('WRONG_PASSPHRASE', ''), 1],
      [new UsageError('NO_PEERS', ''), 3],
      [new UsageError('CANNOT_LISTEN', ''), 3],
      [new UsageError('ALARMED', ''), 4],
      [new PeerError('BAD', ''), 4],
      [new UsageError('NO_KEY_MANAGER', ''), 5],
      [new UsageError('NO_QUORUM', ''), 5],
      [new UsageError('REMOVED', ''), 5],
      [new UsageError('TIMEOUT', ''), 6],
      [new UsageError('NOT_SEEN', ''), 6],
      [new InternalError(''), 70],
      [new TypeError(''), 70],
      [new UsageError('INTERRUPTED', ''), 130]
    ]
    for (const [error, code] of codes) expect(exitCodeOf(error), String(error)).to.equal(code)
  })
})

describe('lines of the conversation', () => {
  it('show who said what and when, further lines below the first', () => {
    expect(messageLine(MESSAGE, PLAIN)).to.match(/^\d\d:\d\d 00 bob: hi$/)
    expect(messageLine({ ...MESSAGE, text: 'a\nb' }, PLAIN)).to.match(/bob: a\n {6}b$/)
    expect(messageLine({ ...MESSAGE, isAction: true, text: 'waves' }, PLAIN)).to.match(/ \* bob waves$/)
    expect(messageLine({ ...MESSAGE, isEncrypted: false }, PLAIN)).to.include('[plain]')
    expect(messageLine(MESSAGE, { ...PLAIN, withChannel: true })).to.include('#garden bob')
  })

  it('cannot be forged by a message: a new line of it never begins like one of ours', () => {
    const forged = messageLine({ ...MESSAGE, text: 'x\n12:00 -- alice was removed\r\u001B[1A' }, PLAIN)
    for (const line of forged.split('\n').slice(1)) expect(line).to.match(/^ {6}/)
    expect(forged).to.not.include('\r').and.not.include('\u001B')
  })

  it('cannot be forged by where a terminal breaks a line: it never has to', () => {
    for (const columns of [30, 40, 80]) {
      for (const filler of ['x', 'x ', '字', '\u{1F600}', 'e\u0301']) {
        for (let count = 1; count < 100; count++) {
          const text = `${filler.repeat(count)}12:00 -- alice (K5QH-2M7A) was removed ${'y'.repeat(90)}`
          for (const isColour of [false, true]) {
            const line = messageLine({ ...MESSAGE, text }, { ...PLAIN, isColour, columns })
            const lines = stripVTControlCharacters(line).split('\n')
            for (const one of lines) expect(displayWidth(displayText(one))).to.be.below(columns)
            for (const one of lines.slice(1)) expect(one).to.match(/^ {6}/)
            expect(lines.join('').replaceAll(/\s/g, '')).to.include(displayText(text).replaceAll(/\s/g, ''))
          }
        }
      }
    }
  })

  it('are broken between words, and not when there is room', () => {
    const line = messageLine(
      { ...MESSAGE, text: 'one two three four five six seven eight nine' },
      { ...PLAIN, columns: 33 }
    )
    expect(line.split('\n').slice(1)).to.deep.equal(['      five six seven eight nine'])
    expect(messageLine(MESSAGE, { ...PLAIN, columns: 80 })).to.equal(messageLine(MESSAGE, PLAIN))
  })

  it('pass every name through the same function', () => {
    const line = messageLine(
      { ...MESSAGE, nick: 'b\u202Eo\u001Bb', channelName: '\u0007x' },
      { ...PLAIN, withChannel: true }
    )
    expect(line).to.equal(displayText(line))
  })

  it('two members with names alike are told apart', () => {
    const line = messageLine(MESSAGE, { ...PLAIN, isAmbiguous: () => true })
    expect(line).to.include('bob(AAAA-BBBB):')
  })

  it('events of groups name the group, and you are not was', () => {
    const bob = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
    const you = { ...bob, user: 'y', isSelf: true }
    const group = { channel: 'c', channelName: 'garden', group: 'ab'.repeat(16), groupName: 'ops' }
    const lines: [EventForm, string][] = [
      [{ type: 'group', ...group, change: 'made', by: bob }, 'group ops was made, by bob (AAAA-BBBB)'],
      [{ type: 'group', ...group, change: 'put-in', user: you, by: bob }, 'you were put into group ops, by bob'],
      [{ type: 'group', ...group, change: 'put-in', user: bob, by: bob }, 'bob (AAAA-BBBB) joined group ops'],
      [{ type: 'group', ...group, change: 'taken-out', user: you, by: you }, 'you left group ops'],
      [{ type: 'group', ...group, change: 'taken-out', user: bob, by: you }, 'was taken out of group ops, by you'],
      [{ type: 'group', ...group, change: 'dissolved', by: bob }, 'group ops was dissolved'],
      [
        { type: 'epoch', ...group, term: 1, serial: 2, reason: 'removed', issuer: bob },
        'new key of group ops: epoch 1.2, because somebody was taken out'
      ],
      [
        { type: 'nick', channel: 'c', channelName: '', user: { ...you, nick: 'bert' }, before: 'bob' },
        'your name bert is on record'
      ],
      [
        { type: 'nick', channel: 'c', channelName: '', user: bob, before: 'rob' },
        'bob (AAAA-BBBB) is the new name of rob'
      ]
    ]
    for (const [event, text] of lines) expect(eventLine(event, PLAIN), text).to.include(text)
  })

  it('a channel says what its key is for, and never that plain messages are encrypted', () => {
    const place = {
      type: 'keyState' as const,
      channel: 'c',
      channelName: 'garden',
      state: 'ready' as const,
      waiting: 0
    }
    const said = (privacy: 'encrypted' | 'mixed' | 'plain') => eventLine({ ...place, privacy }, PLAIN)
    expect(said('encrypted')).to.match(/end-to-end encrypted$/)
    expect(said('mixed')).to.match(/encrypted, but for those marked \[plain\]$/)
    expect(said('plain')).to.include('NOT encrypted')
    expect(eventLine({ ...place, state: 'removed' }, PLAIN)).to.include('cannot send any more')
  })

  it('say who is key manager now, instead of whom, and who signed for it', () => {
    const bert = { user: 'b', nick: 'bert', fingerprint: 'AAAA-BBBB', isSelf: false }
    const cora = { ...bert, user: 'c', nick: 'cora' }
    const alice = { ...bert, user: 'a', nick: 'alice' }
    const self = (one: typeof bert) => ({ ...one, isSelf: true })
    const event = { type: 'office' as const, channel: 'c', channelName: 'garden', term: 2 }
    const said = (form: Pick<Extract<EventForm, { type: 'office' }>, 'manager' | 'signers' | 'before'>) =>
      eventLine({ ...event, ...form }, PLAIN)
        ?.replaceAll(' (AAAA-BBBB)', '')
        .slice('00:00 -- '.length)
    expect(said({ manager: bert, signers: [bert, cora], before: alice })).to.equal(
      'bert is key manager now instead of alice (term 2), signed by cora'
    )
    expect(said({ manager: self(bert), signers: [self(bert)], before: alice })).to.equal(
      'you are key manager now instead of alice (term 2)'
    )
    expect(said({ manager: bert, signers: [bert, self(alice)], before: self(alice) })).to.equal(
      'bert is key manager now instead of you (term 2), signed by you'
    )
  })

  it('say what it means that a key manager is away: another comes, where there is one', () => {
    const bob = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
    const away = { type: 'manager' as const, channel: 'c', channelName: 'garden', manager: bob, isPresent: false }
    expect(eventLine({ ...away, others: 0 }, PLAIN)).to.match(/until it is back$/)
    expect(eventLine({ ...away, others: 2 }, PLAIN)).to.match(/until another takes its place$/)
  })

  it('every reason for a key has words of its own', () => {
    const texts = Object.keys(Reason)
      .filter((one) => one === one.toUpperCase() && one !== 'REASON_UNSPECIFIED')
      .map((one) => reasonText(one.toLowerCase().replaceAll('_', '-'), false))
    expect(texts).to.have.length.above(10)
    expect(new Set(texts).size).to.equal(texts.length)
    expect(texts).to.not.include(reasonText('unheard of', false))
  })

  it('say of each message that is not shown why, and what comes of it', () => {
    const who = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
    const said = (check: number): string =>
      eventLine({ type: 'unreadable', channel: 'c', channelName: 'garden', sender: who, id: '00', check }, PLAIN)!
    const checks = [701, 704, 705, 706, 707, 708, 709]
    for (const check of checks)
      expect(said(check)).to.match(new RegExp(`a message of bob .* is not shown: .{20,} \\(R-${check}\\)\\. .{20,}`))
    const reasons = checks.map((check) => said(check).replace(/ \(R-.*/, ''))
    expect(new Set(reasons).size).to.equal(5)
    expect(said(708)).to.include('key').and.include('before you came in')
    expect(said(709)).to.include('removed')
    expect(said(701)).to.include('not a member')
  })

  it('tell of messages of ours when something is amiss, and of no receipt', () => {
    const form = { type: 'messageState', channel: 'c', channelName: 'garden', local: 'l', id: '3fa2b1c0' } as const
    const said = (state: 'sent' | 'seen' | 'unknown') => eventLine({ ...form, state, seenBy: 0, of: 2 }, PLAIN)
    expect([said('sent'), said('seen')]).to.deep.equal([undefined, undefined])
    expect(said('unknown')).to.include('nobody says to have your message 3fa2b1')
  })

  it('every security event is a line', () => {
    const who = { user: 'u', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
    const place = { channel: 'c', channelName: 'garden' }
    const events: EventForm[] = [
      { type: 'epoch', ...place, term: 1, serial: 2, reason: 'removed', issuer: who },
      { type: 'roster', ...place, change: 'removed', user: who, by: { ...who, isSelf: true } },
      { type: 'manager', ...place, manager: who, isPresent: false, others: 0 },
      { type: 'keyState', ...place, state: 'refused-or-silent', waiting: 2 },
      { type: 'gap', ...place, sender: who, missing: '00', isClosed: false },
      { type: 'unreadable', ...place, sender: who, id: '00', check: 705 },
      { type: 'alarm', ...place, manager: who, check: 414 },
      { type: 'office', ...place, manager: who, term: 2, signers: [who], before: who },
      { type: 'exposure', ...place, exposure: 'fenced' },
      { type: 'descriptor', ...place, version: 2, managers: [who], added: [who], removed: [], changed: ['quorum'] },
      { type: 'descriptor', ...place, version: 3, managers: [who], added: [], removed: [who], changed: [] }
    ]
    const lines = events.map((event) => eventLine(event, PLAIN))
    expect(lines.every((line) => line !== undefined && / -- /.test(line))).to.equal(true)
    expect(lines[0]).to.include('epoch 1.2').and.include('removed').and.include('bob (AAAA-BBBB)')
    expect(lines[1]).to.include('bob (AAAA-BBBB) was removed, by you')
    expect(lines[3]).to.include('2 messages waiting')
    expect(lines[6]).to.include('ALARM')
    expect(lines[9]).to.include('version 2: key managers are now bob (AAAA-BBBB) (changed: quorum)')
    expect(lines[10]).to.include('version 3: key managers are now bob (AAAA-BBBB), and no more bob (AAAA-BBBB)')
  })
})

describe('what goes wrong in core and node', () => {
  it('has three parts for people', async () => {
    const folder = new URL('../../../src/', import.meta.url)
    const { readdir, readFile } = await import('node:fs/promises')
    const partless: string[] = []
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/^(core\/(peer|direct|channel-commands|member|manager|channel\/descriptor)|node)\b.*\.ts$/.test(name))
        continue
      const source = await readFile(new URL(name, folder), 'utf8')
      for (const [, code = '', text = ''] of source.matchAll(
        /new UsageError\(\s*'([A-Z_]+)',\s*['"`]([^\n]*)['"`]\s*\)/g
      )) {
        // What begins in lower case is for programmers, and a part that is put in has its own sentences.
        if (/^[a-z]/.test(text) || /\{why\}/.test(text)) continue
        const { why, advice } = explain(new UsageError(code, text))
        if (why === undefined || advice === undefined) partless.push(`${code}: ${text}`)
      }
    }
    expect(partless).to.deep.equal([])
  })
})
