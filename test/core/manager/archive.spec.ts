import { expect } from 'chai'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { Context } from '../../../src/core/channel/context.ts'
import { makeStatement } from '../../../src/core/channel/statement.ts'
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
  const log = { admitsOf: () => admits }
  const context = { user: manager.publicKey, name: 'x', charter: { descriptor }, log }
  const archive = new Archive(context as unknown as Context)
  const keep = (serial: number, ...ids: Uint8Array[]) => {
    const statements = ids.map((admitId) =>
      makeStatement(manager, { channel, operation: Operation.ADMIT, subject: random(32), admitId })
    )
    return archive.keep({ key: keyId(serial), announcement: random(32), reading: random(32) }, statements, serial)
  }
  const serialsFor = (granted: number, highest?: number): number[] =>
    archive
      .earlierFor(random(32), keyId(granted), highest === undefined ? undefined : keyId(highest), 0)
      .map(({ key }) => key.serial)
  return { archive, descriptor, admits, keep, serialsFor }
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
