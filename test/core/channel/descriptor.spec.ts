import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, hex, joinBytes } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import {
  amendChannel,
  type Charter,
  channelIdOf,
  charterAt,
  foundChannel,
  isManagerOf,
  readCharter,
  SUITE,
  signaturesNeeded,
  succeeds
} from '../../../src/core/channel/descriptor.ts'
import type { ChannelChanges } from '../../../src/core/command.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { hash } from '../../../src/crypto/kdf.ts'
import { framed, LABEL } from '../../../src/crypto/labels.ts'
import { type SigningKey, sign, signingKey } from '../../../src/crypto/sign.ts'
import { Descriptor, DescriptorChain, type SignedDescriptor } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('descriptor')
const people = Array.from({ length: 12 }, () => signingKey(random(32)))
const [founder, second, third] = people as [SigningKey, SigningKey, SigningKey]
const users = people.map(({ publicKey }) => publicKey)
const salt = random(16)
const channel = channelIdOf(founder.publicKey, salt)
const FIRST = foundChannel(founder, { name: 'lobby' }, salt).descriptor

type Version = { fields?: Partial<Descriptor>; signers?: readonly SigningKey[]; label?: keyof typeof LABEL }

/** A chain, each version following the one before unless its fields say otherwise. */
function chainOf(...versions: Version[]): Uint8Array {
  const signed: SignedDescriptor[] = []
  for (const [i, { fields = {}, signers = [founder], label = 'descriptorSign' }] of versions.entries()) {
    const previous = i === 0 ? EMPTY : hash(LABEL.descriptorHash, signed[i - 1]!.content)
    const content = Descriptor.encode({ ...FIRST, version: i + 1, previous, ...fields })
    const bytes = framed(LABEL[label], content)
    signed.push({ content, signatures: signers.map((one) => ({ signer: one.publicKey, signature: sign(one, bytes) })) })
  }
  return DescriptorChain.encode({ versions: signed })
}

const checkOf = (bytes: Uint8Array, of = channel): number | 'none' => {
  const read = readCharter(of, bytes)
  return read instanceof Refusal ? read.check : 'none'
}
const charterOf = (...versions: Version[]): Charter => {
  const read = readCharter(channel, chainOf(...versions))
  if (read instanceof Refusal) throw new Error(`refused by ${read.check}`)
  return read
}
const checkOfFields = (fields: Partial<Descriptor>): number | 'none' => checkOf(chainOf({ fields }))

