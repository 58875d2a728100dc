import { expect } from 'chai'
import { hex } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { atMillis, DAY_MS } from '../../src/base/time.ts'
import { userAmong } from '../../src/cli/commands/admit.ts'
import type {
  AdmitForm,
  GroupChangeForm,
  GroupForm,
  InviteRecordForm,
  LineForm,
  PersonForm,
  RecordForm,
  SendForm
} from '../../src/cli/forms.ts'
import { inviteText, tokenHash } from '../../src/core/channel/invite.ts'
import type { Command, GroupView, InviteView, LineView } from '../../src/core/command.ts'
import { type UserId, userIdText } from '../../src/core/identity/user.ts'
import { Privacy, Reason } from '../../src/wire/messages.ts'
import { alice, bob, inputOf, recordOf } from '../core/identity/people.ts'
import { CHANNEL, codeOf, memberOf, TestDesk } from './desk.ts'

const ALICE = alice.publicKey
const BOB = bob.publicKey
const members = () => [memberOf(ALICE, 'alice', { isSelf: true }), memberOf(BOB, 'bob')]
const id = (user: Uint8Array): string => userIdText(user as UserId)
const DONE = { type: 'done' } as const

const groupOf = (changes: Partial<GroupView> = {}): GroupView => ({
  id: new Uint8Array(16).fill(0xab),
  name: 'night shift',
  members: [ALICE],
  isMember: true,
  isReady: true,
  ...changes
})

describe('methods of groups', () => {
  it('name a group by its name, its id or the beginning of that, and refuse what could be two', async () => {
    const groups = [groupOf(), groupOf({ id: new Uint8Array(16).fill(0xac), name: 'day' })]
    const said: (Uint8Array | undefined)[] = []
    const desk = new TestDesk(ALICE, members(), (command) => {
      if (command.type === 'groups') return { type: 'groups', groups }
      if (command.type !== 'say') return undefined
      said.push(command.group)
      return { type: 'said', local: 'x' }
    })
    const form = await desk.call<SendForm>('send', {
      channel: 'garden',
      text: 'hi',
      group: 'night shift',
      wait: 'none'
    })
    expect(form).to.include({ group: 'ab'.repeat(16), groupName: 'night shift', isEncrypted: true })
    await desk.call('send', { channel: 'garden', text: 'hi', group: 'acac', wait: 'none' })
    await desk.call('send', { channel: 'garden', text: 'hi', wait: 'none' })
    expect(said).to.deep.equal([groups[0]!.id, groups[1]!.id, undefined])
    const send = (group: string) => codeOf(desk.call('send', { channel: 'garden', text: 'hi', group, wait: 'none' }))
    expect(await send('ab')).to.equal('NO_SUCH_GROUP')
    expect(await send('nightshift')).to.equal('NO_SUCH_GROUP')
    groups[1] = groupOf({ id: new Uint8Array(16).fill(0xab, 0, 8), name: 'day' })
    expect(await send('abab')).to.equal('AMBIGUOUS_GROUP')
    expect(said).to.have.length(3)
  })

  it('never send a plain message to a group', async () => {
    const desk = new TestDesk(ALICE, members())
    const params = { channel: 'garden', text: 'hi', group: 'night shift', plain: true }
    expect(await codeOf(desk.call('send', params))).to.equal('PLAIN_FORBIDDEN')
    expect(desk.commands).to.deep.equal([])
  })

  it('wait until a change is in force, and say when it is not', async () => {
    let groups: GroupView[] = []
    let isDeaf = false
    const desk = new TestDesk(ALICE, members(), (command) => {
      if (command.type === 'groups') return { type: 'groups', groups }
      if (command.type === 'createGroup') {
        groups = [groupOf({ name: command.name })]
        return { type: 'group', group: groups[0]! }
      }
      if (isDeaf) return DONE
      if (command.type === 'putIntoGroup') groups = [groupOf({ members: [ALICE, command.user] })]
      if (command.type === 'dissolveGroup') groups = []
      return DONE
    })
    const made = await desk.call<GroupChangeForm>('group.create', {
      channel: 'garden',
      name: ' night shift ',
      users: ['bob']
    })
    expect(made).to.deep.include({ groupName: 'night shift', isApplied: true, channelName: 'garden' })
    expect(made.members.map(({ nick }) => nick)).to.deep.equal(['alice', 'bob'])
    isDeaf = true
    const params = { channel: 'garden', group: 'night shift' }
    const removed = await desk.call<GroupChangeForm>('group.remove', { ...params, users: ['bob'] })
    expect(removed.isApplied).to.equal(false)
    expect((await desk.call<GroupChangeForm>('group.dissolve', params)).isApplied).to.equal(false)
    isDeaf = false
    expect((await desk.call<GroupChangeForm>('group.dissolve', params)).isApplied).to.equal(true)
    expect((await desk.call<{ groups: GroupForm[] }>('group.list', { channel: 'garden' })).groups).to.deep.equal([])
    expect(desk.commands.map(({ type }) => type)).to.deep.equal([
      'createGroup',
      'putIntoGroup',
      'takeOutOfGroup',
      'dissolveGroup',
      'dissolveGroup'
    ])
  })

  it('change nothing when one of the users is not known', async () => {
    const desk = new TestDesk(ALICE, members(), (command) =>
      command.type === 'groups' ? { type: 'groups', groups: [groupOf()] } : DONE
    )
    const users = ['bob', 'nobody']
    expect(await codeOf(desk.call('group.create', { channel: 'garden', name: 'x', users }))).to.equal('NO_SUCH_USER')
    expect(await codeOf(desk.call('group.add', { channel: 'garden', group: 'night shift', users }))).to.equal(
      'NO_SUCH_USER'
    )
    expect(desk.commands).to.deep.equal([])
  })
})

