import { expect } from 'chai'
import { EMPTY, joinBytes } from '../../../src/base/bytes.ts'
import { atMillis } from '../../../src/base/time.ts'
import {
  challengeHash,
  openChallenge,
  openChallengeAnswer,
  openRequest,
  sealChallenge,
  sealChallengeAnswer,
  sealRequest
} from '../../../src/core/channel/key-request.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { hpkeSeal } from '../../../src/crypto/hpke.ts'
import { KEM, x25519KeyPair } from '../../../src/crypto/kem.ts'
import { framed, LABEL, type Label } from '../../../src/crypto/labels.ts'
import { sign, signingKey } from '../../../src/crypto/sign.ts'
import { pad } from '../../../src/wire/codec.ts'
import {
  ChallengeAnswerContent,
  ChallengeContent,
  type KeyRequest,
  KeyRequestContent,
  Signed
} from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('key-request')
const NOW = atMillis(1_800_000_000_000)
const [user, author, mallory] = [0, 1, 2].map(() => signingKey(random(32))) as [
  ReturnType<typeof signingKey>,
  ReturnType<typeof signingKey>,
  ReturnType<typeof signingKey>
]
const channel = random(32)
const manager = random(32)
const prekeys = Prekeys.create(random, NOW)
const pair = prekeys.find(prekeys.current.id)!
const content: KeyRequestContent = {
  channel,
  manager,
  user: user.publicKey,
  author: author.publicKey,
  nonce: random(16),
  oneTimeKey: x25519KeyPair(random(32)).publicKey,
  descriptor: { version: 1, hash: random(32) },
  logHead: random(32),
  lines: [{ group: EMPTY, highest: { term: 1, serial: 2, commitment: random(16) } }],
  recordSeq: 4,
  recordHash: random(32),
  record: random(300),
  inviteToken: random(16),
  admits: [random(200)]
}
const made = (changes: Partial<KeyRequestContent> = {}, key = user) =>
  sealRequest({ ...content, ...changes }, key, prekeys.current, 0, random)!
const checkOf = (body: KeyRequest, by = author.publicKey, of = channel): number | 'none' => {
  const opened = openRequest(of, by, body, manager, pair)
  return opened instanceof Refusal ? opened.check : 'none'
}
const flipped = (bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice()
  copy[copy.length - 1]! ^= 1
  return copy
}
/** A box around any bytes: what somebody with a program could send. */
function boxed(signed: Uint8Array, label: Label = LABEL.requestInfo): KeyRequest {
  const info = framed(label, channel, author.publicKey)
  const recipientPublicKey = prekeys.current.xwing
  const plaintext = pad(signed)
  const box = hpkeSeal({ kem: KEM.X_WING, recipientPublicKey, info, aad: EMPTY, plaintext, ephemeralSeed: random(32) })!
  return { prekey: prekeys.current.id, attempt: 0, enc: box.enc, sealed: box.ciphertext }
}

