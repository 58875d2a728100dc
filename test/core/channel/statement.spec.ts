import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, joinBytes } from '../../../src/base/bytes.ts'
import { makeStatement, readStatement } from '../../../src/core/channel/statement.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { framed, LABEL } from '../../../src/crypto/labels.ts'
import { sign, signingKey } from '../../../src/crypto/sign.ts'
import { Operation, SignedStatement, Statement } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('statement')
const author = signingKey(random(32))
const other = signingKey(random(32))
const channel = random(32)
const [user, group, admitId] = [random(32), random(16), random(16)]

/** The fields that each operation needs. */
const FIELDS: Readonly<Record<string, Partial<Statement>>> = {
  [Operation.ADMIT]: { subject: user, admitId, token: random(32), name: 'bob' },
  [Operation.REMOVE]: { subject: user, ends: [admitId] },
  [Operation.WITHDRAW]: { subject: user, ends: [admitId] },
  [Operation.REGISTER_NICK]: { subject: user, name: 'bob' },
  [Operation.MAKE_GROUP]: { group, name: 'few' },
  [Operation.DISSOLVE_GROUP]: { group },
  [Operation.PUT_INTO_GROUP]: { group, subject: user, admitId },
  [Operation.TAKE_OUT_OF_GROUP]: { group, subject: user },
  [Operation.INVITE]: { subject: random(32), uses: 3, expiresAt: 9 },
  [Operation.REVOKE_INVITE]: { subject: random(32) }
}
const OPERATIONS = Object.keys(FIELDS) as Operation[]
const made = (operation: Operation, fields: Partial<Statement> = {}) =>
  makeStatement(author, { channel, operation, seq: 1, at: 2, previous: random(32), ...FIELDS[operation], ...fields })
const checkOf = (bytes: Uint8Array): number | 'none' => {
  const read = readStatement(channel, bytes)
  return read instanceof Refusal ? read.check : 'none'
}

describe('a statement', () => {
  it('of every operation comes back as it was made', () => {
    for (const operation of OPERATIONS) {
      const one = made(operation)
      expect(readStatement(channel, one.bytes), operation).to.deep.equal(one)
    }
  })

  it('is named by author and content, not by its signature', () => {
    const one = made(Operation.ADMIT)
    const again = makeStatement(author, one.statement)
    expect(again.id).to.deep.equal(one.id)
    expect(makeStatement(other, one.statement).id).to.not.deep.equal(one.id)
    expect(makeStatement(author, { ...one.statement, at: 3 }).id).to.not.deep.equal(one.id)
  })

  it('is refused when it is not canonical, or above 2 KiB (R-301)', () => {
    const { bytes } = made(Operation.ADMIT)
    const signed = SignedStatement.decode(bytes)
    expect(checkOf(EMPTY)).to.equal(301)
    expect(checkOf(bytes.subarray(0, -1))).to.equal(301)
    expect(checkOf(joinBytes(bytes, Uint8Array.of(0x20, 1)))).to.equal(301)
    const content = joinBytes(signed.content, Uint8Array.of(0x80, 0x01, 1))
    const signature = sign(author, framed(LABEL.statementSign, content))
    expect(checkOf(SignedStatement.encode({ ...signed, content, signature })), 'an unknown field, signed').to.equal(301)
    const heads = Array.from({ length: 80 }, () => ({ boot: random(16), counter: 300 }))
    expect(checkOf(made(Operation.REMOVE, { heads }).bytes), 'too long').to.equal(301)
  })

  it('is refused in another channel (R-301)', () => {
    expect(checkOf(made(Operation.ADMIT, { channel: random(32) }).bytes)).to.equal(301)
  })

  const WRONG: readonly (readonly [operation: Operation, fields: Partial<Statement>])[] = [
    [Operation.OPERATION_UNSPECIFIED, {}],
    [Operation.ADMIT, { subject: EMPTY }],
    [Operation.ADMIT, { admitId: EMPTY }],
    [Operation.ADMIT, { admitId: random(15) }],
    [Operation.ADMIT, { token: random(16) }],
    [Operation.ADMIT, { name: 'n'.repeat(129) }],
    [Operation.ADMIT, { previous: random(31) }],
    [Operation.REMOVE, { subject: random(31) }],
    [Operation.REMOVE, { ends: [random(15)] }],
    [Operation.REMOVE, { ends: Array.from({ length: 17 }, () => random(16)) }],
    [Operation.WITHDRAW, { subject: EMPTY }],
    [Operation.REGISTER_NICK, { subject: EMPTY }],
    [Operation.MAKE_GROUP, { group: EMPTY }],
    [Operation.DISSOLVE_GROUP, { group: random(17) }],
    [Operation.PUT_INTO_GROUP, { group: EMPTY }],
    [Operation.PUT_INTO_GROUP, { subject: EMPTY }],
    [Operation.TAKE_OUT_OF_GROUP, { subject: EMPTY }],
    [Operation.INVITE, { subject: random(16) }],
    [Operation.REVOKE_INVITE, { subject: EMPTY }]
  ]
  for (const [operation, fields] of WRONG) {
    it(`${operation} with a wrong ${Object.keys(fields).join() || 'operation'} is refused (R-301)`, () => {
      const [field, value] = Object.entries(fields)[0] ?? ['', EMPTY]
      const length = Array.isArray(value) ? `${value.length}` : (value as Uint8Array).length
      expect(checkOf(made(operation, fields).bytes), `${field} of ${length}`).to.equal(301)
    })
  }

  it('is refused when its author did not sign it under its label (R-302)', () => {
    const one = made(Operation.ADMIT)
    const signed = SignedStatement.decode(one.bytes)
    const by = (fields: Partial<SignedStatement>): Uint8Array => SignedStatement.encode({ ...signed, ...fields })
    expect(checkOf(by({ author: other.publicKey }))).to.equal(302)
    expect(checkOf(by({ author: EMPTY }))).to.equal(302)
    expect(checkOf(by({ signature: sign(other, framed(LABEL.statementSign, signed.content)) }))).to.equal(302)
    expect(checkOf(by({ signature: sign(author, framed(LABEL.frameSign, signed.content)) }))).to.equal(302)
    expect(checkOf(by({ signature: EMPTY }))).to.equal(302)
    expect(checkOf(by({ content: Statement.encode({ ...one.statement, at: 3 }) }))).to.equal(302)
  })

  it('with any bit turned over is refused', () => {
    const { bytes } = made(Operation.ADMIT)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
        const copy = bytes.slice()
        copy[bit >>> 3]! ^= 1 << (bit & 7)
        expect(checkOf(copy), `bit ${bit}`).to.be.oneOf([301, 302])
      }),
      { numRuns: 2_000, seed: 1 }
    )
  })
})
