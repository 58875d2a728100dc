import { expect } from 'chai'
import { EMPTY } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { readFrame } from '../../../src/core/channel/frame.ts'
import { Refusal } from '../../../src/core/reject.ts'
import type { RecordLine } from '../../../src/sim/record.ts'
import { runScale, SCALE_DEFAULTS, type ScaleParameters, type ScaleRun } from '../../../src/sim/scale/scale.ts'
import { Admission, AnnouncementAttachment, AnnouncementPayload } from '../../../src/wire/messages.ts'
import { Bus } from '../../core/bus.ts'

const SMALL: ScaleParameters = { ...SCALE_DEFAULTS, peers: 120, removals: 2, durationMs: 60_000, messagesPerSecond: 4 }

async function linesOf(parameters: Partial<ScaleParameters>, run: ScaleRun = {}): Promise<RecordLine[]> {
  const lines: RecordLine[] = []
  await runScale({ ...SMALL, ...parameters }, (line) => lines.push(line), run)
  return lines
}

const broken = (lines: readonly RecordLine[]): string[] =>
  lines.flatMap((line) => (line.type === 'invariant' && line.verdict === 'broken' ? [line.id] : []))

const evidence = (lines: readonly RecordLine[], id: string): string =>
  lines.flatMap((line) => (line.type === 'invariant' && line.id === id ? [line.evidence] : [])).join()

/** Real time and memory differ from run to run. */
const ofWorld = (lines: readonly RecordLine[]): readonly RecordLine[] =>
  lines.filter(({ type }) => type !== 'sample' && type !== 'end')

/** What there is to see of an announcement: how many come in and go, and its length. */
interface Seen {
  readonly kind: string
  readonly added: number
  readonly removed: number
  readonly bytes: number
}

function seen(channel: Uint8Array, bytes: Uint8Array): Seen[] {
  const frame = readFrame(channel, bytes)
  if (frame === undefined || frame instanceof Refusal || frame.body.announcement === undefined) return []
  const { payload } = AnnouncementAttachment.decode(frame.attachment)
  const { kind, added, removed } = AnnouncementPayload.decode(payload).tree!
  return [{ kind: `${kind}`, added: added.length, removed: removed.length, bytes: bytes.length }]
}

/** Real machines: so many come in at one instant, and who is on this leaf is removed. */
function realEpochs(count: number, leaf: number): Seen[] {
  const bus = new Bus('scale')
  bus.isHandingOver = true
  const alice = bus.add('peer 0')
  const channel = bus.open(alice, { admission: Admission.OPEN })
  const people = Array.from({ length: count }, (_, i) => bus.add(`peer ${i + 1}`))
  const invite = bus.invite(alice, channel)
  // The invite is in the log, and every nick, before anybody comes.
  bus.command(alice, { type: 'rekey', channel, group: EMPTY })
  bus.pass(3_000)
  const before = bus.tap.length
  for (const node of people) bus.join(node, invite)
  bus.pass(10_000)
  bus.command(alice, { type: 'remove', channel, user: people[leaf - 1]!.key.publicKey, isForCause: false })
  bus.pass(2_000)
  return bus.tap.slice(before).flatMap((bytes) => seen(channel, bytes))
}

/** A crowd: the epochs after the first, and the leaf of who was removed. */
async function crowdEpochs(count: number): Promise<{ epochs: Seen[]; leaf: number }> {
  const epochs: Seen[] = []
  const leaves = new Map<number, number>()
  let leaf = -1
  const quiet = {
    peers: count,
    managers: 1,
    joinsPerSecond: 10_000,
    messagesPerSecond: 0,
    removals: 1,
    takeover: false
  }
  const onEpoch: NonNullable<ScaleRun['onEpoch']> = ({ issued: { announcement }, granted, gone }) => {
    epochs.push(...seen(announcement.channel, announcement.bytes))
    for (const [peer, place] of granted) leaves.set(peer, place.leaf)
    for (const peer of gone) leaf = leaves.get(peer)!
  }
  await linesOf({ ...quiet, lossRate: 0, medianDelayMs: 1 }, { onEpoch })
  return { epochs: epochs.slice(1), leaf }
}