describe('methods of keys', () => {
  const line = (changes: Partial<LineView> = {}): LineView => ({
    group: new Uint8Array(0),
    name: 'garden',
    key: {
      term: 3,
      serial: 13,
      commitment: new Uint8Array(16).fill(1),
      notAfter: 5000,
      reason: Reason.FIRST_MEMBER,
      issuer: ALICE
    },
    members: 6,
    holders: 4,
    ...changes
  })

  it('show every line with its key, and a group without one', async () => {
    const group = groupOf()
    const desk = new TestDesk(ALICE, members(), (command) => {
      if (command.type === 'keys')
        return { type: 'keys', lines: [line(), line({ group: group.id, name: group.name, key: undefined })] }
      return command.type === 'groups' ? { type: 'groups', groups: [group] } : undefined
    })
    const { lines } = await desk.call<{ lines: LineForm[] }>('keys', { channel: 'garden' })
    expect(lines[0]).to.deep.include({ epoch: '3.13', reason: 'first-member', members: 6, holders: 4, notAfter: 5000 })
    expect(lines[0]).to.not.have.property('group')
    expect(lines[1]).to.include({ group: hex(group.id), groupName: 'night shift', epoch: '' })
    expect(lines[1]).to.not.have.any.keys('term', 'commitment', 'issuer')
  })

  it('a new key counts only when its epoch is told of, of that very line', async () => {
    const group = groupOf()
    let told: Uint8Array | undefined
    const desk = new TestDesk(ALICE, members(), (command, tell) => {
      if (command.type === 'keys') return { type: 'keys', lines: [line()] }
      if (command.type === 'groups') return { type: 'groups', groups: [group] }
      if (command.type !== 'rekey') return undefined
      const epoch = { term: 3, serial: 13, reason: Reason.DEMAND, issuer: ALICE }
      if (told !== undefined) tell({ type: 'epoch', channel: CHANNEL, group: told, ...epoch })
      return DONE
    })
    expect(await codeOf(desk.call('rekey', { channel: 'garden' }))).to.equal('TIMEOUT')
    desk.view = { ...desk.view, isManagerPresent: false }
    expect(await codeOf(desk.call('rekey', { channel: 'garden' }))).to.equal('NO_KEY_MANAGER')
    told = group.id
    expect(await codeOf(desk.call('rekey', { channel: 'garden' }))).to.equal('NO_KEY_MANAGER')
    told = new Uint8Array(0)
    expect(await desk.call<LineForm>('rekey', { channel: 'garden' })).to.include({ epoch: '3.13' })
  })
})

