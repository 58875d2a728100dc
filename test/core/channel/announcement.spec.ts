import { expect } from 'chai'
import { EMPTY, joinBytes, utf8 } from '../../../src/base/bytes.ts'
import {
  type CheckedAnnouncement,
  certificateOf,
  chunkHash,
  coSignedBytes,
  equivocatorOf,
  readAnnouncement,
  readCertificate
} from '../../../src/core/channel/announcement.ts'
import type { Charter } from '../../../src/core/channel/descriptor.ts'
import { foundChannel } from '../../../src/core/channel/descriptor.ts'
import { type Frame, makeFrame, withAttachment } from '../../../src/core/channel/frame.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { hash } from '../../../src/crypto/kdf.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { type SigningKey, sign, signingKey } from '../../../src/crypto/sign.ts'
import { TERM_JUMP } from '../../../src/wire/limits.ts'
import {
  type Announcement,
  AnnouncementAttachment,
  AnnouncementPayload,
  Reason,
  type SignatureBy,
  TreeUpdateKind
} from '../../../src/wire/messages.ts'
import { Bus, Liar, randomOf } from '../bus.ts'

const random = randomOf('announcement')
const managers = Array.from({ length: 3 }, () => signingKey(random(32)))
const [first, second, third] = managers as [SigningKey, SigningKey, SigningKey]
const mallory = signingKey(random(32))
const charterOf = (keys: readonly SigningKey[], founder = first): Charter =>
  foundChannel(founder, { name: 'x', managers: keys.map((key) => key.publicKey) }, random(16))
const lone = charterOf([first])
const council = charterOf(managers)

const treeOf = (kind: TreeUpdateKind) => ({
  kind,
  depth: 1,
  added: [],
  removed: [],
  refreshed: [],
  hasFreshRoot: false,
  present: EMPTY,
  wraps: EMPTY,
  termKey: EMPTY,
  encapsulations: EMPTY
})

interface Made {
  readonly head?: Partial<Announcement>
  readonly author?: SigningKey
  readonly kind?: TreeUpdateKind
  readonly payload?: Uint8Array
  readonly signers?: readonly SigningKey[]
  readonly certificate?: Uint8Array
}

function announced(charter: Charter, made: Made = {}): Frame {
  const { author = first, kind = TreeUpdateKind.PATH } = made
  const payload = made.payload ?? AnnouncementPayload.encode({ tree: treeOf(kind), sealed: random(64) })
  const announcement: Announcement = {
    group: EMPTY,
    key: { term: 5, serial: 1, commitment: random(16) },
    roster: random(32),
    logHead: random(32),
    descriptor: charter.ref,
    previous: random(32),
    reason: Reason.DEMAND,
    notAfter: 1,
    payload: hash(LABEL.payloadHash, payload),
    chunks: [],
    ...made.head
  }
  const frame = makeFrame(charter.channel, author, { announcement })
  return attached(frame, payload, made.signers ?? [], made.certificate)
}

function attached(
  frame: Frame,
  payload: Uint8Array,
  signers: readonly SigningKey[],
  certificate: Uint8Array = EMPTY
): Frame {
  const { group, key } = frame.body.announcement!
  const coSignatures = signers.map(
    (one): SignatureBy => ({ signer: one.publicKey, signature: sign(one, coSignedBytes(frame, group, key!)) })
  )
  return withAttachment(frame, AnnouncementAttachment.encode({ payload, coSignatures, certificate }))
}

const checkOf = (charter: Charter, frame: Frame, term = 5): number | 'none' => {
  const read = readAnnouncement(charter, frame, term)
  return read instanceof Refusal ? read.check : 'none'
}
const read = (charter: Charter, frame: Frame): CheckedAnnouncement => {
  const announcement = readAnnouncement(charter, frame, 5)
  if (announcement instanceof Refusal) throw new Error(`refused by ${announcement.check}`)
  return announcement
}
const key = (term: number, serial: number) => ({ key: { term, serial, commitment: random(16) } })