describe('sim/scale', function () {
  this.timeout(20_000)

  it('keeps every promise while members come, talk and are removed, and while the manager goes', async () => {
    const lines = await linesOf({})
    expect(broken(lines)).to.deep.equal([])
    const looked = lines.filter((line) => line.type === 'invariant' && line.verdict === 'held')
    expect(looked).to.have.lengthOf(11)
    const end = lines.at(-1)!
    expect(end).to.include({ type: 'end', verdict: 'held' })
    expect(lines.filter(({ type }) => type === 'end' || type === 'run')).to.have.lengthOf(2)
    expect(lines[0]!.type).to.equal('run')
    const opening = lines.flatMap((line) =>
      line.type === 'epoch' && line.isRoot ? [`${line.term}.${line.serial}`] : []
    )
    expect(opening).to.deep.equal(['1.1', '2.1'])
    if (end.type === 'end')
      expect(end.figures).to.include({
        'members with the key in the end': 120 + 3 - 1 - 2,
        'times a member could not follow': 0
      })
  })

  it('keeps them where copies are lost and links are slow', async () => {
    const lines = await linesOf({ lossRate: 0.05, medianDelayMs: 200, seed: 3 })
    expect(broken(lines)).to.deep.equal([])
  })

  it('keeps them when a new manager knows few of the members', async () => {
    const lines = await linesOf({ keptRecords: 100, removals: 1 })
    expect(broken(lines)).to.deep.equal([])
    const end = lines.at(-1)!
    if (end.type === 'end') expect(end.figures['times a member could not follow']).to.be.at.least(20)
  })

  it('has somebody in office though many more have come than records are kept', async () => {
    // So many come after the managers' last digests with a record.
    const forgetful = {
      peers: 200,
      joinsPerSecond: 4,
      keptRecords: 40,
      removals: 0,
      messagesPerSecond: 0,
      durationMs: 130_000
    }
    expect(broken(await linesOf(forgetful))).to.not.include('I-16b')
  })

  it('runs the same for one seed, and otherwise for another', async () => {
    const [one, same, other] = await Promise.all([linesOf({}), linesOf({}), linesOf({ seed: 2 })])
    expect(ofWorld(same)).to.deep.equal(ofWorld(one))
    expect(ofWorld(other)).not.to.deep.equal(ofWorld(one))
  })

  it('makes the very epochs, in number, form and length, that the real machines make', async () => {
    for (const count of [2, 20]) {
      const { epochs, leaf } = await crowdEpochs(count)
      expect(epochs).to.deep.equal(realEpochs(count, leaf))
    }
  })

  it('sees that somebody who is removed can follow', async () => {
    const lines = await linesOf({}, { unsafe: 'wraps for who is removed' })
    expect(broken(lines)).to.include('I-5')
    expect(evidence(lines, 'I-5')).to.include('derive the root of')
  })

  it('sees that a removal keeps one node as it was', async () => {
    expect(broken(await linesOf({}, { unsafe: 'keeps a node' }))).to.include('I-5')
  })

  it('sees that one number is given to two epochs', async () => {
    expect(broken(await linesOf({}, { unsafe: 'two for one number' }))).to.include('I-10')
  })

  it('sees that a message is lost without a word', async () => {
    const lines = await linesOf({ messagesPerSecond: 1 }, { unsafe: 'loses a message' })
    expect(broken(lines)).to.deep.equal(['I-17'])
    expect(evidence(lines, 'I-17')).to.match(/message 3 of peer \d+ is not shown to peer \d+/)
  })

  it('sees that a message is shown twice', async () => {
    expect(broken(await linesOf({}, { unsafe: 'shows a message twice' }))).to.include('I-9')
  })

  it('sees that somebody is given a key of before its time', async () => {
    expect(broken(await linesOf({}, { unsafe: 'gives an old key' }))).to.include('I-6')
  })

  it('sees that a removal comes into no epoch', async () => {
    expect(broken(await linesOf({}, { unsafe: 'ignores removals' }))).to.include('I-18')
  })

  it('sees that members stay behind, and that others are given no key', async () => {
    expect(broken(await linesOf({}, { unsafe: 'stops following' }))).to.include.members(['I-14', 'I-18'])
    expect(broken(await linesOf({}, { unsafe: 'grants nobody' }))).to.include('I-16')
  })

  it('sees that somebody speaks under a key that is to be replaced', async () => {
    const lines = await linesOf({ messagesPerSecond: 100, durationMs: 45_000 }, { unsafe: 'speaks too early' })
    expect(broken(lines)).to.include('I-4')
  })

  it('sees that a queue has no bound', async () => {
    const storm = { peers: 60, joinsPerSecond: 200, messagesPerSecond: 400, removals: 0, durationMs: 31_000 }
    expect(broken(await linesOf(storm, { unsafe: 'holds all' }))).to.include('I-20')
  })

  it('ends when it is told to, with what was seen so far', async () => {
    const lines = await linesOf({ peers: 1_000 }, { signal: AbortSignal.abort() })
    const end = lines.at(-1)!
    expect(end).to.include({ type: 'end', verdict: 'held' })
    if (end.type === 'end') expect(end.figures['stopped before its end']).to.equal(1)
  })

  it('refuses parameters that make no sense, in words that say which', async () => {
    const message = async (parameters: Partial<ScaleParameters>): Promise<string> => {
      try {
        await linesOf(parameters)
      } catch (error) {
        if (error instanceof UsageError) return error.message
      }
      return ''
    }
    expect(await message({ managers: 8 })).to.match(/key managers: 8.*from 1 to 7/)
    expect(await message({ peers: Number.NaN })).to.include('members: NaN')
    expect(await message({ peers: 100_000 })).to.include('before everybody has come')
  })
})