describe('methods of members', () => {
  const now = atMillis(Date.now())
  const bobsRecord = recordOf({
    key: bob,
    nick: 'bob',
    issuedAt: now,
    expiresAt: atMillis(now + DAY_MS),
    prekey: { ...inputOf().prekey, notBefore: now, notAfter: atMillis(now + DAY_MS) }
  })

  it('take in records all together or none, and let in all users named or none', async () => {
    const desk = new TestDesk(ALICE, members(), ({ type }) =>
      type === 'importRecords' ? { type: 'imported', users: [BOB] } : DONE
    )
    const record = Buffer.from(bobsRecord).toString('base64')
    const { users } = await desk.call<{ users: PersonForm[] }>('record.import', { records: [record] })
    expect(users).to.have.length(1)
    expect(users[0]).to.include({ user: id(BOB), nick: 'bob' })
    const damaged = Buffer.from(bobsRecord)
    damaged[40] = damaged[40]! ^ 1
    for (const bad of [damaged.toString('base64'), 'no base64'])
      expect(await codeOf(desk.call('record.import', { records: [record, bad] }))).to.be.oneOf([
        'BAD_RECORD',
        'BAD_OPTION'
      ])
    expect(await codeOf(desk.call('admit', { channel: 'garden', users: ['bob', 'nobody'] }))).to.equal('NO_SUCH_USER')
    const form = await desk.call<AdmitForm>('admit', { channel: 'garden', users: ['bob', id(ALICE)] })
    expect(form.users).to.deep.equal([id(BOB), id(ALICE)])
    expect(desk.commands.map(({ type }) => type)).to.deep.equal(['importRecords', 'admit', 'admit'])
  })

  it('a nick in a file of records says who, unless two have it', () => {
    const one = (user: string, nick: string): PersonForm => ({ user, nick, fingerprint: `FP-${user}`, isSelf: false })
    const imported = [one('1', 'bob'), one('1', 'bob'), one('2', 'dave'), one('3', 'dave')]
    expect(userAmong(imported, '@bob')).to.equal('1')
    expect(userAmong(imported, 'fp-3')).to.equal('3')
    expect(userAmong(imported, 'erin')).to.equal('erin')
    expect(() => userAmong(imported, 'dave'))
      .to.throw(UsageError)
      .with.property('code', 'AMBIGUOUS_USER')
  })

  it('tell no such member, no answer and nobody to ask apart', async () => {
    let record: Uint8Array | undefined
    const asked: Command[] = []
    const desk = new TestDesk(ALICE, members(), (command, tell) => {
      if (command.type !== 'askPublicKey') return undefined
      asked.push(command)
      if (record !== undefined)
        tell({ type: 'publicKey', channel: CHANNEL, request: 'other', user: BOB, record: new Uint8Array(1) })
      if (record !== undefined) tell({ type: 'publicKey', channel: CHANNEL, request: 'r', user: BOB, record })
      return { type: 'asked', request: 'r' }
    })
    const whois = (user: string) => desk.call<RecordForm>('whois', { channel: 'garden', user })
    expect(await codeOf(whois('bob'))).to.equal('TIMEOUT')
    record = new Uint8Array(0)
    expect(await codeOf(whois('bob'))).to.equal('NOT_A_MEMBER')
    record = bobsRecord
    expect(await whois('@bob')).to.include({ nick: 'bob', user: id(BOB), seq: 1 })
    expect(await whois(id(BOB))).to.include({ record: Buffer.from(bobsRecord).toString('base64') })
    desk.view = { ...desk.view, isManagerPresent: false }
    record = undefined
    expect(await codeOf(whois('bob'))).to.equal('NO_KEY_MANAGER')
    expect(asked[2]).to.include({ nick: 'bob' }).and.not.have.property('user')
    expect(asked[3]).to.deep.include({ user: BOB }).and.not.have.property('nick')
  })
})

describe('methods of invites', () => {
  const token = new Uint8Array(16).fill(5)
  const inviteFor = (channel: Uint8Array, secret: Uint8Array): string =>
    inviteText({
      channel,
      descriptor: { version: 1, hash: new Uint8Array(32) },
      addresses: [],
      token: secret,
      expiresAt: 0
    })
  const onRecord = (hash: Uint8Array): InviteView => ({
    token: hash,
    uses: 1,
    redeemers: [BOB],
    expiresAt: 0,
    isRevoked: false,
    by: ALICE
  })

  it('name an invite by its text or the beginning of its hash', async () => {
    const hash = tokenHash(CHANNEL, token)
    const desk = new TestDesk(ALICE, members(), ({ type }) =>
      type === 'invites' ? { type: 'invites', invites: [onRecord(hash), onRecord(new Uint8Array(32))] } : DONE
    )
    const { invites } = await desk.call<{ invites: InviteRecordForm[] }>('invite.list', { channel: 'garden' })
    expect(invites[0]).to.include({ token: hex(hash), uses: 1, isRevoked: false })
    expect(invites[0]!.redeemers.map(({ nick }) => nick)).to.deep.equal(['bob'])
    const revoke = (invite: string) => desk.call<InviteRecordForm>('invite.revoke', { channel: 'garden', invite })
    expect(await revoke(inviteFor(CHANNEL, token).toLowerCase())).to.include({ token: hex(hash), isRevoked: true })
    expect(await revoke(hex(hash).slice(0, 8))).to.include({ token: hex(hash) })
    for (const wrong of [
      hex(hash).slice(0, 7),
      'x',
      inviteFor(new Uint8Array(32), token),
      inviteFor(CHANNEL, new Uint8Array(0))
    ])
      expect(await codeOf(revoke(wrong)), wrong).to.equal('NO_SUCH_INVITE')
    expect(desk.commands).to.have.length(2)
  })
})

