import { expect } from 'chai'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { Context } from '../../../src/core/channel/context.ts'
import { type CheckedStatement, makeStatement } from '../../../src/core/channel/statement.ts'
import { Archive } from '../../../src/core/manager/archive.ts'
import { ARCHIVED_EPOCHS } from '../../../src/core/params.ts'
import { signingKey } from '../../../src/crypto/sign.ts'
import { FRAME_BYTES } from '../../../src/wire/limits.ts'
import { HistoryPolicy, type KeyId, Operation } from '../../../src/wire/messages.ts'
import { Bus, randomOf, rowsOf } from '../bus.ts'

const random = randomOf('archive')
const manager = signingKey(random(32))
const channel = random(32)

const keyId = (serial: number, term = 1): KeyId => ({ term, serial, commitment: random(16) })

function world(history: HistoryPolicy) {
  const descriptor = { history, managers: [manager.publicKey], retentionSeconds: 0 }
  const admits: Uint8Array[] = []
  const waiting: CheckedStatement[] = []
  const log = { admitsOf: () => admits, pending: () => waiting }
  const context = { user: manager.publicKey, name: 'x', charter: { descriptor }, log }
  const archive = new Archive(context as unknown as Context)
  const admit = (admitId: Uint8Array): CheckedStatement =>
    makeStatement(manager, { channel, operation: Operation.ADMIT, subject: random(32), admitId })
  const keep = (serial: number, ...ids: Uint8Array[]) =>
    archive.keep({ key: keyId(serial), announcement: random(32), reading: random(32) }, ids.map(admit), serial)
  const serialsFor = (granted: number, highest?: number): number[] =>
    archive
      .earlierFor(random(32), keyId(granted), highest === undefined ? undefined : keyId(highest), 0)
      .map(({ key }) => key.serial)
  return { archive, descriptor, admits, admit, waiting, keep, serialsFor }
}

describe('a manager\u2019s archive', () => {
  it('gives what came before the epoch granted and after the newest one had, newest first', () => {
    const { keep, serialsFor } = world(HistoryPolicy.ALL)
    for (const serial of [3, 1, 2, 5, 4]) keep(serial)
    expect(serialsFor(5)).to.deep.equal([4, 3, 2, 1])
    expect(serialsFor(5, 2)).to.deep.equal([4, 3])
    expect(serialsFor(5, 9)).to.deep.equal([])
  })

  it('holds a bounded number of epochs, and who was admitted in one that is gone reads from the oldest', () => {
    const { archive, admits, keep, serialsFor } = world(HistoryPolicy.SINCE_JOIN)
    const [early, late] = [random(16), random(16)]
    keep(1, early)
    for (let serial = 2; serial <= ARCHIVED_EPOCHS; serial++) expect(keep(serial).deletes).to.have.length(0)
    const { puts, deletes } = keep(ARCHIVED_EPOCHS + 1, late)
    expect(deletes).to.have.length(1)
    expect(puts, 'the new one, and the oldest with what it takes over').to.have.length(2)
    expect(archive.unsafeFills()[0]).to.include({ size: ARCHIVED_EPOCHS, cap: ARCHIVED_EPOCHS })
    const last = ARCHIVED_EPOCHS + 2
    expect(serialsFor(last)).to.deep.equal([])
    admits.push(late)
    expect(serialsFor(last)).to.deep.equal([ARCHIVED_EPOCHS + 1])
    admits.push(early)
    expect(serialsFor(last).at(-1)).to.equal(2)
    const again = world(HistoryPolicy.SINCE_JOIN)
    for (const { value } of puts) again.archive.restore(value)
    again.admits.push(early)
    expect(again.serialsFor(last)).to.deep.equal([ARCHIVED_EPOCHS + 1, 2])
  }).timeout(30_000)

  it('gives nothing of epochs that an admit was not in, though it was in some before, on a way passed over', () => {
    const { archive, admits, admit, waiting, keep, serialsFor } = world(HistoryPolicy.SINCE_JOIN)
    const [passed, other] = [random(16), random(16)]
    admits.push(passed)
    keep(1, passed, other)
    expect(serialsFor(9)).to.deep.equal([1])
    waiting.push(admit(passed))
    const { puts } = keep(2)
    expect(puts, 'the new one, and the one that the admit was in').to.have.length(2)
    waiting.pop()
    keep(3, passed)
    keep(4)
    expect(serialsFor(9)).to.deep.equal([4, 3])
    admits.push(other)
    expect(serialsFor(9)).to.deep.equal([4, 3, 2, 1])
    archive.clear()
    for (const { value } of puts) archive.restore(value)
    admits.pop()
    expect(serialsFor(9)).to.deep.equal([])
  })

  it('is wiped by the first epoch under a policy of none, or under another manager', () => {
    for (const end of [{ history: HistoryPolicy.NONE }, { managers: [random(32)] }]) {
      const { archive, descriptor, keep, serialsFor } = world(HistoryPolicy.ALL)
      keep(1)
      const secrets = archive.unsafeSecrets()
      Object.assign(descriptor, end)
      expect(serialsFor(2)).to.deep.equal([])
      expect(keep(2)).to.deep.include({ puts: [] })
      expect(archive.unsafeSecrets()).to.deep.equal([])
      expect(secrets[0]!.bytes.every((byte) => byte === 0)).to.equal(true)
    }
  })

  it('gives the epochs of a week in one grant', () => {
    const bus = new Bus('many')
    const [alice, carol] = [bus.add('alice'), bus.add('carol')]
    const open = bus.open(alice, { history: HistoryPolicy.ALL })
    for (let i = 0; i < 1_008; i++) bus.command(alice, { type: 'rekey', channel: open })
    bus.join(carol, bus.invite(alice, open))
    bus.pass(2_000)
    expect(bus.view(carol, open).key).to.equal('ready')
    expect(rowsOf(carol, 'epoch').length).to.be.within(1_008, 1_012)
    const grant = bus.frames(open).find(({ kind }) => kind === 'grant')!
    expect(grant.bytes.length).to.be.within(61_000, FRAME_BYTES)
    expect(grant.attachment).to.deep.equal(EMPTY)
  }).timeout(30_000)
})
