import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, joinBytes, utf8, zeros } from '../../../src/base/bytes.ts'
import { type Frame, makeFrame, readFrame, withAttachment } from '../../../src/core/channel/frame.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { framed, LABEL, type Label } from '../../../src/crypto/labels.ts'
import { sign, signingKey } from '../../../src/crypto/sign.ts'
import { FRAME_BYTES } from '../../../src/wire/limits.ts'
import { Body, Reason, Frame as WireFrame } from '../../../src/wire/messages.ts'
import { topicOf } from '../../../src/wire/names.ts'
import { contentOf, randomOf } from '../bus.ts'

const random = randomOf('frame')
const author = signingKey(random(32))
const channel = random(32)
const other = random(32)

const checkOf = (bytes: Uint8Array, topic = channel): number | 'none' | undefined => {
  const frame = readFrame(topic, bytes)
  return frame instanceof Refusal ? frame.check : frame === undefined ? undefined : 'none'
}

/** A frame signed over any body bytes at all. */
function signedFrame(body: Uint8Array, changes: Partial<WireFrame> = {}, label: Label = LABEL.frameSign): Uint8Array {
  const signature = sign(author, framed(label, utf8(topicOf(channel)), body))
  return WireFrame.encode({ author: author.publicKey, body, signature, attachment: EMPTY, ...changes })
}

const ref = { version: 1, hash: random(32) }
const key = { term: 3, serial: 2, commitment: random(16) }
const [id, boot, sealed] = [random(32), random(16), random(300)]

/** One body of every kind, every field of fixed length set. */
const BODIES: { readonly [Kind in keyof Required<Body>]: NonNullable<Body[Kind]> } = {
  message: {
    group: random(16),
    key,
    device: 0,
    boot,
    counter: 1,
    previous: id,
    lamport: 5,
    descriptor: id,
    logHead: id,
    commitment: id,
    sealed
  },
  plainMessage: {
    group: random(16),
    device: 0,
    boot,
    counter: 1,
    previous: id,
    lamport: 5,
    descriptor: id,
    content: contentOf({ writtenAt: 1, deletion: { target: id } })
  },
  keyRequest: { prekey: boot, attempt: 1, enc: random(1120), sealed },
  challenge: { request: id, attempt: 1, enc: random(1120), sealed },
  challengeAnswer: { prekey: boot, attempt: 1, enc: random(1120), sealed },
  grant: {
    request: id,
    attempt: 1,
    group: random(16),
    key,
    transcript: id,
    roster: id,
    logHead: id,
    descriptor: ref,
    ephemeral: id,
    enc: random(1120),
    sealed
  },
  announcement: {
    group: random(16),
    key,
    roster: id,
    logHead: id,
    descriptor: ref,
    previous: id,
    reason: Reason.ADMITTED,
    notAfter: 9,
    payload: id,
    chunks: [id, id],
    base: key
  },
  chunk: { announcement: id, index: 1, data: sealed },
  coSignature: {
    announcement: id,
    term: 1,
    serial: 1,
    signature: random(64),
    promisedTerm: 1,
    promisedSerial: 1,
    attempt: 2
  },
  heartbeat: {
    group: random(16),
    term: 1,
    counter: 1,
    announcement: id,
    logHead: id,
    descriptor: ref,
    isBacked: true,
    boot: random(16),
    isFollowing: true
  },
  digest: { key, sealed },
  statements: { key, sealed },
  publicKeyRequest: { key, sealed },
  publicKeyAnswer: { request: id, enc: sealed, sealed },
  session: { tag: boot, header: new Uint8Array(68), sealed, attempt: 1, lamport: 9 },
  leave: { group: random(16), boot, counter: 3 },
  alarm: { first: sealed, second: sealed, at: 0 },
  demand: { key, sealed }
}
const KINDS = Object.keys(BODIES) as (keyof Body)[]
const bodyOf = (kind: keyof Body, changes: object = {}): Body => ({ [kind]: { ...BODIES[kind], ...changes } })

/** The fields of fixed length of every kind, and whether they may also be empty. */
const FIXED: readonly (readonly [kind: keyof Body, field: string, mayBeEmpty?: boolean])[] = [
  ['message', 'group', true],
  ['message', 'boot'],
  ['message', 'previous', true],
  ['message', 'descriptor'],
  ['message', 'logHead'],
  ['message', 'commitment'],
  ['plainMessage', 'group', true],
  ['plainMessage', 'boot'],
  ['plainMessage', 'previous', true],
  ['plainMessage', 'descriptor'],
  ['keyRequest', 'prekey'],
  ['challenge', 'request'],
  ['challengeAnswer', 'prekey'],
  ['grant', 'group', true],
  ['grant', 'request'],
  ['grant', 'transcript'],
  ['grant', 'roster'],
  ['grant', 'logHead'],
  ['grant', 'ephemeral'],
  ['announcement', 'group', true],
  ['announcement', 'roster'],
  ['announcement', 'logHead'],
  ['announcement', 'previous', true],
  ['announcement', 'payload'],
  ['chunk', 'announcement'],
  ['coSignature', 'announcement'],
  ['coSignature', 'signature', true],
  ['heartbeat', 'group', true],
  ['heartbeat', 'announcement'],
  ['heartbeat', 'logHead'],
  ['publicKeyAnswer', 'request'],
  ['session', 'tag'],
  ['session', 'header'],
  ['leave', 'group', true],
  ['leave', 'boot']
]