describe('a descriptor', () => {
  it('certifies its channel, its founder and every version', () => {
    const charter = charterOf({}, { fields: { name: 'cellar' } }, { fields: { managers: [users[1]!, users[2]!] } })
    expect(charter.channel).to.deep.equal(channel)
    expect(charter.ref).to.deep.equal({ version: 3, hash: charter.hashes[2] })
    expect(charter.descriptor.managers).to.deep.equal([users[1], users[2]])
    expect(charter.authorities.map(hex)).to.have.members([users[0]!, users[1]!, users[2]!].map(hex))
    expect(isManagerOf(charter.descriptor, users[1]!)).to.equal(true)
    expect(isManagerOf(charter.descriptor, users[0]!)).to.equal(false)
  })

  it('is refused when it is not canonical, empty, too long or of another suite (R-201)', () => {
    const bytes = chainOf({})
    expect(checkOf(EMPTY)).to.equal(201)
    expect(checkOf(joinBytes(bytes, Uint8Array.of(0)))).to.equal(201)
    expect(checkOf(bytes.subarray(0, -1))).to.equal(201)
    expect(checkOfFields({ suite: SUITE + 1 })).to.equal(201)
    expect(checkOfFields({ suite: 0 })).to.equal(201)
    const version = DescriptorChain.decode(bytes).versions[0]!
    const content = joinBytes(version.content, Uint8Array.of(0xd0, 0x01, 1)) // a field this version does not know
    expect(checkOf(DescriptorChain.encode({ versions: [{ ...version, content }] }))).to.equal(201)
    expect(checkOfFields({ memberManagers: Array.from({ length: 130 }, () => random(32)) }), '> 4 KiB').to.equal(201)
    const many: Version[] = Array.from({ length: 300 }, () => ({}))
    expect(checkOf(chainOf(...many)), '> 64 KiB').to.equal(201)
  })

  it('is refused when the channel id is not the hash of its founder and salt (R-202)', () => {
    expect(checkOf(chainOf({}), random(32))).to.equal(202)
    expect(checkOfFields({ salt: random(16) })).to.equal(202)
    expect(checkOf(chainOf({ fields: { founder: users[1]! }, signers: [second] }))).to.equal(202)
    expect(checkOf(chainOf({}, { fields: { salt: random(16) } })), 'a later version').to.equal(202)
  })

  it('is refused when any version lacks the founder\u2019s signature (R-203)', () => {
    expect(checkOf(chainOf({ signers: [] }))).to.equal(203)
    expect(checkOf(chainOf({ signers: [second] }))).to.equal(203)
    expect(checkOf(chainOf({}, { signers: [second] }))).to.equal(203)
    expect(checkOf(chainOf({ label: 'statementSign' })), 'another label').to.equal(203)
    const [version] = DescriptorChain.decode(chainOf({})).versions
    const moved = { ...version!, signatures: [{ signer: users[1]!, signature: version!.signatures[0]!.signature }] }
    expect(checkOf(DescriptorChain.encode({ versions: [moved] })), 'a signature of somebody else').to.equal(203)
  })

  it('is followed on the word of enough recovery keys of the version before, and of no fewer (R-203)', () => {
    const keys = { recoveryKeys: users.slice(1, 4), recoveryThreshold: 2 }
    expect(checkOf(chainOf({ fields: keys }, { signers: [second, third] }))).to.equal('none')
    expect(checkOf(chainOf({ fields: keys }, { signers: [second] }))).to.equal(203)
    expect(checkOf(chainOf({ fields: keys }, { signers: [second, second] })), 'one of them twice').to.equal(203)
    expect(checkOf(chainOf({}, { fields: keys, signers: [second, third] })), 'named by themselves').to.equal(203)
    const none = { recoveryKeys: users.slice(1, 4), recoveryThreshold: 0 }
    expect(checkOf(chainOf({ fields: none }, { signers: [second, third] })), 'no threshold').to.equal(203)
  })

  it('is refused when a version does not follow the one before by number and hash (R-204)', () => {
    expect(checkOfFields({ version: 2 })).to.equal(204)
    expect(checkOfFields({ version: 0 })).to.equal(204)
    expect(checkOf(chainOf({}, { fields: { version: 3 } }))).to.equal(204)
    expect(checkOf(chainOf({}, { fields: { version: 1 } }))).to.equal(204)
    expect(checkOfFields({ previous: random(32) })).to.equal(204)
    expect(checkOf(chainOf({}, { fields: { previous: random(32) } }))).to.equal(204)
    expect(checkOf(chainOf({}, { fields: { previous: EMPTY } }))).to.equal(204)
  })

  const INSANE: readonly (readonly [what: string, fields: Partial<Descriptor>])[] = [
    ['no name', { name: '' }],
    ['a name of 65 characters', { name: 'x'.repeat(65) }],
    ['a name of 257 bytes', { name: '\u{1F1E6}\u{1F1E6}'.repeat(33) }],
    ['a name not in NFC', { name: 'e\u0301' }],
    ['a name with space around it', { name: ' lobby' }],
    ['a name with a control character', { name: 'a\u0007b' }],
    ['a name with a bidi override', { name: 'a\u202eb' }],
    ['a name with a line separator', { name: 'a\u2028b' }],
    ['no managers', { managers: [] }],
    ['eight managers', { managers: users.slice(0, 8) }],
    ['a manager twice', { managers: [users[1]!, users[1]!] }],
    ['a manager with a weak key', { managers: [new Uint8Array(32)] }],
    ['a manager with a short key', { managers: [new Uint8Array(31)] }],
    ['a quorum above the managers', { managers: users.slice(0, 3), quorum: 4 }],
    ['a quorum below a majority', { managers: users.slice(0, 4), quorum: 2 }],
    [
      '33 member managers',
      { memberManagers: Array.from({ length: 33 }, (_, i) => signingKey(random(32 + 0 * i)).publicKey) }
    ],
    ['a member manager twice', { memberManagers: [users[1]!, users[1]!] }],
    ['a recovery key twice', { recoveryKeys: [users[1]!, users[1]!] }],
    ['eight recovery keys', { recoveryKeys: users.slice(0, 8) }],
    ['a threshold above the recovery keys', { recoveryKeys: users.slice(0, 2), recoveryThreshold: 3 }],
    ['a key life under a minute', { keyLifetimeSeconds: 59 }],
    ['a key life over thirty days', { keyLifetimeSeconds: 30 * 86_400 + 1 }],
    ['a fence under ten minutes', { fenceSeconds: 599 }],
    ['a fence over seven days', { fenceSeconds: 7 * 86_400 + 1 }],
    ['a grace over thirty days', { graceSeconds: 30 * 86_400 + 1 }],
    ['a previous hash of 31 bytes', { previous: random(31) }]
  ]
  for (const [what, fields] of INSANE) {
    it(`with ${what} is refused (R-205)`, () => {
      expect(checkOfFields(fields)).to.equal(205)
    })
  }

  it('with a weak founder key or a short salt is refused (R-205)', () => {
    const weak = { founder: new Uint8Array(32), salt }
    expect(checkOf(chainOf({ fields: weak }), channelIdOf(weak.founder, salt))).to.equal(205)
    const short = random(15)
    expect(checkOf(chainOf({ fields: { salt: short } }), channelIdOf(founder.publicKey, short))).to.equal(205)
  })

  const SANE: readonly (readonly [what: string, fields: Partial<Descriptor>])[] = [
    ['a name of 64 characters', { name: 'x'.repeat(64) }],
    ['a name of 256 bytes', { name: '\u{1F1E6}\u{1F1E6}'.repeat(32) }],
    ['seven managers', { managers: users.slice(0, 7) }],
    ['a quorum of a majority', { managers: users.slice(0, 4), quorum: 3 }],
    ['32 member managers', { memberManagers: Array.from({ length: 32 }, () => signingKey(random(32)).publicKey) }],
    ['seven recovery keys, all needed', { recoveryKeys: users.slice(0, 7), recoveryThreshold: 7 }],
    ['a key life of a minute', { keyLifetimeSeconds: 60 }],
    ['a key life of thirty days', { keyLifetimeSeconds: 30 * 86_400 }],
    ['a fence of ten minutes', { fenceSeconds: 600 }],
    ['a fence of seven days', { fenceSeconds: 7 * 86_400 }]
  ]
  for (const [what, fields] of SANE) {
    it(`may have ${what}`, () => {
      expect(checkOfFields(fields)).to.equal('none')
    })
  }

  it('cannot be founded with settings that every peer would refuse', () => {
    expect(() => foundChannel(founder, { name: '' }, random(16))).to.throw(UsageError)
    expect(() => foundChannel(founder, { name: 'x', managers: users.slice(0, 8) }, random(16))).to.throw(UsageError)
    for (const settings of [{ quorum: 1 }, { quorum: 4 }, { fenceSeconds: 599 }, { fenceSeconds: 604_801 }])
      expect(() => foundChannel(founder, { name: 'x', managers: users.slice(0, 3), ...settings }, random(16))).to.throw(
        UsageError
      )
  })

  it('says what its founder chose: how many managers sign, and when sending stops', () => {
    const settings = { name: 'x', managers: users.slice(0, 3), quorum: 3, fenceSeconds: 600 }
    expect(foundChannel(founder, settings, random(16)).descriptor).to.include({ quorum: 3, fenceSeconds: 600 })
  })

  it('keeps what it was at each version', () => {
    const charter = charterOf({}, { fields: { name: 'cellar' } })
    const [first] = charter.hashes
    expect(charterAt(charter, charter.ref)).to.deep.equal(charter)
    expect(charterAt(charter, { version: 1, hash: first! })?.descriptor.name).to.equal('lobby')
    expect(charterAt(charter, { version: 1, hash: first! })?.ref.version).to.equal(1)
    expect(charterAt(charter, { version: 1, hash: charter.ref.hash }), 'another hash').to.equal(undefined)
    for (const version of [0, 3]) expect(charterAt(charter, { version, hash: first! })).to.equal(undefined)
  })

  it('asks for a majority of three and more managers, for one signature below, or for what its quorum says', () => {
    const needed = [1, 2, 3, 4, 5, 6, 7].map((n) => signaturesNeeded({ ...FIRST, managers: users.slice(0, n) }))
    expect(needed).to.deep.equal([1, 1, 2, 3, 3, 4, 4])
    expect(signaturesNeeded({ ...FIRST, managers: users.slice(0, 2), quorum: 2 })).to.equal(2)
  })
})