describe('a key request', () => {
  it('opens as it was sealed, with one name through all its tries', () => {
    const { body, hash } = made()
    expect(openRequest(channel, author.publicKey, { ...body, attempt: 7 }, manager, pair)).to.deep.equal({
      content,
      hash
    })
    expect(made().hash).to.deep.equal(hash)
    expect(made({ nonce: random(16) }).hash).to.not.deep.equal(hash)
  })

  it('shows nobody who asks', () => {
    const { body } = made()
    for (const secret of [user.publicKey, content.recordHash, content.inviteToken, content.oneTimeKey]) {
      expect(Buffer.from(body.sealed).includes(Buffer.from(secret))).to.equal(false)
    }
  })

  it('that does not open under the prekey, in the channel, or in a frame of its author is refused (R-501)', () => {
    const { body } = made()
    expect(checkOf({ ...body, sealed: flipped(body.sealed) })).to.equal(501)
    expect(checkOf({ ...body, enc: flipped(body.enc) })).to.equal(501)
    expect(checkOf({ ...body, enc: EMPTY })).to.equal(501)
    expect(checkOf(body, mallory.publicKey), 'in a frame of somebody else').to.equal(501)
    expect(checkOf(body, author.publicKey, random(32)), 'in another channel').to.equal(501)
    const others = Prekeys.create(random, NOW)
    const refused = openRequest(channel, author.publicKey, body, manager, others.find(others.current.id)!)
    expect(refused).to.deep.equal(new Refusal(501))
  })

  it('that opens and is not canonical is refused (R-501)', () => {
    const bytes = KeyRequestContent.encode(content)
    const signedOf = (inner: Uint8Array): Uint8Array =>
      Signed.encode({ content: inner, signature: sign(user, framed(LABEL.requestSign, inner)) })
    expect(checkOf(boxed(signedOf(bytes)))).to.equal('none')
    expect(checkOf(boxed(signedOf(joinBytes(bytes, Uint8Array.of(0x70, 1)))))).to.equal(501)
    expect(checkOf(boxed(joinBytes(signedOf(bytes), Uint8Array.of(0))))).to.equal(501)
    expect(checkOf(boxed(signedOf(bytes), LABEL.answerInfo)), 'another label').to.equal(501)
  })

  const WRONG: readonly (readonly [what: string, changes: Partial<KeyRequestContent>])[] = [
    ['user of 31 bytes', { user: random(31) }],
    ['nonce of 15 bytes', { nonce: random(15) }],
    ['one-time key of 33 bytes', { oneTimeKey: random(33) }],
    ['no descriptor', { descriptor: undefined as never }],
    ['descriptor hash of 31 bytes', { descriptor: { version: 1, hash: random(31) } }],
    ['log head of 31 bytes', { logHead: random(31) }],
    ['record hash of 31 bytes', { recordHash: random(31) }],
    ['token of 15 bytes', { inviteToken: random(15) }],
    ['three admits', { admits: [random(200), random(200), random(200)] }],
    ['no line', { lines: [] }],
    ['66 lines', { lines: Array.from({ length: 66 }, () => ({ group: EMPTY })) }],
    ['a group of 15 bytes', { lines: [{ group: random(15) }] }],
    ['a key id of 15 bytes', { lines: [{ group: EMPTY, highest: { term: 1, serial: 1, commitment: random(15) } }] }],
    ['another manager', { manager: random(32) }]
  ]
  for (const [what, changes] of WRONG) {
    it(`with ${what} is refused (R-502)`, () => {
      expect(checkOf(made(changes).body)).to.equal(502)
    })
  }

  it('sealed here for another channel or another frame author is refused (R-502)', () => {
    const signedOf = (changes: Partial<KeyRequestContent>): Uint8Array => {
      const inner = KeyRequestContent.encode({ ...content, ...changes })
      return Signed.encode({ content: inner, signature: sign(user, framed(LABEL.requestSign, inner)) })
    }
    expect(checkOf(boxed(signedOf({ channel: random(32) })))).to.equal(502)
    expect(checkOf(boxed(signedOf({ author: mallory.publicKey })))).to.equal(502)
  })

  it('that the user it names did not sign under its label is refused (R-503)', () => {
    expect(checkOf(made({}, mallory).body)).to.equal(503)
    const inner = KeyRequestContent.encode(content)
    const signature = sign(user, framed(LABEL.answerSign, inner))
    expect(checkOf(boxed(Signed.encode({ content: inner, signature })))).to.equal(503)
    expect(checkOf(boxed(Signed.encode({ content: inner, signature: EMPTY })))).to.equal(503)
  })

  it('may come without token, log head and highest key', () => {
    expect(checkOf(made({ inviteToken: EMPTY, logHead: EMPTY, lines: [{ group: EMPTY }] }).body)).to.equal('none')
  })
})