const frameOf = (kind: keyof Body, changes: object = {}): Frame => makeFrame(channel, author, bodyOf(kind, changes))

describe('a frame', () => {
  it('of every kind comes back as it was made', () => {
    for (const kind of KINDS) {
      const made = frameOf(kind)
      const frame = readFrame(channel, made.bytes)
      expect(frame).to.deep.equal(made)
      expect(made.kind).to.equal(kind)
    }
  })

  it('does not alias the bytes it was read from', () => {
    const bytes = frameOf('message').bytes.slice()
    const frame = readFrame(channel, bytes) as Frame
    const before = frame.id.slice()
    bytes.fill(0)
    expect(readFrame(channel, frame.bytes)).to.deep.include({ id: before })
    expect(frame.body.message!.sealed).to.deep.equal(sealed)
  })

  it('keeps its name whatever the attachment, and has another in another channel, of another author, with another body', () => {
    const made = frameOf('announcement')
    expect(withAttachment(made, Uint8Array.of(1)).id).to.deep.equal(made.id)
    const others = [
      makeFrame(other, author, bodyOf('announcement')),
      makeFrame(channel, signingKey(random(32)), bodyOf('announcement')),
      frameOf('announcement', { notAfter: 10 })
    ]
    for (const one of others) expect(one.id).to.not.deep.equal(made.id)
  })

  it('of 64 KiB is read, and one byte more is refused whatever it holds (R-101)', () => {
    const overhead = frameOf('chunk', { data: new Uint8Array(60_000) }).bytes.length - 60_000
    const largest = frameOf('chunk', { data: new Uint8Array(FRAME_BYTES - overhead) }).bytes
    expect(largest.length).to.equal(FRAME_BYTES)
    expect(checkOf(largest)).to.equal('none')
    expect(checkOf(frameOf('chunk', { data: new Uint8Array(FRAME_BYTES - overhead + 1) }).bytes)).to.equal(101)
    expect(checkOf(zeros(FRAME_BYTES + 1))).to.equal(101)
  })

  it('is refused when it is not the one canonical encoding (R-102)', () => {
    const { bytes } = frameOf('heartbeat')
    const wire = WireFrame.decode(bytes)
    const fields = [
      WireFrame.encode({ author: wire.author }),
      WireFrame.encode({ body: wire.body }),
      WireFrame.encode({ signature: wire.signature })
    ] as const
    expect(checkOf(joinBytes(...fields))).to.equal('none')
    expect(checkOf(joinBytes(fields[1], fields[0], fields[2])), 'order').to.equal(102)
    expect(checkOf(joinBytes(...fields, fields[2])), 'repeated').to.equal(102)
    expect(checkOf(joinBytes(bytes, Uint8Array.of(0x2a, 0))), 'unknown').to.equal(102)
    expect(checkOf(joinBytes(bytes, Uint8Array.of(0))), 'trailing').to.equal(102)
    expect(checkOf(bytes.subarray(0, -1)), 'truncated').to.equal(102)
    expect(checkOf(EMPTY), 'empty').to.equal(102)
  })

  it('is refused when author or signature have a wrong length, or the body is empty (R-102)', () => {
    const body = Body.encode(bodyOf('heartbeat'))
    for (const length of [0, 31, 33]) expect(checkOf(signedFrame(body, { author: random(length) }))).to.equal(102)
    for (const length of [0, 63, 65]) expect(checkOf(signedFrame(body, { signature: random(length) }))).to.equal(102)
    expect(checkOf(signedFrame(EMPTY))).to.equal(102)
  })

  it('is refused when its body is not canonical or of no known kind below the highest (R-103)', () => {
    const body = Body.encode(bodyOf('heartbeat'))
    expect(checkOf(signedFrame(joinBytes(body, Uint8Array.of(0))))).to.equal(103)
    expect(checkOf(signedFrame(joinBytes(body, Body.encode(bodyOf('leave')))))).to.equal(103)
    expect(checkOf(signedFrame(joinBytes(Body.encode(bodyOf('leave')), body)))).to.equal(103)
    expect(checkOf(signedFrame(Uint8Array.of(0x08, 1))), 'a kind that is no message').to.equal(103)
    expect(checkOf(signedFrame(Uint8Array.of(0x82, 0x00, 0))), 'field 0').to.equal(103)
    expect(checkOf(signedFrame(Uint8Array.of(0x90, 0x01, 1))), 'a new kind that is no message').to.equal(103)
    expect(checkOf(signedFrame(Uint8Array.of(0xff, 0xff, 0xff, 0xff))), 'an endless tag').to.equal(103)
  })

  it('of a kind that only a newer version knows is passed over, not refused', () => {
    expect(checkOf(signedFrame(Uint8Array.of(0x9a, 0x01, 0)))).to.equal(undefined)
    expect(checkOf(signedFrame(Uint8Array.of(0xfa, 0xff, 0x7f, 2, 8, 1)))).to.equal(undefined)
  })

  it('is refused when another signed it, in another channel, or under another label (R-104)', () => {
    for (const kind of KINDS) {
      const { bytes } = frameOf(kind)
      expect(checkOf(bytes, other), kind).to.equal(104)
    }
    const body = Body.encode(bodyOf('leave'))
    expect(checkOf(signedFrame(body, { author: signingKey(random(32)).publicKey }))).to.equal(104)
    expect(checkOf(signedFrame(body, {}, LABEL.statementSign))).to.equal(104)
    expect(checkOf(signedFrame(body, { author: zeros(32), signature: zeros(64) })), 'small order').to.equal(104)
  })

  it('with any bit turned over anywhere is refused or of an unknown kind, but in the attachment, which gives it no other name', function () {
    this.timeout(60_000)
    const attached = withAttachment(frameOf('announcement'), random(200))
    for (const made of [frameOf('message'), attached]) {
      const attachmentAt = made.bytes.length - made.attachment.length
      const bits = fc.integer({ min: 0, max: made.bytes.length * 8 - 1 })
      fc.assert(
        fc.property(bits, (bit) => {
          const bytes = made.bytes.slice()
          bytes[bit >>> 3]! ^= 1 << (bit & 7)
          const frame = readFrame(channel, bytes)
          if (bit >>> 3 >= attachmentAt) expect((frame as Frame).id).to.deep.equal(made.id)
          else if (frame !== undefined) expect(frame, `bit ${bit}`).to.be.instanceOf(Refusal)
        }),
        { numRuns: 3_000, seed: 1 }
      )
    }
  })

  it('carries an attachment only when it is an announcement (R-105)', () => {
    for (const kind of KINDS) {
      const bytes = signedFrame(Body.encode(bodyOf(kind)), { attachment: Uint8Array.of(1) })
      expect(checkOf(bytes), kind).to.equal(kind === 'announcement' ? 'none' : 105)
    }
  })

  for (const [kind, field, mayBeEmpty = false] of FIXED) {
    it(`is refused when ${field} of a ${kind} has another length (R-106)`, () => {
      const { length } = (BODIES[kind] as unknown as Record<string, Uint8Array>)[field]!
      for (const wrong of [1, length - 1, length + 1]) {
        expect(checkOf(frameOf(kind, { [field]: random(wrong) }).bytes), `${wrong}`).to.equal(106)
      }
      expect(checkOf(frameOf(kind, { [field]: EMPTY }).bytes)).to.equal(mayBeEmpty ? 'none' : 106)
    })
  }

  it('is refused when a key id or descriptor is absent or has a wrong length, or a chunk hash has (R-106)', () => {
    for (const kind of ['message', 'grant', 'announcement', 'digest', 'statements', 'publicKeyRequest'] as const) {
      expect(checkOf(frameOf(kind, { key: undefined }).bytes), kind).to.equal(106)
      for (const length of [0, 15, 17]) {
        expect(checkOf(frameOf(kind, { key: { ...key, commitment: random(length) } }).bytes), kind).to.equal(106)
      }
    }
    for (const kind of ['grant', 'announcement', 'heartbeat'] as const) {
      expect(checkOf(frameOf(kind, { descriptor: undefined }).bytes), kind).to.equal(106)
      for (const length of [0, 31, 33]) {
        expect(checkOf(frameOf(kind, { descriptor: { ...ref, hash: random(length) } }).bytes), kind).to.equal(106)
      }
    }
    for (const length of [0, 31, 33]) {
      expect(checkOf(frameOf('announcement', { chunks: [id, random(length)] }).bytes)).to.equal(106)
    }
    expect(checkOf(frameOf('plainMessage', { content: undefined }).bytes)).to.equal(106)
  })

  it('that is garbage is refused without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readFrame(channel, bytes)).to.be.instanceOf(Refusal)
      }),
      { numRuns: 3_000, seed: 2 }
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (body) => {
        expect(checkOf(signedFrame(body))).to.be.oneOf([103, 106, undefined])
      }),
      { numRuns: 1_000, seed: 3 }
    )
  })
})
