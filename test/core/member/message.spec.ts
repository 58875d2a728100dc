import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, equalBytes, hex, joinBytes, utf8 } from '../../../src/base/bytes.ts'
import { isContent } from '../../../src/core/channel/content.ts'
import { makeFrame, readFrame } from '../../../src/core/channel/frame.ts'
import { type MessageHeader, openMessage, sealMessage } from '../../../src/core/member/message.ts'
import { LAMPORT_JUMP } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { open, seal } from '../../../src/crypto/aead.ts'
import { derive } from '../../../src/crypto/kdf.ts'
import { framed, LABEL } from '../../../src/crypto/labels.ts'
import { signingKey } from '../../../src/crypto/sign.ts'
import { pad } from '../../../src/wire/codec.ts'
import { Content, Message, Privacy } from '../../../src/wire/messages.ts'
import { Bus, contentOf, Liar, type Node, randomOf, textContent } from '../bus.ts'

const random = randomOf('message')
const author = signingKey(random(32))
const channel = random(32)
const header: MessageHeader = {
  group: EMPTY,
  key: { term: 2, serial: 3, commitment: random(16) },
  device: 0,
  boot: random(16),
  counter: 4,
  previous: random(32),
  lamport: 9,
  descriptor: random(32),
  logHead: random(32)
}
const key = random(32)
const frame = sealMessage(channel, author, header, key, textContent('hello'))
const message = frame.body.message!
const checkOf = (one: Message, with_ = key, in_ = frame): number | 'none' => {
  const opened = openMessage(in_, one, with_)
  return opened instanceof Refusal ? opened.check : 'none'
}