describe('an announcement', () => {
  it('by a manager under the pinned descriptor is read', () => {
    const frame = announced(lone)
    const { head, payload } = read(lone, frame)
    expect(head).to.deep.equal(frame.body.announcement)
    expect(payload?.tree.kind).to.equal(TreeUpdateKind.PATH)
  })

  it('is refused when its issuer is no manager of the descriptor (R-401)', () => {
    expect(checkOf(lone, announced(lone, { author: mallory }))).to.equal(401)
    expect(checkOf(lone, announced(lone, { author: second }))).to.equal(401)
    expect(checkOf(council, announced(council, { author: mallory, signers: managers }))).to.equal(401)
  })

  it('is refused when it names another descriptor, by hash or by number (R-402)', () => {
    const { version, hash } = lone.ref
    expect(checkOf(lone, announced(lone, { head: { descriptor: { version, hash: random(32) } } }))).to.equal(402)
    expect(checkOf(lone, announced(lone, { head: { descriptor: { version: version + 1, hash } } }))).to.equal(402)
    expect(checkOf(lone, announced(lone, { head: { descriptor: council.ref } }))).to.equal(402)
  })

  it('with a new root is refused without the signatures its quorum asks for (R-404)', () => {
    expect(checkOf(council, announced(council))).to.equal(404)
    expect(checkOf(council, announced(council, { signers: [first] })), 'the issuer again').to.equal(404)
    expect(checkOf(council, announced(council, { signers: [mallory] })), 'a stranger').to.equal(404)
    expect(checkOf(council, announced(council, { signers: [second] }))).to.equal('none')
    expect(checkOf(council, announced(council, { kind: TreeUpdateKind.STEP, head: key(5, 1) }))).to.equal(404)
    expect(checkOf(council, announced(council, { kind: TreeUpdateKind.REBUILD, head: key(5, 2) }))).to.equal(404)
  })

  it('is refused when a co-signature is of another announcement, number or channel (R-404)', () => {
    const frame = announced(council, { signers: [second] })
    const { payload, coSignatures } = AnnouncementAttachment.decode(frame.attachment)
    const [good] = coSignatures as [SignatureBy]
    const by = (one: SignatureBy): Frame =>
      withAttachment(frame, AnnouncementAttachment.encode({ payload, coSignatures: [one], certificate: EMPTY }))
    expect(checkOf(council, by(good))).to.equal('none')
    const group = EMPTY
    const { key: id } = frame.body.announcement!
    const other = announced(council)
    const forged = [
      coSignedBytes(other, group, id!),
      coSignedBytes(frame, random(16), id!),
      coSignedBytes(frame, group, { ...id!, term: 6 }),
      coSignedBytes(frame, group, { ...id!, serial: 2 }),
      coSignedBytes({ ...frame, channel: random(32) }, group, id!)
    ]
    for (const signed of forged) {
      expect(checkOf(council, by({ ...good, signature: sign(second, signed) }))).to.equal(404)
    }
    expect(checkOf(council, by({ ...good, signer: third.publicKey }))).to.equal(404)
    expect(checkOf(council, by({ ...good, signature: EMPTY }))).to.equal(404)
  })

  it('with a pure step after the first of a term needs its issuer alone', () => {
    const certificate = certificateOf(announced(council, { signers: [second] })).bytes
    const step = { kind: TreeUpdateKind.STEP, head: key(5, 2), certificate }
    expect(checkOf(council, announced(council, step))).to.equal('none')
    const payload = (frame: Frame): Frame => certificateOf(frame)
    expect(checkOf(council, payload(announced(council, step))), 'as a certificate').to.equal('none')
  })

  it('with a pure step is refused without the certificate of its issuer\u2019s office (R-404)', () => {
    const of = (made: Made): Uint8Array => certificateOf(announced(council, made)).bytes
    const wrong = {
      none: EMPTY,
      nonsense: utf8('nonsense'),
      'without a quorum': of({}),
      'of another issuer': of({ author: second, signers: [third] }),
      'of another term': of({ head: key(4, 1), signers: [second] }),
      'of no first epoch': of({ head: key(5, 2), signers: [second] })
    }
    for (const [why, certificate] of Object.entries(wrong)) {
      const step = { kind: TreeUpdateKind.STEP, head: key(5, 3), certificate }
      expect(checkOf(council, announced(council, step)), why).to.equal(404)
    }
    const certificate = of({ signers: [second] })
    expect(checkOf(council, announced(council, { head: key(5, 3), certificate })), 'a new root').to.equal(404)
  })

  it('that follows none is by the founder, alone, where it is a manager (R-407)', () => {
    const beginning = { previous: EMPTY, ...key(1, 1) }
    expect(checkOf(council, announced(council, { head: beginning }))).to.equal('none')
    const byAnother = { head: beginning, author: second, signers: managers }
    expect(checkOf(council, announced(council, byAnother))).to.equal(407)
    const later = { previous: EMPTY, ...key(1, 2) }
    expect(checkOf(council, announced(council, { head: later })), 'a later one').to.equal(404)
    const anew = { previous: EMPTY, ...key(2, 1) }
    expect(checkOf(council, announced(council, { head: anew })), 'of a later term').to.equal(404)
    const staff = charterOf(managers, mallory)
    expect(checkOf(staff, announced(staff, { head: beginning })), 'a founder who is no manager').to.equal(404)
    expect(checkOf(staff, announced(staff, { head: beginning, signers: [second] }))).to.equal('none')
  })

  it('is refused when the payload has not the hash of the head (R-405)', () => {
    const frame = announced(lone)
    const other = AnnouncementPayload.encode({ tree: treeOf(TreeUpdateKind.STEP), sealed: random(64) })
    expect(checkOf(lone, attached(frame, other, []))).to.equal(405)
    expect(checkOf(lone, announced(lone, { head: { payload: random(32) } }))).to.equal(405)
  })

  it('is refused when attachment or payload is not canonical (R-405)', () => {
    const frame = announced(lone)
    expect(checkOf(lone, withAttachment(frame, joinBytes(frame.attachment, Uint8Array.of(0))))).to.equal(405)
    expect(checkOf(lone, withAttachment(frame, utf8('nonsense')))).to.equal(405)
    expect(checkOf(lone, announced(lone, { payload: utf8('nonsense') }))).to.equal(405)
    const noTree = AnnouncementPayload.encode({ sealed: random(64) })
    expect(checkOf(lone, announced(lone, { payload: noTree }))).to.equal(405)
    expect(readCertificate(lone, EMPTY, 5)).to.deep.equal(new Refusal(405))
    expect(readCertificate(lone, random(200), 5)).to.deep.equal(new Refusal(405))
  })

  it('inside something else is refused when the frame is of another kind (R-405)', () => {
    const leave = makeFrame(lone.channel, first, { leave: { group: EMPTY, boot: random(16), counter: 0 } })
    expect(readCertificate(lone, leave.bytes, 5)).to.deep.equal(new Refusal(405))
  })

  it('is refused when term or serial is 0, or the term jumps further than 2^16 (R-409)', () => {
    expect(checkOf(lone, announced(lone, { head: key(0, 1) }))).to.equal(409)
    expect(checkOf(lone, announced(lone, { head: key(1, 0) }))).to.equal(409)
    expect(checkOf(lone, announced(lone, { head: key(5 + TERM_JUMP, 1) }))).to.equal('none')
    expect(checkOf(lone, announced(lone, { head: key(5 + TERM_JUMP + 1, 1) }))).to.equal(409)
  })

  it('may have any term where a quorum has signed it, but not of a group, which one signs (R-409)', () => {
    const far = key(5 + TERM_JUMP + 1, 1)
    expect(checkOf(council, announced(council, { head: far, signers: [second] }))).to.equal('none')
    expect(checkOf(council, announced(council, { head: far }))).to.equal(404)
    expect(checkOf(council, announced(council, { head: { ...far, group: random(16) } }))).to.equal(409)
  })

  it('may have the highest term that there is', () => {
    expect(checkOf(lone, announced(lone, { head: key(2 ** 53 - 1, 1) }), 2 ** 53 - 2)).to.equal('none')
  })

  it('with any field of the head changed is another announcement, and its author has not signed it', () => {
    const frame = announced(lone)
    const head = frame.body.announcement!
    const changes: Partial<Announcement>[] = [
      { group: random(16) },
      { key: { ...head.key!, term: 6 } },
      { key: { ...head.key!, serial: 2 } },
      { key: { ...head.key!, commitment: random(16) } },
      { roster: random(32) },
      { logHead: random(32) },
      { descriptor: { version: 1, hash: random(32) } },
      { previous: random(32) },
      { reason: Reason.IDLE },
      { notAfter: 2 },
      { payload: random(32) },
      { chunks: [random(32)] }
    ]
    for (const fields of changes) {
      const other = makeFrame(lone.channel, mallory, { announcement: { ...head, ...fields } })
      expect(other.id).to.not.deep.equal(frame.id)
      expect(checkOf(lone, withAttachment(other, frame.attachment)), Object.keys(fields).join()).to.equal(401)
    }
  })

  it('has a certificate that proves it without its payload', () => {
    const frame = announced(council, { signers: [third] })
    const certificate = readCertificate(council, certificateOf(frame).bytes, 5)
    expect(certificate).to.not.be.instanceOf(Refusal)
    expect((certificate as CheckedAnnouncement).payload).to.equal(undefined)
    expect((certificate as CheckedAnnouncement).frame.id).to.deep.equal(frame.id)
    expect(certificateOf(frame).bytes.length).to.be.lessThan(frame.bytes.length)
  })

  it('contradicts another of its issuer for the same line, term and serial, and nothing else', () => {
    const one = read(lone, announced(lone, { head: key(5, 1) }))
    const group = random(16)
    const twin = read(lone, announced(lone, { head: key(5, 1) }))
    expect(equivocatorOf(lone.descriptor, one, twin)).to.deep.equal(one.frame.author)
    expect(equivocatorOf(lone.descriptor, twin, one)).to.deep.equal(one.frame.author)
    expect(equivocatorOf(lone.descriptor, one, one)).to.equal(undefined)
    const { payload } = AnnouncementAttachment.decode(one.frame.attachment)
    expect(equivocatorOf(lone.descriptor, one, read(lone, attached(one.frame, payload, [second])))).to.equal(undefined)
    for (const head of [key(5, 2), key(6, 1), { ...key(5, 1), group }]) {
      const other = read(lone, announced(lone, { head }))
      expect(equivocatorOf(lone.descriptor, one, other)).to.equal(undefined)
      expect(equivocatorOf(lone.descriptor, other, one)).to.equal(undefined)
    }
    const pair = charterOf([first, second])
    const [a, b] = [first, second].map((author) => read(pair, announced(pair, { author, head: key(5, 1) })))
    expect(equivocatorOf(pair.descriptor, a!, b!), 'two managers').to.equal(undefined)
  })

  it('with many wraps sends them in chunks whose hashes the head has', () => {
    const liar = new Liar(new Bus())
    liar.found()
    for (let i = 0; i < 6; i++) liar.issue(Array.from({ length: 180 }, () => liar.admit(random(32))))
    const issued = liar.rebuild()
    const head = issued.announcement.body.announcement!
    expect(head.chunks).to.have.length(2)
    expect(issued.chunks.map((frame) => chunkHash(frame.body.chunk!.data))).to.deep.equal(head.chunks)
    expect(issued.announcement.bytes.length).to.be.lessThan(2_000)
  })
})