describe('a challenge', () => {
  const expected = { channel, manager, user: user.publicKey, recordSeq: 4, recordHash: random(32), request: random(32) }
  const challenge: ChallengeContent = { ...expected, nonce: random(32) }
  const sealed = (changes: Partial<ChallengeContent> = {}) =>
    sealChallenge({ ...challenge, ...changes }, prekeys.current, 0, random)!
  const checkOfChallenge = (made: ReturnType<typeof sealed>, of = channel): number | 'none' => {
    const opened = openChallenge(of, made, pair, expected)
    return opened instanceof Refusal ? opened.check : 'none'
  }

  it('opens as it was sealed', () => {
    expect(openChallenge(channel, sealed(), pair, expected)).to.deep.equal(challenge)
  })

  it('that does not open for the request, the channel and the prekey is refused (R-612)', () => {
    const one = sealed()
    expect(checkOfChallenge({ ...one, sealed: flipped(one.sealed) })).to.equal(612)
    expect(checkOfChallenge({ ...one, enc: flipped(one.enc) })).to.equal(612)
    expect(checkOfChallenge({ ...one, request: random(32) })).to.equal(612)
    expect(checkOfChallenge(one, random(32))).to.equal(612)
  })

  const WRONG: readonly Partial<ChallengeContent>[] = [
    { manager: random(32) },
    { user: random(32) },
    { recordSeq: 5 },
    { recordHash: random(32) },
    { nonce: random(31) },
    { nonce: EMPTY }
  ]
  for (const changes of WRONG) {
    it(`about another ${Object.keys(changes).join()} is refused (R-612)`, () => {
      expect(checkOfChallenge(sealed(changes))).to.equal(612)
    })
  }

  it('about another channel or request, sealed as for this one, is refused (R-612)', () => {
    for (const changes of [{ channel: random(32) }, { request: random(32) }]) {
      const info = framed(LABEL.challengeInfo, channel, expected.request)
      const plaintext = pad(ChallengeContent.encode({ ...challenge, ...changes }))
      const recipientPublicKey = prekeys.current.xwing
      const box = hpkeSeal({
        kem: KEM.X_WING,
        recipientPublicKey,
        info,
        aad: EMPTY,
        plaintext,
        ephemeralSeed: random(32)
      })!
      const one = { request: expected.request, attempt: 0, enc: box.enc, sealed: box.ciphertext }
      expect(checkOfChallenge(one)).to.equal(612)
    }
  })

  const answer: ChallengeAnswerContent = {
    channel,
    manager,
    user: user.publicKey,
    author: author.publicKey,
    request: random(32),
    challenge: challengeHash(challenge),
    nonce: random(32)
  }
  const answered = (changes: Partial<ChallengeAnswerContent> = {}, key = user) =>
    sealChallengeAnswer({ ...answer, ...changes }, key, prekeys.current, 0, random)!
  const checkOfAnswer = (made: ReturnType<typeof answered>, by = author.publicKey): number | 'none' => {
    const opened = openChallengeAnswer(channel, by, made, manager, pair)
    return opened instanceof Refusal ? opened.check : 'none'
  }

  it('has an answer that opens as it was sealed', () => {
    expect(openChallengeAnswer(channel, author.publicKey, answered(), manager, pair)).to.deep.equal(answer)
  })

  it('has an answer that is refused when it does not open or is another\u2019s (R-508)', () => {
    const one = answered()
    expect(checkOfAnswer({ ...one, sealed: flipped(one.sealed) })).to.equal(508)
    expect(checkOfAnswer(one, mallory.publicKey)).to.equal(508)
    expect(checkOfAnswer(answered({}, mallory)), 'signed by somebody else').to.equal(508)
    expect(checkOfAnswer(answered({ manager: random(32) }))).to.equal(508)
    expect(checkOfAnswer(answered({ user: mallory.publicKey }))).to.equal(508)
  })

  it('has an answer that is refused when it says another channel or author than it is sealed for (R-508)', () => {
    const boxedAnswer = (changes: Partial<ChallengeAnswerContent>): ReturnType<typeof answered> => {
      const inner = ChallengeAnswerContent.encode({ ...answer, ...changes })
      const signature = sign(user, framed(LABEL.answerSign, inner))
      return boxed(Signed.encode({ content: inner, signature }), LABEL.answerInfo)
    }
    expect(checkOfAnswer(boxedAnswer({}))).to.equal('none')
    expect(checkOfAnswer(boxedAnswer({ channel: random(32) }))).to.equal(508)
    expect(checkOfAnswer(boxedAnswer({ author: mallory.publicKey }))).to.equal(508)
  })

  it('is named by everything in it', () => {
    const names = [challenge, ...WRONG.map((changes) => ({ ...challenge, ...changes }))].map((one) =>
      Buffer.from(challengeHash(one)).toString('hex')
    )
    expect(new Set(names).size).to.equal(names.length)
  })
})