describe('a message', () => {
  it('opens as it was sealed, in size classes', () => {
    expect(openMessage(frame, message, key)).to.deep.equal(textContent('hello'))
    const lengths = [1, 200, 230, 231, 250, 900, 1_100].map(
      (n) => sealMessage(channel, author, header, key, textContent('x'.repeat(n))).body.message!.sealed.length
    )
    expect([...new Set(lengths)]).to.deep.equal([256, 1024, 4096].map((size) => size + 12 + 16))
  })

  it('is refused when anything in its header is another (R-704)', () => {
    const changes: Partial<Message>[] = [
      { group: random(16) },
      { key: { ...header.key!, term: 3 } },
      { key: { ...header.key!, serial: 4 } },
      { key: { ...header.key!, commitment: random(16) } },
      { device: 1 },
      { boot: random(16) },
      { counter: 5 },
      { previous: random(32) },
      { lamport: 10 },
      { descriptor: random(32) },
      { logHead: random(32) },
      { commitment: random(32) }
    ]
    for (const one of changes) expect(checkOf({ ...message, ...one }), Object.keys(one).join()).to.equal(704)
    expect(checkOf(message, key, { ...frame, channel: random(32) }), 'channel').to.equal(704)
    expect(checkOf(message, key, { ...frame, author: random(32) }), 'author').to.equal(704)
    expect(checkOf(message, random(32)), 'key').to.equal(704)
  })

  it('that opens under two keys is refused under the one it does not commit to (R-704)', () => {
    // A sender who knows both keys seals under one and swears to the other: the seal holds, the commitment does not.
    const other = random(32)
    const aad = framed(
      LABEL.messageAad,
      channel,
      author.publicKey,
      Message.encode({ ...header, commitment: EMPTY, sealed: EMPTY })
    )
    const plaintext = pad(Content.encode(textContent('two faces')))
    const nonce = random(12)
    const sealed = joinBytes(nonce, seal(derive(other, LABEL.messageKey, EMPTY), nonce, aad, plaintext))
    expect(open(derive(other, LABEL.messageKey, EMPTY), nonce, aad, sealed.subarray(12))).to.deep.equal(plaintext)
    const commitment = derive(key, LABEL.messageCommitment, aad)
    const crafted = { ...message, sealed, commitment }
    expect(checkOf(crafted, other), 'the key it is sealed under').to.equal(704)
    expect(checkOf(crafted, key), 'the key it commits to').to.equal(705)
  })

  it('is refused when any byte sealed is another, or missing (R-705)', () => {
    for (let at = 0; at < message.sealed.length; at++) {
      const sealed = message.sealed.slice()
      sealed[at]! ^= 0x80
      expect(checkOf({ ...message, sealed })).to.equal(705)
    }
    for (const length of [0, 1, 11, 12, 13, 27, 28, 100]) {
      expect(checkOf({ ...message, sealed: message.sealed.subarray(0, length) }), `${length}`).to.equal(705)
    }
  })

  it('with any bit of its frame turned over is refused, or is no message', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: frame.bytes.length * 8 - 1 }), (bit) => {
        const bytes = frame.bytes.slice()
        bytes[bit >>> 3]! ^= 1 << (bit & 7)
        const read = readFrame(channel, bytes)
        expect(read === undefined || read instanceof Refusal, `bit ${bit}`).to.equal(true)
      }),
      { numRuns: 2_000, seed: 1 }
    )
  })

  it('has a nonce made of key and text: two texts under one key share no nonce, one text is one ciphertext', () => {
    const sealedOf = (text: string, of = key): string =>
      hex(sealMessage(channel, author, header, of, textContent(text)).body.message!.sealed)
    expect(sealedOf('a')).to.equal(sealedOf('a'))
    const nonces = new Set(Array.from({ length: 500 }, (_, i) => sealedOf(`text ${i}`).slice(0, 24)))
    expect(nonces.size).to.equal(500)
    expect(sealedOf('a', random(32)).slice(0, 24)).to.not.equal(sealedOf('a').slice(0, 24))
  })

  it('with two kinds at once is no content', () => {
    expect(isContent({ ...textContent('x'), deletion: { target: random(32) } })).to.equal(false)
  })

  const CONTENTS: readonly (readonly [isGood: boolean, what: string, fields: Partial<Content>])[] = [
    [true, 'text of one letter', textContent('x')],
    [true, 'text of 16 KiB', textContent('x'.repeat(16_384))],
    [false, 'text of 16 KiB and a byte', textContent('x'.repeat(16_385))],
    [false, 'text of 16 KiB in few letters', textContent('\u{1F600}'.repeat(4_097))],
    [false, 'no text', textContent('')],
    [false, 'text not in NFC', textContent('e\u0301')],
    [false, 'no kind', { writtenAt: 1 }],
    [true, 'a reply', { writtenAt: 0, text: { text: 'x', replyTo: random(32), isAction: false } }],
    [false, 'a reply to 31 bytes', { writtenAt: 0, text: { text: 'x', replyTo: random(31), isAction: false } }],
    [true, 'an edit', { writtenAt: 0, edit: { target: random(32), text: 'x' } }],
    [false, 'an edit to nothing', { writtenAt: 0, edit: { target: random(32), text: '' } }],
    [false, 'an edit of nothing', { writtenAt: 0, edit: { target: EMPTY, text: 'x' } }],
    [true, 'a deletion', { writtenAt: 0, deletion: { target: random(32) } }],
    [false, 'a deletion of 33 bytes', { writtenAt: 0, deletion: { target: random(33) } }],
    [true, 'a reaction', { writtenAt: 0, reaction: { target: random(32), emoji: '\u{1F44D}', isWithdrawn: false } }],
    [
      false,
      'a reaction without emoji',
      { writtenAt: 0, reaction: { target: random(32), emoji: '', isWithdrawn: false } }
    ],
    [
      false,
      'a reaction of 65 bytes',
      { writtenAt: 0, reaction: { target: random(32), emoji: 'x'.repeat(65), isWithdrawn: false } }
    ],
    [false, 'a reaction to nothing', { writtenAt: 0, reaction: { target: EMPTY, emoji: 'x', isWithdrawn: false } }]
  ]
  for (const [isGood, what, fields] of CONTENTS) {
    it(`with ${what} is ${isGood ? 'read' : 'refused (R-706)'}`, () => {
      const content = contentOf(fields)
      expect(isContent(content)).to.equal(isGood)
      expect(isContent({ ...content, writtenAt: 5 })).to.equal(isGood)
      const made = sealMessage(channel, author, header, key, content)
      expect(checkOf(made.body.message!, key, made)).to.equal(isGood ? 'none' : 706)
    })
  }
})