describe('the next version of a descriptor', () => {
  const charter = foundChannel(
    founder,
    { name: 'lobby', managers: users.slice(0, 3), memberManagers: [users[5]!] },
    salt
  )
  const next = (changes: ChannelChanges): Charter => amendChannel(founder, charter, changes)

  it('follows the pinned one, and has what was changed and all the rest', () => {
    const amended = next({ name: ' cellar ', fenceSeconds: 3_600, quorum: 3, maxMembers: 9 })
    expect(succeeds(amended, charter)).to.equal(undefined)
    const { ref, descriptor } = charter
    const changed = { name: 'cellar', fenceSeconds: 3_600, quorum: 3, maxMembers: 9, version: 2, previous: ref.hash }
    expect(amended.descriptor).to.deep.equal({ ...descriptor, ...changed })
    const third = amendChannel(founder, amended, { name: 'lobby' })
    expect(third.versions.map(({ name }) => name)).to.deep.equal(['lobby', 'cellar', 'lobby'])
  })

  it('names managers and member managers more or fewer, those that stay in their order', () => {
    const some = next({ addManagers: [users[3]!, users[0]!], removeManagers: [users[1]!] })
    expect(some.descriptor.managers).to.deep.equal([users[0], users[2], users[3]])
    const others = next({ addMemberManagers: [users[6]!], removeMemberManagers: [users[5]!] })
    expect(others.descriptor.memberManagers).to.deep.equal([users[6]])
    expect(others.descriptor.managers).to.deep.equal(charter.descriptor.managers)
  })

  const codeOf = (changes: ChannelChanges): string | undefined => {
    try {
      next(changes)
      return undefined
    } catch (error) {
      if (error instanceof UsageError) return error.code
      throw error
    }
  }

  it('is not made when it says nothing, names who is not there, or would be refused', () => {
    for (const changes of [{}, { name: 'lobby' }, { addManagers: [users[1]!] }, { quorum: 0 }])
      expect(codeOf(changes)).to.equal('NOTHING_TO_CHANGE')
    for (const changes of [{ removeManagers: [users[5]!] }, { removeMemberManagers: [users[0]!] }])
      expect(codeOf(changes)).to.equal('NOT_NAMED')
    const none = { removeManagers: users.slice(0, 3) }
    for (const changes of [none, { addManagers: users.slice(3, 8) }, { quorum: 1 }, { name: '' }, { fenceSeconds: 1 }])
      expect(codeOf(changes)).to.equal('BAD_CHANNEL_SETTINGS')
    expect(codeOf({ addManagers: users.slice(3, 7) })).to.equal(undefined)
  })

  it('is not made when the chain of all versions would be too long', () => {
    let long = charter
    const more = (): void => {
      for (let i = 0; i < 300; i++) long = amendChannel(founder, long, { maxMembers: i + 1 })
    }
    expect(more).to.throw('do not fit')
    expect(long.versions.length).to.be.greaterThan(50)
  })
})

describe('a pinned descriptor', () => {
  const names = ['a', 'b', 'c', 'd']
  const chains = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })

  it('gives way only to a chain that goes on from it, for any pair (R-206)', () => {
    fc.assert(
      fc.property(chains, chains, (found, pinned) => {
        const charter = (list: string[]): Charter => charterOf(...list.map((name) => ({ fields: { name } })))
        const refusal = succeeds(charter(found), charter(pinned))
        const goesOn = found.length >= pinned.length && pinned.every((name, i) => found[i] === name)
        expect(refusal?.check).to.equal(goesOn ? undefined : 206)
      }),
      { numRuns: 150, seed: 1 }
    )
  })

  it('never gives way to an older version, nor to another of the same number (R-206)', () => {
    const [one, two] = [charterOf({}), charterOf({}, { fields: { name: 'cellar' } })]
    const twin = charterOf({}, { fields: { name: 'attic' } })
    expect(succeeds(one, two)?.check).to.equal(206)
    expect(succeeds(twin, two)?.check).to.equal(206)
    expect(succeeds(two, two)).to.equal(undefined)
    expect(succeeds(two, one)).to.equal(undefined)
  })
})