describe('a channel that is founded', () => {
  it('gets the settings that were given, times rounded up so that none becomes off', async () => {
    const settings: unknown[] = []
    const desk = new TestDesk(ALICE, members(), (command) => {
      if (command.type !== 'createChannel') return undefined
      settings.push(command.settings)
      return { type: 'channel', channel: desk.view }
    })
    const form = await desk.call('channel.create', {
      name: '#garden',
      manager: [id(ALICE), id(BOB)],
      quorum: 2,
      timing: 'wan',
      partition: 'freeze',
      fence: '10m',
      memberManager: [id(BOB)],
      authentication: 'challenge',
      withoutTrigger: ['first-member', 'prekey-rotation', 'first-member'],
      step: 'off',
      idle: '400ms',
      grace: 90_000,
      maxMembers: 12
    })
    expect(settings[0]).to.deep.include({
      name: 'garden',
      managers: [ALICE, BOB],
      quorum: 2,
      timing: 'WAN',
      partition: 'FREEZE',
      fenceSeconds: 600,
      memberManagers: [BOB],
      authentication: 'BY_CHALLENGE',
      withoutTriggers: 3,
      stepSeconds: 0,
      idleSeconds: 1,
      graceSeconds: 90,
      maxMembers: 12
    })
    expect(settings[0]).to.not.have.any.keys('keyLifetimeSeconds')
    expect(form).to.deep.include({ authentication: 'challenge', stepSeconds: 0, withoutTriggers: ['first-member'] })
    expect(await codeOf(desk.call('channel.create', { name: 'x', memberManager: ['bob'] }))).to.equal('NO_SUCH_USER')
    expect(await codeOf(desk.call('channel.create', { name: 'x', partition: 'ignore' }))).to.equal('BAD_OPTION')
    expect(await codeOf(desk.call('channel.create', { name: 'x', withoutTrigger: ['idle'] }))).to.equal('BAD_OPTION')
  })

  it('is changed in what is given, and in nothing else', async () => {
    const changes: unknown[] = []
    const desk = new TestDesk(ALICE, members(), (command) => {
      if (command.type !== 'amendChannel') return undefined
      changes.push(command.changes)
      return { type: 'channel', channel: desk.view }
    })
    const none = { addMemberManagers: [], removeMemberManagers: [] }
    await desk.call('channel.amend', { channel: 'garden', addManager: ['bob'], removeManager: [id(ALICE)], quorum: 1 })
    const managers = { addManagers: [BOB], removeManagers: [ALICE] }
    expect(changes[0]).to.deep.equal({ quorum: 1, ...managers, ...none })
    const form = await desk.call('channel.amend', {
      channel: 'garden',
      name: '#cellar',
      partition: 'freeze',
      admission: 'members',
      authentication: 'signature',
      timing: 'wan',
      fence: '1h',
      removeMemberManager: ['bob']
    })
    expect(changes[1]).to.deep.equal({
      name: 'cellar',
      partition: 'FREEZE',
      admission: 'BY_MEMBERSHIP',
      authentication: 'BY_SIGNATURE',
      timing: 'WAN',
      fenceSeconds: 3600,
      addManagers: [],
      removeManagers: [],
      ...none,
      removeMemberManagers: [BOB]
    })
    expect(form).to.include({ name: 'garden' })
    const amend = (params: object) => codeOf(desk.call('channel.amend', { channel: 'garden', ...params }))
    expect(await amend({ addManager: ['carol'] })).to.equal('NO_SUCH_USER')
    expect(await amend({ partition: 'perhaps' })).to.equal('BAD_OPTION')
  })

  it('says of its own messages whether they are encrypted', async () => {
    const desk = new TestDesk(ALICE, members(), (command) =>
      command.type === 'say' ? { type: 'said', local: 'x' } : undefined
    )
    const say = (plain: boolean) => desk.call<SendForm>('send', { channel: 'garden', text: 'hi', wait: 'none', plain })
    expect((await say(false)).isEncrypted).to.equal(true)
    expect((await say(true)).isEncrypted).to.equal(false)
    desk.view = { ...desk.view, descriptor: { ...desk.view.descriptor!, privacy: Privacy.PLAIN } }
    expect((await say(false)).isEncrypted).to.equal(false)
  })
})