// ---------------------------------------------------------------- as a member hears it

function world(settings: ConstructorParameters<typeof Liar>[1] = () => ({})) {
  const bus = new Bus('hear')
  const liar = new Liar(bus, settings)
  const [bob, carol] = [bus.add('bob'), bus.add('carol')]
  const issued = liar.takeIn(bob, carol)
  bob.rejects = []
  return { bus, liar, bob, carol, issued, channel: liar.channel }
}
type World = ReturnType<typeof world>

/** Gives Bob a frame, and expects one refusal and nothing shown. */
function refuses(check: number, { bus, bob, channel }: World, bytes: Uint8Array): void {
  bob.rejects = []
  const shown = bus.texts(bob).length
  bus.deliver(bob, channel, bytes)
  expect(bob.rejects).to.deep.equal([check])
  expect(bus.texts(bob).length).to.equal(shown)
}
const hears = ({ bus, bob, channel }: World, bytes: Uint8Array): boolean => {
  const shown = bus.texts(bob).length
  bus.deliver(bob, channel, bytes)
  return bus.texts(bob).length === shown + 1
}

describe('a member hearing messages', () => {
  it('shows those of members, whoever wrote them by name', () => {
    const all = world()
    expect(hears(all, all.liar.message(all.carol.key, all.issued).bytes)).to.equal(true)
    expect(all.bob.notices.findLast(({ type }) => type === 'message')).to.deep.include({
      isEncrypted: true,
      isOwn: false
    })
  })

  it('refuses a message whose sender is in no roster of its epoch (R-701)', () => {
    const all = world()
    const { liar, bob, bus, channel } = all
    const next = liar.issue([])
    bus.deliver(bob, channel, liar.message(author, next).bytes)
    expect(bob.rejects).to.deep.equal([])
    liar.publish(next.announcement)
    expect(bob.rejects).to.deep.equal([701])
    expect(bus.texts(bob)).to.deep.equal([])
    const frame = liar.message(author, next)
    bob.rejects = []
    bus.send(bob, { type: 'frame', frame })
    expect(bob.rejects).to.deep.equal([701])
  })

  it('refuses a message of somebody who was removed, even one that waited (R-709)', () => {
    const all = world()
    const { liar, bob, bus, carol, channel } = all
    const next = liar.issue([liar.removal(carol.key.publicKey)])
    bus.deliver(bob, channel, liar.message(carol.key, next).bytes)
    liar.publish(next.announcement)
    expect(bob.rejects).to.deep.equal([709])
    bob.rejects = []
    bus.send(bob, { type: 'frame', frame: liar.message(carol.key, all.issued) })
    expect(bob.rejects, 'under the epoch before, in its grace').to.deep.equal([709])
    expect(bus.texts(bob)).to.deep.equal([])
  })

  it('shows each message once, however often it comes (R-702)', () => {
    const all = world()
    const { bytes } = all.liar.message(all.carol.key, all.issued)
    expect(hears(all, bytes)).to.equal(true)
    refuses(702, all, bytes)
    all.bus.stop(all.bob)
    all.bus.start(all.bob)
    refuses(702, all, bytes)
    all.bus.losePower(all.bob)
    all.bus.start(all.bob)
    const known = all.bus.history(all.bob, all.channel).length
    all.bus.deliver(all.bob, all.channel, bytes)
    expect(all.bus.history(all.bob, all.channel).length).to.equal(Math.max(known, 1))
  })

  it('refuses counters behind the window or too far ahead of it (R-702)', () => {
    const all = world()
    const { liar, carol, issued } = all
    const boot = random(16)
    const at = (counter: number): Uint8Array => liar.message(carol.key, issued, { boot, counter }).bytes
    expect(hears(all, at(1_000))).to.equal(true)
    expect(hears(all, at(1_500))).to.equal(true)
    expect(hears(all, at(999)), 'late').to.equal(true)
    expect(hears(all, at(477)), 'at the edge').to.equal(true)
    refuses(702, all, at(476))
    const far = sealMessage(
      all.channel,
      carol.key,
      { ...headerOf(all), boot, counter: 2_525 },
      random(32),
      textContent('far')
    )
    refuses(702, all, far.bytes)
    const wild = sealMessage(
      all.channel,
      carol.key,
      { ...headerOf(all), boot, counter: 2 ** 53 - 1 },
      random(32),
      textContent('far')
    )
    refuses(702, all, wild.bytes)
    expect(hears(all, at(1_501))).to.equal(true)
  })

  it('refuses a Lamport time that would drag the clock along (R-703)', () => {
    const all = world()
    const { liar, carol, issued } = all
    refuses(703, all, liar.message(carol.key, issued, { lamport: LAMPORT_JUMP + 1 }).bytes)
    refuses(703, all, liar.message(carol.key, issued, { lamport: 2 ** 53 - 1 }).bytes)
    expect(hears(all, liar.message(carol.key, issued, { lamport: LAMPORT_JUMP }).bytes)).to.equal(true)
  })

  it('refuses a message that commits to another key (R-704), and can still read the right one', () => {
    const all = world()
    const { liar, carol, issued } = all
    const boot = random(16)
    refuses(704, all, liar.message(carol.key, issued, { boot, tamper: { commitment: random(32) } }).bytes)
    expect(all.bob.notices.at(-1)).to.deep.include({ type: 'unreadable', check: 704, sender: carol.key.publicKey })
    refuses(704, all, liar.message(carol.key, issued, { boot, tamper: { lamport: 2 } }).bytes)
    expect(hears(all, liar.message(carol.key, issued, { boot }).bytes)).to.equal(true)
  })

  it('refuses a message of one member under the key of another (R-704)', () => {
    const all = world()
    const { liar, carol, issued, channel } = all
    const stolen = liar.message(carol.key, issued).body.message!
    refuses(704, all, makeFrame(channel, liar.key, { message: stolen }).bytes)
  })

  it('refuses a message whose seal does not hold (R-705)', () => {
    const all = world()
    const { liar, carol, issued } = all
    refuses(705, all, liar.message(carol.key, issued, { tamper: { sealed: random(284) } }).bytes)
    refuses(705, all, liar.message(carol.key, issued, { tamper: { sealed: EMPTY } }).bytes)
  })

  it('refuses a message that holds no canonical content (R-706)', () => {
    const all = world()
    const { liar, carol, issued } = all
    for (const plaintext of [
      utf8('nonsense'),
      EMPTY,
      pad(EMPTY),
      pad(utf8('nonsense')),
      pad(Content.encode({ writtenAt: 1 })),
      pad(joinBytes(Content.encode(textContent('x')), Uint8Array.of(0x30, 1))),
      pad(
        joinBytes(Content.encode(textContent('x')), Content.encode({ writtenAt: 0, deletion: { target: random(32) } }))
      ),
      pad(Content.encode(textContent('x'))).subarray(0, -1)
    ]) {
      refuses(706, all, liar.message(carol.key, issued, { plaintext }).bytes)
    }
  })

  const plain = (by: Node, all: World, fields: object = {}): Uint8Array =>
    makeFrame(all.channel, by.key, {
      plainMessage: {
        group: EMPTY,
        device: 0,
        boot: random(16),
        counter: 1,
        previous: EMPTY,
        lamport: 1,
        descriptor: all.liar.charter.ref.hash,
        content: textContent('in clear'),
        ...fields
      }
    }).bytes

  it('refuses plain messages in an encrypted channel, of anybody (R-707)', () => {
    const all = world()
    refuses(707, all, plain(all.carol, all))
  })

  it('shows plain messages of members (R-701) as plain in a mixed channel, once (R-702), within their limits (R-703, R-706)', () => {
    const all = world(() => ({ privacy: Privacy.MIXED }))
    const bytes = plain(all.carol, all)
    expect(hears(all, bytes)).to.equal(true)
    expect(all.bob.notices.findLast(({ type }) => type === 'message')).to.deep.include({ isEncrypted: false })
    refuses(702, all, bytes)
    refuses(703, all, plain(all.carol, all, { lamport: LAMPORT_JUMP + 2 }))
    refuses(706, all, plain(all.carol, all, { content: textContent('') }))
    const stranger = { ...all.carol, key: author }
    const frame = readFrame(all.channel, plain(stranger, all))
    all.bob.rejects = []
    if (frame === undefined || frame instanceof Refusal) throw new Error('no frame')
    all.bus.send(all.bob, { type: 'frame', frame })
    expect(all.bob.rejects, 'a stranger (R-701)').to.deep.equal([701])
  })

  it('shows no plain message again after forty others', () => {
    const all = world(() => ({ privacy: Privacy.MIXED }))
    const first = plain(all.carol, all)
    expect(hears(all, first)).to.equal(true)
    for (let i = 0; i < 40; i++) expect(hears(all, plain(all.carol, all, { lamport: i + 2 }))).to.equal(true)
    expect(hears(all, first)).to.equal(false)
  })

  it('refuses plain messages of those who were removed (R-709)', () => {
    const all = world(() => ({ privacy: Privacy.MIXED }))
    all.liar.publish(all.liar.issue([all.liar.removal(all.carol.key.publicKey)]).announcement)
    const frame = readFrame(all.channel, plain(all.carol, all))
    if (frame === undefined || frame instanceof Refusal) throw new Error('no frame')
    all.bob.rejects = []
    all.bus.send(all.bob, { type: 'frame', frame })
    expect(all.bob.rejects).to.deep.equal([709])
  })

  it('reads late messages of an epoch that is past while its grace lasts, and not after (R-708)', () => {
    const all = world(() => ({ graceSeconds: 60 }))
    const { bus, liar, carol, issued } = all
    const boot = random(16)
    const early = liar.message(carol.key, issued, { boot })
    const late = liar.message(carol.key, issued, { boot, counter: 1 })
    liar.publish(liar.issue([]).announcement)
    bus.pass(59_000)
    expect(hears(all, early.bytes)).to.equal(true)
    bus.pass(40_000)
    refuses(708, all, late.bytes)
  })

  it('reads nothing of an epoch from before its time (R-708)', () => {
    const bus = new Bus('before')
    const liar = new Liar(bus)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const issued = liar.takeIn(carol)
    liar.takeIn(bob)
    bob.rejects = []
    bus.deliver(bob, liar.channel, liar.message(carol.key, issued).bytes)
    expect(bob.rejects).to.deep.equal([708])
    const wrong = { ...liar.current!, key: { ...liar.current!.key, commitment: random(16) } }
    bus.deliver(bob, liar.channel, liar.message(carol.key, wrong).bytes)
    expect(bob.rejects, 'another commitment').to.deep.equal([708, 708])
  })

  it('reads a message that came before its epoch as soon as that comes', () => {
    const all = world()
    const { bus, bob, carol, liar, channel } = all
    const next = liar.issue([])
    bus.deliver(bob, channel, liar.message(carol.key, next).bytes)
    expect(bus.texts(bob)).to.deep.equal([])
    liar.publish(next.announcement)
    expect(bus.texts(bob)).to.deep.equal([': forged'])
  })

  it('does not take its own frames, or those of groups, for messages', () => {
    const all = world()
    const { bus, liar, bob, carol, issued, channel } = all
    bus.deliver(bob, channel, liar.message(bob.key, issued).bytes)
    bus.deliver(bob, channel, liar.message(carol.key, issued, { group: random(16) }).bytes)
    expect(bus.texts(bob)).to.deep.equal([])
    expect(equalBytes(bob.key.publicKey, carol.key.publicKey)).to.equal(false)
  })

  const headerOf = ({ liar, issued }: World): MessageHeader => ({
    ...header,
    key: issued.key,
    lamport: 1,
    descriptor: liar.charter.ref.hash
  })
})
